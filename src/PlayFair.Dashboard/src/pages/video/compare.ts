// What is compared in a window: which classes, as which lines, and what each choice changes. No elements here.
import {
  MINUS, contrast, countSupporting, plain, role, seriesDomain, signed, time, valueDomain, type Range, type Series,
} from '../../../drawing/esv-drawing.js';
import type { AttributionUpdate, ReportedClass } from '../../api/contracts';
import type { View } from './view';

/** A class that the user compares. */
export interface ComparedClass {
  index: number;
  name: string;
  /** Its marker and colour: its place among those chosen, whether or not this update reports it. */
  style: number;
  /** A or B of a contrast. */
  letter: 'A' | 'B' | null;
  /** What the update says of it; null where it does not report it. */
  reported: ReportedClass | null;
}

/** A line of the strip and the curves; it keeps its place where the update does not report what it takes. */
export interface Row {
  name: string;
  style: number;
  line: Series | null;
}

export interface Comparison {
  /** The classes chosen, in that order; where none is chosen, the top class. */
  classes: ComparedClass[];
  /** φ of each class, or the one δ. */
  rows: Row[];
  /** The lines of those rows that have one: what is drawn. */
  series: Series[];
  symbol: 'φ' | 'δ';
  domain: Range;
  /** Classes chosen that this update does not report. */
  missing: ComparedClass[];
  /** Whether the classes are chosen; else they are each window's top class. */
  isChosen: boolean;
}

/** @param nameOf The name of a class that the update does not report. */
export function compare(update: AttributionUpdate, view: View, nameOf: (index: number) => string): Comparison {
  const classOf = (index: number, style: number, letter: 'A' | 'B' | null = null): ComparedClass => {
    const reported = update.classes.find(c => c.index === index) ?? null;
    return { index, name: reported?.name ?? nameOf(index), style, letter, reported };
  };
  if (view.contrast) {
    const [a, b] = view.contrast;
    const classes = [classOf(a, 0, 'A'), classOf(b, 1, 'B')];
    const [A, B] = classes.map(c => c.reported);
    const name = classes.map(c => c.name).join(` ${MINUS} `);
    // The same samples give both classes, so that their errors say too little of that of the difference.
    const line = A && B ? { name, values: contrast(A.esv, B.esv), style: 0 } : null;
    return comparison(classes, [{ name, style: 0, line }], 'δ', true);
  }
  const chosen = view.classes ?? update.classes.slice(0, 1).map(c => c.index);
  const classes = chosen.map((index, style) => classOf(index, style));
  const rows = classes.map(({ name, style, reported }) => ({
    name, style,
    line: reported === null ? null : {
      name, values: reported.esv, style,
      ...reported.standardErrors && { errors: reported.standardErrors },
    },
  }));
  return comparison(classes, rows, 'φ', view.classes !== null);
}

function comparison(classes: ComparedClass[], rows: Row[], symbol: 'φ' | 'δ', isChosen: boolean): Comparison {
  const series = rows.flatMap(({ line }) => line ?? []);
  return {
    classes, rows, series, symbol, isChosen,
    domain: seriesDomain(series),
    missing: classes.filter(c => c.reported === null),
  };
}

/** What a click on a class changes: it is added or removed, or becomes the B of a contrast. */
export function toggled(comparison: Comparison, view: View, index: number, name: string):
  { change: Partial<View>; said: string } {
  if (view.contrast) {
    if (view.contrast.includes(index)) return { change: {}, said: `${name} is compared already` };
    return { change: { contrast: [view.contrast[0], index] }, said: `Contrast with ${name}` };
  }
  const chosen = view.classes ?? comparison.classes.map(c => c.index);
  if (!chosen.includes(index)) return { change: { classes: [...chosen, index] }, said: `${name} added` };
  const rest = chosen.filter(other => other !== index);
  if (rest.length > 0) return { change: { classes: rest }, said: `${name} removed` };
  const isReported = comparison.classes.some(c => c.index === index && c.reported !== null);
  return isReported
    ? { change: {}, said: `${name} stays: at least one class is shown` }
    : { change: { classes: null }, said: `${name} removed` };
}

/** What stands in place of the values that an update does not report; nothing where it reports all. */
export function missingWords({ missing, symbol }: Comparison, update: AttributionUpdate): string {
  const among = `not among the ${update.classes.length} classes that this update reports`;
  if (missing.length === 0) return '';
  if (symbol === 'φ') return among;
  const names = missing.map(c => `“${c.name}”`).join(' and ');
  return `no contrast: ${names} ${missing.length === 1 ? 'is' : 'are'} ${among}`;
}

/** The pair that a contrast starts with: the first two classes compared that are reported, or the best others. */
export function firstPair(comparison: Comparison, update: AttributionUpdate): [number, number] | null {
  const reported = comparison.classes.filter(c => c.reported !== null);
  const [a, b] = new Set([...reported, ...update.classes].map(c => c.index));
  return a === undefined || b === undefined ? null : [a, b];
}

