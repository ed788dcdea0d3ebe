// What the page computes of a report; docs/statistics.md defines the numbers that it begins with.
import type { ClassStatistics, ModelStatistics, PositionStatistics } from '../../api/contracts';
import type { Cell } from './question';

const THIN = '\u202f';

/** 0.1234 as 12.3 %. */
export function percent(share: number, decimals = 1): string {
  return `${(100 * share).toFixed(decimals)}${THIN}%`;
}

/** The end of an axis in per cent, which has one digit and zeros. */
export function axisPercent(share: number): string {
  return `${Number((100 * share).toPrecision(1))}${THIN}%`;
}

/** Windows that the report counts for the model, each once. */
export function windowsOf(model: ModelStatistics): number {
  return model.series.reduce((sum, bucket) => sum + bucket.windowCount, 0);
}

/** The window lengths that occurred, shortest first, each with the windows of all the classes together. */
export function windowLengths(classes: readonly ClassStatistics[]): { windowLength: number; windowCount: number }[] {
  const counts = new Map<number, number>();
  for (const { positions } of classes)
    for (const { windowLength, windowCount } of positions)
      counts.set(windowLength, (counts.get(windowLength) ?? 0) + windowCount);
  return [...counts].map(([windowLength, windowCount]) => ({ windowLength, windowCount }))
    .sort((a, b) => a.windowLength - b.windowLength);
}

/** The length asked for where it occurred, else the one with most windows, of equal ones the longest; null: none. */
export function chosenLength(lengths: readonly { windowLength: number; windowCount: number }[], asked: number | null) {
  if (lengths.some(({ windowLength }) => windowLength === asked)) return asked;
  return lengths.toSorted((a, b) => b.windowCount - a.windowCount || b.windowLength - a.windowLength)[0]
    ?.windowLength ?? null;
}

export function positionsOf(of: ClassStatistics, windowLength: number): PositionStatistics | null {
  return of.positions.find(p => p.windowLength === windowLength) ?? null;
}

/**
 * The positions of several classes as one: counts added, shares and means weighted by windows. A window counts once for
 * each class that it reports.
 */
export function mergePositions(classes: readonly ClassStatistics[], windowLength: number): PositionStatistics | null {
  const parts = classes.flatMap(c => positionsOf(c, windowLength) ?? []).filter(p => p.windowCount > 0);
  if (parts.length === 0) return null;
  const windowCount = parts.reduce((sum, p) => sum + p.windowCount, 0);
  const added = (list: (p: PositionStatistics) => readonly number[], weighted: boolean): number[] => {
    const sums = new Array<number>(list(parts[0]).length).fill(0);
    for (const part of parts) {
      const weight = weighted ? part.windowCount / windowCount : 1;
      list(part).forEach((value, i) => { sums[i] += weight * value; });
    }
    return sums;
  };
  return {
    windowLength,
    windowCount,
    mostSupporting: added(p => p.mostSupporting, false),
    mostDistracting: added(p => p.mostDistracting, false),
    greaterThan: added(p => p.greaterThan, true),
    supportingShare: added(p => p.supportingShare, true),
    meanEsv: added(p => p.meanEsv, true),
    meanAbsoluteEsv: parts.reduce((sum, p) => sum + p.windowCount / windowCount * p.meanAbsoluteEsv, 0),
  };
}

/** Over all positions: the share of frames with φ > 0. */
export function supportingFrames({ supportingShare }: PositionStatistics): number {
  return supportingShare.reduce((sum, share) => sum + share, 0) / supportingShare.length;
}

/** The classes that a cell of all classes together is made of, those with most such windows first. */
export function classesBehind(cell: Cell, classes: readonly ClassStatistics[], windowLength: number | null): {
  index: number; name: string; share: number; windowCount: number;
}[] {
  if (!('i' in cell) || windowLength === null) return [];
  return classes.flatMap(of => {
    const positions = positionsOf(of, windowLength);
    const share = positions && shareOf(cell, positions);
    return positions && share ? [{ index: of.index, name: of.name, share, windowCount: positions.windowCount }] : [];
  }).sort((a, b) => b.share * b.windowCount - a.share * a.windowCount || a.index - b.index);
}

