import { describe, expect, test } from 'vitest';
import type { ClassStatistics, ModelStatistics, PositionStatistics } from '../src/api/contracts';
import drawingCss from '../drawing/esv-drawing.css?raw';
import { heatLook } from '../src/pages/statistics/HeatMap';
import { csvOf } from '../src/pages/statistics/exported';
import {
  axisPercent, bandTable, binSeries, chosenLength, classesBehind, diverging, driftRows, mergePositions, percent,
  reachOf, roundMaximum, scaleRows, transitionRows, verdict, windowLengths, windowsOf,
} from '../src/pages/statistics/numbers';
import {
  momentsQuery, readCell, readQuestion, spansOf, statisticsQuery, writeCell, writeQuestion, type Cell, type Question,
  type Shown,
} from '../src/pages/statistics/question';
import { neighbour } from '../src/pages/statistics/useCells';

function positions(change: Partial<PositionStatistics> = {}): PositionStatistics {
  return {
    windowLength: 2, windowCount: 10, mostSupporting: [7, 3], mostDistracting: [3, 7], greaterThan: [0, 0.7, 0.3, 0],
    supportingShare: [0.9, 0.4], meanEsv: [0.02, -0.01], meanAbsoluteEsv: 0.03, ...change,
  };
}

function classOf(index: number, change: Partial<ClassStatistics> = {}): ClassStatistics {
  return {
    index, name: `class ${index}`, windowCount: 10, topCount: 5, meanScore: 0.4, positions: [positions()], ...change,
  };
}

function modelOf(change: Partial<ModelStatistics> = {}): ModelStatistics {
  return {
    model: 'moves 1', score: 'softmax-of-mean', classes: [classOf(0)], predictions: [], transitions: [], series: [],
    ...change,
  };
}

describe('merging classes', () => {
  const many = classOf(1, {
    positions: [positions({
      windowCount: 30, mostSupporting: [0, 30], mostDistracting: [30, 0], greaterThan: [0, 0.1, 0.9, 0],
      supportingShare: [0.1, 1], meanEsv: [-0.02, 0.05], meanAbsoluteEsv: 0.07,
    }), positions({ windowLength: 3, windowCount: 5 })],
  });

  test('shares and means are weighted by windows, and counts are added', () => {
    const merged = mergePositions([classOf(0), many], 2)!;
    expect(merged.windowCount).toBe(40);
    expect(merged.mostSupporting).toEqual([7, 33]);
    expect(merged.mostDistracting).toEqual([33, 7]);
    expect(merged.greaterThan[1]).toBeCloseTo((10 * 0.7 + 30 * 0.1) / 40, 15);
    expect(merged.greaterThan[2]).toBeCloseTo((10 * 0.3 + 30 * 0.9) / 40, 15);
    expect(merged.supportingShare[0]).toBeCloseTo((10 * 0.9 + 30 * 0.1) / 40, 15);
    expect(merged.meanEsv[1]).toBeCloseTo((10 * -0.01 + 30 * 0.05) / 40, 15);
    expect(merged.meanAbsoluteEsv).toBeCloseTo((10 * 0.03 + 30 * 0.07) / 40, 15);
  });

  test('one class merges to itself, to the last bit', () => {
    expect(mergePositions([classOf(0)], 2)).toEqual(positions());
  });

  test('windows of other lengths stay out of it', () => {
    expect(mergePositions([classOf(0), many], 3)!.windowCount).toBe(5);
    expect(mergePositions([classOf(0)], 3)).toBeNull();
  });

  test('pairs that are not counted stay so', () => {
    expect(mergePositions([classOf(0, { positions: [positions({ greaterThan: [] })] })], 2)!.greaterThan).toEqual([]);
  });

  test('lengths are in order, with all classes’ windows; the one with most is shown unless another is asked for', () => {
    const lengths = windowLengths([classOf(0), many]);
    expect(lengths).toEqual([{ windowLength: 2, windowCount: 40 }, { windowLength: 3, windowCount: 5 }]);
    expect(chosenLength(lengths, null)).toBe(2);
    expect(chosenLength(lengths, 3)).toBe(3);
    expect(chosenLength(lengths, 99)).toBe(2);
    expect(chosenLength([], 2)).toBeNull();
  });

  test('a scale has the share of all its frames that support', () => {
    const [two, three] = scaleRows([classOf(0), many]);
    expect(two).toMatchObject({ windowLength: 2, windowCount: 40 });
    expect(two.supportingShare).toBeCloseTo((10 * (0.9 + 0.4) / 2 + 30 * (0.1 + 1) / 2) / 40, 15);
    expect(three.windowLength).toBe(3);
  });

  test('the classes behind a cell come with most such windows first, those without any not at all', () => {
    const none = classOf(2, { positions: [positions({ greaterThan: [0, 0, 1, 0] })] });
    const cell: Cell = { kind: 'greater', class: null, i: 0, j: 1 };
    expect(classesBehind(cell, [many, none, classOf(0)], 2).map(({ index, share }) => [index, share]))
      .toEqual([[0, 0.7], [1, 0.1]]);
    expect(classesBehind({ kind: 'most-supporting', class: null, i: 0 }, [many, classOf(0)], 2))
      .toEqual([{ index: 0, name: 'class 0', share: 0.7, windowCount: 10 }]);
  });
});