/** The range of class bars: from zero, unless scores or priors are negative, as logits are. */
export function scoreDomain(classes: readonly ReportedClass[]): Range {
  const [low, high] = valueDomain(classes.map(({ score, prior }) => [score, prior]));
  return classes.every(({ score, prior }) => score >= 0 && prior >= 0) ? [0, high] : [low, high];
}

/**
 * The order of class rows: by score, but where somebody is about to click one, as it was, with new classes at the end.
 * @param before The order shown, by class index.
 */
export function classOrder(
  classes: readonly ReportedClass[], before: readonly number[], isHeld: boolean): ReportedClass[] {
  if (!isHeld) return [...classes];
  const place = (c: ReportedClass) => {
    const known = before.indexOf(c.index);
    return known < 0 ? before.length : known;
  };
  return [...classes].sort((a, b) => place(a) - place(b));
}

/** `5 supporting, 3 distracting`, or of a contrast `5 for A, 3 for B`. */
export function counts(values: readonly number[], symbol: 'φ' | 'δ'): string {
  const supporting = countSupporting(values);
  const rest = values.length - supporting;
  return symbol === 'δ' ? `${supporting} for A, ${rest} for B` : `${supporting} supporting, ${rest} distracting`;
}

/** A standard error as it stands after its value; nothing where there is none. */
export function plusMinus(error: number | undefined): string {
  return error === undefined ? '' : `± ${plain(error)}`;
}

export function frameName(update: AttributionUpdate, position: number): string {
  return `Frame ${update.frameIndices[position]}, ${time(update.frameTimes[position]!)}`;
}

/** A frame with its values in words, for those who hear the page. */
export function frameSummary(update: AttributionUpdate, { series, symbol }: Comparison, position: number): string {
  const values = series.map(({ name, values, errors }) =>
    [`${name}: ${symbol} ${signed(values[position]!)}`, plusMinus(errors?.[position]), role(values[position]!)]
      .filter(part => part !== '').join(' '));
  return [frameName(update, position), ...values].join('; ');
}

export interface Efficiency {
  sum: number;
  score: number;
  prior: number;
  /** Σφ − (f(X) − f(∅)). */
  gap: number;
}

export function efficiency({ esv, score, prior }: ReportedClass): Efficiency {
  const sum = esv.reduce((total, value) => total + value, 0);
  return { sum, score, prior, gap: sum - (score - prior) };
}

export function difference(a: Efficiency, b: Efficiency): Efficiency {
  return { sum: a.sum - b.sum, score: a.score - b.score, prior: a.prior - b.prior, gap: a.gap - b.gap };
}

/** Values come as single-precision numbers: of the sum of a window's, so much is rounding. */
const EFFICIENCY_TOLERANCE = 1e-6;

/** Whether Σφ = f(X) − f(∅) for every reported class, up to rounding, and the largest gap. */
export function efficiencyHolds(classes: readonly ReportedClass[]): { holds: boolean; largest: number } {
  let holds = true;
  let largest = 0;
  for (const c of classes) {
    const { gap } = efficiency(c);
    if (Math.abs(gap) > Math.abs(largest)) largest = gap;
    if (Math.abs(gap) > EFFICIENCY_TOLERANCE * Math.max(1, Math.abs(c.score), Math.abs(c.prior))) holds = false;
  }
  return { holds, largest: Math.abs(largest) };
}

/** Where a key moves the current frame to; null: the key is none of those that do. */
export function movedByKey(key: string, position: number, frameCount: number): number | null {
  const target: number | undefined = {
    ArrowLeft: position - 1, ArrowDown: position - 1, ArrowRight: position + 1, ArrowUp: position + 1,
    PageUp: position - 10, PageDown: position + 10, Home: 0, End: frameCount - 1,
  }[key];
  return target === undefined ? null : Math.max(0, Math.min(frameCount - 1, target));
}

/** The view's frame for a position: the newest is followed, so that the next update shows its own. */
export function frameAtPosition(update: AttributionUpdate, position: number): number | null {
  return position >= update.frameIndices.length - 1 ? null : update.frameIndices[position]!;
}

/**
 * Frames of a long window whose pictures are shown, one in `every`. Those shown before stay while they are in the
 * window, so that pictures move with time and are not exchanged with every update.
 * @param before Indices of the frames shown so far, oldest first.
 */
export function thinned(frameIndices: readonly number[], before: readonly number[], every: number): number[] {
  const position = new Map(frameIndices.map((index, i) => [index, i]));
  const kept = before.filter(index => position.has(index));
  // Another window, or another width: begin anew.
  const isFit = kept.every((index, i) => i === 0 || position.get(index)! - position.get(kept[i - 1]!)! === every);
  if (kept.length === 0 || !isFit) return frameIndices.filter((_, i) => i % every === 0);
  const first = position.get(kept[0]!)!;
  return frameIndices.filter((_, i) => (i - first) % every === 0);
}