function shareOf(cell: Cell & { i: number }, positions: PositionStatistics): number | undefined {
  switch (cell.kind) {
    case 'greater': return positions.greaterThan[cell.i * positions.windowLength + cell.j];
    case 'most-supporting': return positions.mostSupporting[cell.i] / positions.windowCount;
    case 'most-distracting': return positions.mostDistracting[cell.i] / positions.windowCount;
    default: return positions.supportingShare[cell.i];
  }
}

// ---- share of supporting frames by class and confidence

export interface Band {
  from: number;
  to: number;
}

export interface BandCell {
  windowCount: number;
  supportingShare: number;
}

export interface BandRow {
  index: number;
  name: string;
  windowCount: number;
  /** One for each band; null: no window. */
  cells: (BandCell | null)[];
}

/**
 * One row for each top class, most windows first, and the bands that occurred, lowest first.
 * `overall` is the mean of the rows, weighted by windows.
 */
export function bandTable(predictions: ModelStatistics['predictions']): {
  bands: Band[]; rows: BandRow[]; overall: (BandCell | null)[];
} {
  const bands = [...new Map(predictions.map(p => [p.bandFrom, { from: p.bandFrom, to: p.bandTo }])).values()]
    .sort((a, b) => a.from - b.from);
  const rows = new Map<number, BandRow>();
  for (const { index, name, bandFrom, windowCount, supportingShare } of predictions) {
    let row = rows.get(index);
    if (!row) rows.set(index, row = { index, name, windowCount: 0, cells: bands.map(() => null) });
    row.windowCount += windowCount;
    row.cells[bands.findIndex(b => b.from === bandFrom)] = { windowCount, supportingShare };
  }
  const sorted = [...rows.values()].sort((a, b) => b.windowCount - a.windowCount || a.index - b.index);
  const overall = bands.map((_, i) => {
    const cells = sorted.flatMap(row => row.cells[i] ?? []);
    const windowCount = cells.reduce((sum, cell) => sum + cell.windowCount, 0);
    if (windowCount === 0) return null;
    return {
      windowCount,
      supportingShare: cells.reduce((sum, cell) => sum + cell.windowCount / windowCount * cell.supportingShare, 0),
    };
  });
  return { bands, rows: sorted, overall };
}

// ---- transitions

export interface TransitionRow {
  from: number;
  to: number;
  count: number;
  /** Of all transitions from the same class, those to itself included. */
  share: number;
}

/** Most frequent first. */
export function transitionRows(
  transitions: ModelStatistics['transitions'], of: number | null, withSelf: boolean): TransitionRow[] {
  const leaving = new Map<number, number>();
  for (const { from, count } of transitions) leaving.set(from, (leaving.get(from) ?? 0) + count);
  return transitions
    .filter(({ from, to }) => (withSelf || from !== to) && (of === null || from === of || to === of))
    .map(({ from, to, count }) => ({ from, to, count, share: count / leaving.get(from)! }))
    .sort((a, b) => b.count - a.count || a.from - b.from || a.to - b.to);
}

// ---- scales

export interface ScaleRow {
  windowLength: number;
  windowCount: number;
  meanAbsoluteEsv: number;
  supportingShare: number;
}

/** Shortest windows first. */
export function scaleRows(classes: readonly ClassStatistics[]): ScaleRow[] {
  return windowLengths(classes).flatMap(({ windowLength }) => {
    const merged = mergePositions(classes, windowLength);
    if (!merged) return [];
    const { windowCount, meanAbsoluteEsv } = merged;
    return [{ windowLength, windowCount, meanAbsoluteEsv, supportingShare: supportingFrames(merged) }];
  });
}

// ---- series

