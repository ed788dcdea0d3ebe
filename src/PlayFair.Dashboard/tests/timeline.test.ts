import { describe, expect, test } from 'vitest';
import type { AttributionUpdate } from '../src/api/contracts';
import {
  covers, firstAtLeast, holding, instant, interpolate, isoOf, moved, nearest, SHORTEST_SPAN, ticks, within, zoomed,
  type Span,
} from '../src/pages/video/history/axis';
import { runsOf, sharesOf } from '../src/pages/video/history/segments';
import {
  gapsOf, History, refined, scoresOf, Tail, withGaps, type Part, type Sample, type Segment,
} from '../src/pages/video/history/timelineData';

const HOUR = 3_600_000;

describe('the period shown', () => {
  const whole: Span = [0, 1000];

  test('keeps what is under the pointer in its place when it is zoomed', () => {
    const [from, to] = zoomed([200, 600], whole, 300, 0.5);
    expect([from, to]).toEqual([250, 450]);
    expect((300 - from) / (to - from)).toBeCloseTo((300 - 200) / (600 - 200));
  });

  test('is never longer than the history, never too short to hold an update, and never outside', () => {
    expect(zoomed([200, 600], whole, 300, 100)).toEqual(whole);
    const [from, to] = zoomed([200, 600], whole, 200, 1e-9);
    expect(to - from).toBeCloseTo(SHORTEST_SPAN);
    expect(within(whole, [-50, 150])).toEqual([0, 200]);
    expect(within(whole, [900, 1100])).toEqual([800, 1000]);
    expect(within(whole, [-500, 5000])).toEqual(whole);
  });

  test('moves in its own lengths and stops at the ends', () => {
    expect(moved([200, 400], whole, 0.5)).toEqual([300, 500]);
    expect(moved([200, 400], whole, -5)).toEqual([0, 200]);
  });

  test('follows a moment that leaves it, and only then', () => {
    const span: Span = [200, 400];
    expect(holding(span, whole, 300)).toBe(span);
    expect(holding(span, whole, 500)).toEqual([320, 520]);
    expect(holding(span, whole, 1000)).toEqual([800, 1000]);
    expect(covers(holding(span, whole, 100), [100, 100])).toBe(true);
  });
});

describe('the axis', () => {
  test('finds places among ascending values', () => {
    expect([0, 1, 2, 5, 9].map(x => firstAtLeast([1, 2, 2, 8], x))).toEqual([0, 0, 1, 3, 4]);
    expect([-5, 1.4, 1.6, 6, 99].map(x => nearest([1, 2, 8], x))).toEqual([0, 0, 1, 2, 2]);
    expect(nearest([], 3)).toBe(-1);
  });

  test('tells instants apart that are in one millisecond', () => {
    const text = '2026-11-21T22:28:12.2401366+00:00';
    expect(instant(text) - instant('2026-11-21T22:28:12.240+00:00')).toBeCloseTo(0.1366, 3);
    expect(isoOf(instant(text))).toBe('2026-11-21T22:28:12.240137Z');
    expect(instant(isoOf(instant(text)))).toBeCloseTo(instant(text), 3);
    expect(isoOf(instant('2026-11-21T22:28:12Z'))).toBe('2026-11-21T22:28:12.000Z');
  });

  test('maps arrival to the video’s time between the updates known, and beyond them', () => {
    const [arrivals, seconds] = [[1000, 2000, 10_000], [0, 1, 2]];
    expect([1500, 6000, 11_000, 500].map(at => interpolate(arrivals, seconds, at))).toEqual([0.5, 1.5, 2.125, -0.5]);
  });

  test('gives a finite place where several updates arrived in one millisecond', () => {
    for (const x of [4, 5, 6]) expect(Number.isFinite(interpolate([5, 5, 5, 6], [0, 1, 2, 3], x))).toBe(true);
    expect(interpolate([5, 5], [3, 4], 6)).toBe(4);
  });

  test('has ticks at whole minutes, in the user’s time zone', () => {
    const noon = new Date(2026, 0, 31, 12, 0, 30).getTime();
    expect(ticks('arrival', [noon, noon + 4 * 60_000], 5).map(tick => tick.text)).toEqual(
      ['12:01', '12:02', '12:03', '12:04']);
    expect(ticks('arrival', [noon, noon + 2000], 5).map(tick => tick.text)).toEqual(
      ['12:00:30.0', '12:00:30.5', '12:00:31.0', '12:00:31.5', '12:00:32.0']);
  });

  test('names the day at midnight, and has a tick at every midnight over days', () => {
    const evening = new Date(2026, 0, 31, 22).getTime();
    expect(ticks('arrival', [evening, evening + 4 * HOUR], 4).map(tick => tick.text)).toEqual(
      ['22:00', '23:00', '2026-02-01', '01:00', '02:00']);
    const days = ticks('arrival', [evening, evening + 72 * HOUR], 3);
    expect(days.map(tick => tick.text)).toEqual(['2026-02-01', '2026-02-02', '2026-02-03']);
    for (const { at } of days) expect(new Date(at).getHours()).toBe(0);
  });

  test('writes the video’s time as minutes and seconds', () => {
    expect(ticks('video', [0, 130_000], 5).map(tick => tick.text)).toEqual(['0:00', '0:30', '1:00', '1:30', '2:00']);
    expect(ticks('video', [3_600_000, 3_600_400], 3).map(tick => tick.text)).toEqual(
      ['1:00:00.0', '1:00:00.2', '1:00:00.4']);
  });

  test('has no more ticks than there is room for', () => {
    for (const length of [50, 3000, 70_000, HOUR, 30 * HOUR, 900 * HOUR, 40_000 * HOUR])
      for (const kind of ['arrival', 'video'] as const) {
        const found = ticks(kind, [1e12, 1e12 + length], 8);
        expect(found.length).toBeLessThanOrEqual(10);
        expect(found.every(({ at }) => at >= 1e12 && at <= 1e12 + length)).toBe(true);
      }
  });
});