describe('other statistics', () => {
  test('windows are counted once, not once for each class', () => {
    const series = [1, 2].map(windowCount => ({ start: '2026-01-01T00:00:00Z', windowCount, topCounts: {} }));
    expect(windowsOf(modelOf({ series, classes: [classOf(0), classOf(1)] }))).toBe(3);
  });

  test('shares are written in per cent', () => {
    expect(percent(0.6249)).toBe('62.5\u202f%');
    expect(percent(1 / 3, 0)).toBe('33\u202f%');
  });

  test('bands are in order, a class without windows in one has none there, and all together is weighted', () => {
    const cell = (index: number, bandFrom: number, windowCount: number, supportingShare: number) =>
      ({ index, name: `class ${index}`, bandFrom, bandTo: bandFrom + 0.2, windowCount, supportingShare });
    const { bands, rows, overall } = bandTable([cell(4, 0.8, 10, 1), cell(4, 0, 5, 0.5), cell(2, 0.8, 30, 0.6)]);
    expect(bands.map(b => b.from)).toEqual([0, 0.8]);
    expect(rows.map(r => [r.index, r.windowCount])).toEqual([[2, 30], [4, 15]]);
    expect(rows[0].cells).toEqual([null, { windowCount: 30, supportingShare: 0.6 }]);
    expect(overall[1]!.supportingShare).toBeCloseTo((10 * 1 + 30 * 0.6) / 40, 15);
    expect(overall[0]).toEqual({ windowCount: 5, supportingShare: 0.5 });
  });

  test('transitions are by count; hiding those to itself leaves the shares as they were', () => {
    const transitions = [{ from: 0, to: 0, count: 6 }, { from: 0, to: 1, count: 2 }, { from: 1, to: 0, count: 3 }];
    expect(transitionRows(transitions, null, true).map(r => r.count)).toEqual([6, 3, 2]);
    expect(transitionRows(transitions, null, false)).toEqual([
      { from: 1, to: 0, count: 3, share: 1 }, { from: 0, to: 1, count: 2, share: 0.25 },
    ]);
    expect(transitionRows([...transitions, { from: 2, to: 3, count: 9 }], 1, true).map(r => [r.from, r.to]))
      .toEqual([[1, 0], [0, 1]]);
  });

  test('drift is sorted by the index of stability and read as is common', () => {
    const drift = (populationStabilityIndex: number) =>
      ({ referenceCount: 1, meanDifference: 0, kolmogorovSmirnov: 0, populationStabilityIndex });
    const rows = driftRows([classOf(0, { drift: drift(0.05) }), classOf(1), classOf(2, { drift: drift(0.3) })]);
    expect(rows.map(r => [r.index, r.verdict])).toEqual([[2, 'large change'], [0, 'no change']]);
    expect([0.0999, 0.1, 0.25, 0.2501].map(verdict))
      .toEqual(['no change', 'some change', 'some change', 'large change']);
  });

  test('colours are centred at a half and reach as far as the shares do', () => {
    expect([0, 0.5, 1].map(share => diverging(share))).toEqual([-1, 0, 1]);
    expect(diverging(0.55, 0.1)).toBeCloseTo(0.5, 12);
    expect(reachOf([0.46, 0.53])).toBe(0.05);
    expect(reachOf([0.46, 0.61])).toBe(0.25);
    expect(reachOf([0, 0.5])).toBe(0.5);
  });

  test('an axis ends at a round number that holds every value', () => {
    expect(roundMaximum([0.03, 0.17])).toBeCloseTo(0.2, 15);
    expect(roundMaximum([0.26])).toBeCloseTo(0.3, 15);
    expect([0.3, 0.004, 1].map(axisPercent)).toEqual(['30\u202f%', '0.4\u202f%', '100\u202f%']);
    expect(roundMaximum([0.5])).toBe(0.5);
    expect(roundMaximum([])).toBe(1);
  });
});