export interface Bin {
  /** Milliseconds since the epoch. */
  start: number;
  windowCount: number;
  topCounts: ReadonlyMap<number, number>;
}

export interface Bins {
  lengthSeconds: number;
  /** Without gaps: where nothing was counted, a bin has no windows. */
  bins: Bin[];
}

const BIN_SECONDS = [60, 120, 300, 600, 1200, 1800, 3600, 7200, 14400, 21600, 43200, 86400, 172800, 604800];

/** Joins buckets so that there are at most so many bins, each of a round length that holds whole buckets. */
export function binSeries(series: ModelStatistics['series'], bucketSeconds: number, most: number): Bins {
  if (series.length === 0) return { lengthSeconds: bucketSeconds, bins: [] };
  const starts = series.map(({ start }) => Date.parse(start) / 1000);
  const first = Math.min(...starts);
  const last = Math.max(...starts);
  const countOf = (length: number) => Math.floor(last / length) - Math.floor(first / length) + 1;
  const lengthSeconds = [bucketSeconds, ...BIN_SECONDS.filter(s => s > bucketSeconds && s % bucketSeconds === 0)]
    .find(length => countOf(length) <= most)
    ?? Math.ceil((last - first + bucketSeconds) / (most - 1) / bucketSeconds) * bucketSeconds;
  const origin = Math.floor(first / lengthSeconds);
  const bins = Array.from({ length: countOf(lengthSeconds) }, (_, i) =>
    ({ start: (origin + i) * lengthSeconds * 1000, windowCount: 0, topCounts: new Map<number, number>() }));
  series.forEach(({ windowCount, topCounts }, i) => {
    const bin = bins[Math.floor(starts[i] / lengthSeconds) - origin];
    bin.windowCount += windowCount;
    for (const [index, count] of Object.entries(topCounts))
      bin.topCounts.set(Number(index), (bin.topCounts.get(Number(index)) ?? 0) + count);
  });
  return { lengthSeconds, bins };
}

// ---- drift

export type Verdict = 'no change' | 'some change' | 'large change';

/** As the population stability index is commonly read. */
export function verdict(populationStabilityIndex: number): Verdict {
  if (populationStabilityIndex < 0.1) return 'no change';
  return populationStabilityIndex <= 0.25 ? 'some change' : 'large change';
}

export interface DriftRow extends NonNullable<ClassStatistics['drift']> {
  index: number;
  name: string;
  windowCount: number;
  meanScore: number;
  verdict: Verdict;
}

/** Largest change first; classes reported in only one of the two periods have none. */
export function driftRows(classes: readonly ClassStatistics[]): DriftRow[] {
  return classes.flatMap(({ index, name, windowCount, meanScore, drift }) =>
    drift ? [{ index, name, windowCount, meanScore, ...drift, verdict: verdict(drift.populationStabilityIndex) }] : [])
    .sort((a, b) => b.populationStabilityIndex - a.populationStabilityIndex || a.index - b.index);
}

// ---- colours

/**
 * How far from 50 %, −1 to 1: what the diverging colours show.
 * @param reach The distance from 50 % at which colours are full.
 */
export function diverging(share: number, reach = 0.5): number {
  return Math.max(-1, Math.min(1, (share - 0.5) / reach));
}

/** The least of a few round distances from 50 % that holds every share, so that small differences can be seen too. */
export function reachOf(shares: readonly number[]): number {
  const most = Math.max(0, ...shares.map(share => Math.abs(share - 0.5)));
  return [0.05, 0.1, 0.25].find(reach => most <= reach) ?? 0.5;
}

/** A round number, one digit and zeros, that no value exceeds: where an axis from zero ends. */
export function roundMaximum(values: Iterable<number>): number {
  const most = Math.max(0, ...values);
  if (most === 0) return 1;
  const power = 10 ** Math.floor(Math.log10(most));
  return [1, 2, 3, 4, 5, 6, 8, 10].map(factor => factor * power).find(bound => bound >= most * (1 - 1e-12))!;
}