const sample = (sequence: number, at = 100 * sequence, index = 0): Sample =>
  ({ sequence, at, seconds: at / 1000, frameIndex: sequence, classes: [{ index, name: `c${index}`, score: 0.5 }] });

const segment = (index: number, first: number, last: number): Segment => ({
  class: index, name: `c${index}`, model: 'm', firstSequence: first, lastSequence: last,
  from: 100 * first, to: 100 * last, maxScore: 0.5,
});

const part = (first: number, last: number, every: number, segments: Segment[]): Part => {
  const samples: Sample[] = [];
  for (let i = first; i <= last; i += every) samples.push(sample(i));
  return { samples, segments, tracks: [] };
};

const update = (sequence: number, topClass: number, score: number): AttributionUpdate => ({
  sequence, arrivedAt: new Date(100 * sequence).toISOString(), model: 'm', topClass, frameTimes: [sequence / 10],
  frameIndices: [sequence], classes: [{ index: topClass, name: `c${topClass}`, score, prior: 0, esv: [0] }],
}) as unknown as AttributionUpdate;

describe('what is known of the history', () => {
  test('is fine where it was asked for and coarse around it', () => {
    const all = refined(
      part(0, 100, 10, [segment(1, 0, 49), segment(2, 50, 100)]),
      part(20, 60, 1, [segment(1, 20, 49), segment(2, 50, 60)]));
    expect(all.samples.map(s => s.sequence)).toEqual(
      [0, 10, ...Array.from({ length: 41 }, (_, i) => 20 + i), 70, 80, 90, 100]);
    expect(all.segments.map(s => [s.class, s.firstSequence, s.lastSequence])).toEqual([[1, 0, 49], [2, 50, 100]]);
  });

  test('grows with the stream: a segment goes on, another begins, and nothing comes twice', () => {
    const tail = new Tail();
    const came = [update(101, 2, 0.9), update(102, 2, 0.7), update(102, 2, 0.7), update(103, 3, 0.4)];
    for (const next of came) tail.add(next);
    const all = refined(part(0, 100, 10, [segment(1, 0, 49), segment(2, 50, 100)]), tail.part);
    expect(all.segments.map(s => [s.class, s.firstSequence, s.lastSequence, s.maxScore])).toEqual(
      [[1, 0, 49, 0.5], [2, 50, 102, 0.9], [3, 103, 103, 0.4]]);
    expect(all.samples.slice(-3).map(s => s.sequence)).toEqual([101, 102, 103]);
  });

  test('forgets of the stream what an answer has, and keeps no more than it may', () => {
    const tail = new Tail();
    for (let i = 0; i < 10; i++) tail.add(update(i, i < 5 ? 1 : 2, 0.5));
    tail.cut(6, 6);
    expect(tail.part.samples.map(s => s.sequence)).toEqual([7, 8, 9]);
    expect(tail.part.segments.map(s => [s.firstSequence, s.lastSequence])).toEqual([[7, 9]]);
    for (let i = 10; i < 30_000; i++) tail.add(update(i, i % 2, 0.5));
    expect(tail.part.samples.length).toBeLessThanOrEqual(4001);
    expect(tail.part.segments.length).toBeLessThanOrEqual(4001);
    expect(tail.lastSequence).toBe(29_999);
  });

  test('finds the update at a place, exactly or evenly between those known', () => {
    const history = new History(part(0, 100, 10, []), 'arrival');
    expect([history.sequenceAt(1234), history.sequenceAt(-5), history.sequenceAt(99_999)]).toEqual([12, 0, 100]);
    expect(history.xOfSequence(55)).toBe(5500);
    const exact = new History(part(0, 10, 1, []), 'video');
    expect([exact.sequenceBefore(399), exact.sequenceBefore(400), exact.sequenceBefore(-1)]).toEqual([3, 4, 0]);
  });

  test('of a file that was read anew shows the newest reading along the video’s time, and all by arrival', () => {
    const samples = [sample(0), sample(1), { ...sample(2), seconds: 0 }, { ...sample(3), seconds: 0.1 }];
    const both = { samples, segments: [segment(1, 0, 3)], tracks: [] };
    expect(new History(both, 'arrival').samples.length).toBe(4);
    const video = new History(both, 'video');
    expect([video.samples.length, video.earlierCount, video.segments[0]!.firstSequence]).toEqual([2, 2, 2]);
    expect(video.whole).toEqual([0, 100]);
  });
});