describe('series', () => {
  const at = (minutes: number, windowCount: number, topCounts: Record<string, number>) =>
    ({ start: new Date(Date.UTC(2026, 0, 1) + 60_000 * minutes).toISOString(), windowCount, topCounts });

  test('times without windows are bins too', () => {
    const { bins, lengthSeconds } = binSeries([at(30, 4, { 1: 4 }), at(0, 2, { 0: 2 })], 600, 10);
    expect(lengthSeconds).toBe(600);
    expect(bins.map(b => b.windowCount)).toEqual([2, 0, 0, 4]);
    expect(bins[3].topCounts.get(1)).toBe(4);
  });

  test('many buckets are joined, and no window is lost', () => {
    const series = Array.from({ length: 1000 }, (_, i) => at(10 * i, 3, { 0: 1, [i % 3]: 2 }));
    const { bins, lengthSeconds } = binSeries(series, 600, 120);
    expect(lengthSeconds).toBe(7200);
    expect(bins.length).toBeLessThanOrEqual(120);
    expect(bins.reduce((sum, b) => sum + b.windowCount, 0)).toBe(3000);
    expect(bins.every(b => b.start % 7_200_000 === 0)).toBe(true);
  });

  test('years are joined too', () => {
    const { bins, lengthSeconds } = binSeries([at(0, 1, {}), at(60 * 24 * 365 * 20, 1, {})], 600, 120);
    expect(lengthSeconds % 600).toBe(0);
    expect(bins.length).toBeLessThanOrEqual(120);
    expect(bins.at(-1)!.windowCount).toBe(1);
  });
});