describe('gaps', () => {
  test('are where updates stopped coming, however coarse what is known is', () => {
    expect(gapsOf([0, 100, 200, 5000, 5100], [0, 1, 2, 3, 4])).toEqual([[200, 5000]]);
    // One update in 500 at ten a second; 20 s were lost in the middle.
    expect(gapsOf([0, 50_000, 100_000, 180_000, 230_000], [0, 500, 1000, 1500, 2000])).toEqual([[100_000, 180_000]]);
  });

  test('are not where an update was late, where fewer were known, or where the pace is slow', () => {
    expect(gapsOf([0, 100, 900, 1000], [0, 1, 2, 3])).toEqual([]);
    expect(gapsOf([0, 100, 200, 20_200, 20_300], [0, 1, 2, 202, 203])).toEqual([]);
    expect(gapsOf([0, 60_000, 120_000], [0, 1, 2])).toEqual([]);
    expect(gapsOf([], [])).toEqual([]);
  });

  test('are crossed by no line', () => {
    expect(withGaps([0, 1, 2, 10, 11], [[1, 2, 3, 4, 5]], [[2, 10]])).toEqual(
      [[0, 1, 2, 6, 10, 11], [1, 2, 3, null, 4, 5]]);
  });

  test('no more than a class that is not reported is drawn as if it were', () => {
    expect(scoresOf([sample(0, 0, 1), sample(1, 100, 2)], 2)).toEqual([null, 0.5]);
    expect(scoresOf([sample(0, 0, 1), sample(1, 100, 2)], null)).toEqual([0.5, 0.5]);
  });
});

describe('the band of predicted classes', () => {
  const endsOf = (segments: Segment[]) =>
    [...new Set(segments.flatMap(s => [s.firstSequence, s.lastSequence]))].map(sequence => sample(sequence));
  const historyOf = (segments: Segment[], samples = endsOf(segments)) =>
    new History({ samples, segments, tracks: [] }, 'arrival');

  test('has each segment from its first update to the next one’s', () => {
    const runs = runsOf(historyOf([segment(1, 0, 9), segment(2, 10, 20)]), x => x / 10, [0, 300]);
    expect(runs.map(run => [run.left, run.right, run.segment?.class])).toEqual([[0, 100, 1], [100, 200, 2]]);
  });

  test('cuts at the edges, and leaves out what is not shown', () => {
    const runs = runsOf(historyOf([segment(1, 0, 9), segment(2, 10, 19), segment(3, 20, 30)]), x => x / 10, [110, 150]);
    expect(runs.map(run => [run.left, run.right, run.segment?.class])).toEqual([[110, 150, 2]]);
  });

  test('says of slivers whose they are in which share, and covers the same pixels', () => {
    const classes = [2, 3, 1, 3];
    const segments = Array.from({ length: 40 }, (_, i) => segment(classes[i % 4]!, 10 * i, 10 * i + 9));
    const runs = runsOf(historyOf(segments), x => x / 1000, [0, 100]);
    expect(runs.length).toBeLessThan(12);
    expect(runs[0]!.left).toBe(0);
    expect(runs.at(-1)!.right).toBeCloseTo(39.9);
    for (let i = 1; i < runs.length; i++) expect(runs[i]!.left).toBeCloseTo(runs[i - 1]!.right);
    for (const run of runs) expect(run.parts.reduce((sum, p) => sum + p.share, 0)).toBeCloseTo(1);
    expect(runs.some(run => run.segment === null)).toBe(true);
  });

  test('joins slivers of one class', () => {
    const runs = runsOf(historyOf([segment(1, 0, 9), segment(1, 10, 19), segment(1, 20, 29)]), x => x / 1000, [0, 100]);
    expect(runs.map(run => [run.segment?.firstSequence, run.segment?.lastSequence])).toEqual([[0, 29]]);
  });

  test('is interrupted by a gap', () => {
    const late = (sequence: number) => sample(sequence, 100 * sequence + 60_000);
    const history = historyOf(
      [{ ...segment(1, 0, 20), to: 62_000 }],
      [...Array.from({ length: 11 }, (_, i) => sample(i)), ...Array.from({ length: 10 }, (_, i) => late(11 + i))]);
    const runs = runsOf(history, x => x / 100, [0, 1000]);
    expect(runs.map(run => [run.left, run.right])).toEqual([[0, 10], [611, 620]]);
  });

  test('counts the updates of each class in the period, most first', () => {
    expect(sharesOf([segment(1, 0, 9), segment(2, 10, 40), segment(1, 41, 50)], 5, 45)).toEqual([
      { index: 2, name: 'c2', updateCount: 31 }, { index: 1, name: 'c1', updateCount: 10 }]);
  });
});