describe('the address', () => {
  const read = (text: string) => readQuestion(new URLSearchParams(text));
  const roundTrip = (question: Question) => {
    const query = new URLSearchParams();
    for (const [name, value] of Object.entries(writeQuestion(question)))
      if (value !== null) query.set(name, String(value));
    return readQuestion(query);
  };

  test('an empty one asks for the last seven days of everything against those before', () => {
    expect(read('')).toEqual({
      period: '7d', reference: 'before', videos: [], model: null, score: null, class: null, window: null,
      withSelf: false, cell: null,
    });
  });

  test('every question can be read back', () => {
    const question: Question = {
      period: { from: Date.UTC(2026, 0, 1), to: Date.UTC(2026, 0, 2) },
      reference: { from: null, to: Date.UTC(2026, 0, 1) },
      videos: ['door', 'gate'], model: 'moves-trn 1.0.0', score: 'logit', class: 0, window: 16, withSelf: true,
      cell: { kind: 'greater', class: 14, i: 3, j: 7 },
    };
    expect(roundTrip(question)).toEqual(question);
    const other: Question = { ...question, period: 'hour', reference: 'none', videos: [], withSelf: false, cell: null };
    expect(roundTrip(other)).toEqual(other);
  });

  test('a change clears what it replaces and leaves the rest alone', () => {
    expect(writeQuestion({ period: 'all' })).toEqual({ period: 'all', from: null, to: null });
    expect(writeQuestion({ class: null, videos: [] })).toEqual({ class: null, videos: null });
  });

  test('what makes no sense is left out', () => {
    expect(read('period=century&score=best&class=-1&window=x&reference=maybe&moments=greater:1:2:2')).toEqual(read(''));
    expect(read('from=2026-02-01T00:00:00Z&to=2026-01-01T00:00:00Z').period).toBe('7d');
    expect(read('videos=a,,a,b').videos).toEqual(['a', 'b']);
  });

  test.each<Cell>([
    { kind: 'greater', class: null, i: 3, j: 7 },
    { kind: 'most-distracting', class: 4, i: 0 },
    { kind: 'supporting', class: null, i: 15 },
    { kind: 'top', class: 3, scoreFrom: 0.2, scoreTo: 0.4 },
    { kind: 'top', class: 3, scoreFrom: 0.8, scoreTo: 1 },
    { kind: 'transition', class: 3, next: 5 },
  ])('a cell can be read back: %o', cell => {
    expect(readCell(writeCell(cell))).toEqual(cell);
  });

  test.each([
    '', 'greater:1:2', 'greater:x:1:2', 'supporting:1:-2', 'transition:any:2', 'top:any', 'top:3:0.2', 'nothing:1:2',
  ])('no cell: “%s”', text => expect(readCell(text)).toBeNull());
});

describe('periods', () => {
  const minute = (n: number) => Date.UTC(2026, 0, 10, 12, n);
  const iso = (n: number) => new Date(minute(n)).toISOString();
  const ask = (change: Partial<Question>) => ({ ...readQuestion(new URLSearchParams()), ...change });

  test('an hour takes in the bucket in which it began, and so does the one before', () => {
    expect(spansOf(ask({ period: 'hour' }), minute(7), 600)).toEqual({
      period: { from: minute(-60), to: null }, reference: { from: minute(-130), to: minute(-60) },
    });
  });

  test('a period of one’s own takes every bucket that it touches', () => {
    const { period, reference } = spansOf(ask({ period: { from: minute(3), to: minute(11) } }), minute(60), 600);
    expect(period).toEqual({ from: minute(0), to: minute(20) });
    expect(reference).toEqual({ from: minute(-20), to: minute(0) });
  });

  test('nothing is before all of time', () => {
    expect(spansOf(ask({ period: 'all' }), minute(0), 600))
      .toEqual({ period: { from: null, to: null }, reference: null });
  });

  test('statistics are asked for with both periods and the videos', () => {
    const question = ask({ videos: ['door'] });
    const spans = { period: { from: minute(0), to: null }, reference: { from: minute(-10), to: minute(0) } };
    expect(statisticsQuery(question, spans)).toEqual({
      video: ['door'], from: iso(0), to: null, referenceFrom: iso(-10), referenceTo: iso(0),
    });
  });

  test('moments are asked for as their cell was counted', () => {
    const shown: Shown = {
      videos: ['door'], model: 'moves 1', score: 'logit', window: 16, period: { from: minute(0), to: null },
    };
    const common = { video: ['door'], model: 'moves 1', score: 'logit', from: iso(0), to: null };
    expect(momentsQuery({ kind: 'greater', class: null, i: 3, j: 7 }, 4, shown))
      .toEqual({ ...common, kind: 'greater', class: 4, i: 3, j: 7, window: 16 });
    expect(momentsQuery({ kind: 'top', class: 4, scoreFrom: 0.8, scoreTo: 1 }, 4, shown))
      .toEqual({ ...common, kind: 'top', class: 4, scoreFrom: 0.8, scoreTo: 1 });
    expect(momentsQuery({ kind: 'transition', class: 4, next: 5 }, 4, shown))
      .toEqual({ ...common, kind: 'transition', class: 4, next: 5 });
  });
});

test('keys walk over cells and stop at the edges', () => {
  expect(neighbour('ArrowRight', [0, 3], 4, 4, false)).toEqual([0, 3]);
  expect(neighbour('ArrowDown', [0, 3], 4, 4, false)).toEqual([1, 3]);
  expect(neighbour('Home', [2, 3], 4, 4, false)).toEqual([2, 0]);
  expect(neighbour('End', [0, 0], 4, 5, true)).toEqual([3, 4]);
  expect(neighbour('a', [0, 0], 4, 5, false)).toBeNull();
});

describe('export', () => {
  const lines = (model: ModelStatistics, of: number | null = null) => csvOf(model, of).trimEnd().split('\r\n');

  test('has a line for each number, as the API gives it', () => {
    const text = lines(modelOf({ classes: [classOf(0, { positions: [positions({ meanAbsoluteEsv: 1 / 3 })] })] }));
    expect(text[0])
      .toBe('statistic,model,score_kind,class_index,class,window_length,i,j,from,to,value,window_count');
    expect(text).toContain('mean_absolute_esv,moves 1,softmax-of-mean,0,class 0,2,,,,,0.3333333333333333,10');
    expect(text).toContain('greater_than,moves 1,softmax-of-mean,0,class 0,2,1,0,,,0.3,10');
    expect(text.filter(line => line.startsWith('greater_than'))).toHaveLength(2);
  });

  test('has the shown class alone where one is chosen', () => {
    const model = modelOf({
      classes: [classOf(0), classOf(1)], transitions: [{ from: 0, to: 1, count: 2 }, { from: 0, to: 0, count: 3 }],
      series: [{ start: '2026-01-01T00:00:00Z', windowCount: 5, topCounts: { 0: 3, 1: 2 } }],
    });
    const text = lines(model, 1);
    expect(text.filter(line => line.includes('class 0') && !line.startsWith('transition'))).toEqual([]);
    expect(text.filter(line => line.startsWith('transition')))
      .toEqual(['transition,moves 1,softmax-of-mean,,,,,,class 0,class 1,2,']);
    expect(text).toContain('top_count_over_time,moves 1,softmax-of-mean,1,class 1,,,,2026-01-01T00:00:00Z,,2,5');
  });

  test('a name is text to a spreadsheet, whatever it holds', () => {
    const [, first] = lines(modelOf({ classes: [classOf(0, { name: '=1+1,"x"', positions: [] })] }));
    expect(first).toContain(`"'=1+1,""x"""`);
  });
});

describe('the heat map\'s figures', () => {
  /** A colour of the theme, as [red, green, blue], 0 to 255. */
  function color(name: string, theme: 'light' | 'dark'): number[] {
    const pair = new RegExp(`--${name}: light-dark\\(#(\\w{6}), #(\\w{6})\\)`).exec(drawingCss)!;
    const digits = theme === 'light' ? pair[1]! : pair[2]!;
    return [0, 2, 4].map(i => parseInt(digits.slice(i, i + 2), 16));
  }

  /** Relative luminance (WCAG 2.2). */
  function luminance(rgb: number[]): number {
    const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r! + 0.7152 * g! + 0.0722 * b!;
  }

  test.each(['light', 'dark'] as const)('can be read on every colour of the %s theme', theme => {
    const panel = color('panel', theme);
    for (let thousandths = 0; thousandths <= 1000; thousandths++) {
      const look = heatLook(thousandths / 1000);
      const mix = parseFloat(look.style['--mix']!) / 100;
      const full = color(look.class.includes('heat-high') ? 'supporting' : 'distracting', theme);
      const background = luminance(full.map((part, i) => Math.round(mix * part + (1 - mix) * panel[i]!)));
      const isBlack = theme === 'light' || look.class.includes('heat-strong');
      const contrast = isBlack ? (background + 0.05) / 0.05 : 1.05 / (background + 0.05);
      expect(contrast, `${thousandths / 10} %`).toBeGreaterThanOrEqual(4.5);
    }
  });
});
