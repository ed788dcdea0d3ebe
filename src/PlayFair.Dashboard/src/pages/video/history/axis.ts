// The timeline's one horizontal axis: milliseconds, of arrival (since the epoch) or of the video (from its start).

/** From and to, in milliseconds. */
export type Span = readonly [number, number];

export type AxisKind = 'arrival' | 'video';

export interface Tick {
  at: number;
  text: string;
}

/** Milliseconds; no updates that a camera makes are nearer to one another. */
export const SHORTEST_SPAN = 20;

/** Milliseconds since the epoch, with the fractions that the server gives: only they tell a fast file's updates apart. */
export function instant(iso: string): number {
  const below = /\.\d{3}(\d+)/.exec(iso)?.[1];
  return Date.parse(iso) + (below ? Number(`0.${below}`) : 0);
}

/** An instant in ISO 8601, UTC, to the microsecond. */
export function isoOf(at: number): string {
  const whole = Math.floor(at);
  const micros = Math.min(999, Math.round(1000 * (at - whole)));
  return new Date(whole).toISOString().replace('Z', micros === 0 ? 'Z' : `${String(micros).padStart(3, '0')}Z`);
}

/** The span moved and, where it is too long, shortened so that it lies in the whole. */
export function within(whole: Span, [from, to]: Span): Span {
  const length = Math.min(to - from, whole[1] - whole[0]);
  const start = Math.min(Math.max(from, whole[0]), whole[1] - length);
  return [start, start + length];
}

/** The span made longer (factor above 1) or shorter, with the anchor at the same place of it. */
export function zoomed(span: Span, whole: Span, anchor: number, factor: number): Span {
  const wanted = Math.max(SHORTEST_SPAN, (span[1] - span[0]) * factor);
  const length = Math.min(wanted, Math.max(SHORTEST_SPAN, whole[1] - whole[0]));
  const share = (anchor - span[0]) / (span[1] - span[0]);
  const start = anchor - share * length;
  return within(whole, [start, start + length]);
}

/** @param by In lengths of the span; positive is later. */
export function moved(span: Span, whole: Span, by: number): Span {
  const distance = by * (span[1] - span[0]);
  return within(whole, [span[0] + distance, span[1] + distance]);
}

/** The span, moved as little as possible so that it holds a moment with some room around. */
export function holding(span: Span, whole: Span, moment: number): Span {
  if (moment >= span[0] && moment <= span[1]) return span;
  const room = 0.1 * (span[1] - span[0]);
  const distance = moment < span[0] ? moment - room - span[0] : moment + room - span[1];
  return within(whole, [span[0] + distance, span[1] + distance]);
}

export function covers(outer: Span, inner: Span): boolean {
  return outer[0] <= inner[0] && outer[1] >= inner[1];
}

/**
 * The value at x of the line through the points (xs[i], ys[i]), xs ascending; before the first and after the last it goes
 * on with the slope of the outermost points.
 */
export function interpolate(xs: ArrayLike<number>, ys: ArrayLike<number>, x: number): number {
  const count = xs.length;
  if (count === 0) return Number.NaN;
  if (count === 1 || xs[0] === xs[count - 1]) return ys[0]! + (x - xs[0]!);
  const i = Math.min(Math.max(firstAtLeast(xs, x), 1), count - 1);
  let [low, high] = [i - 1, i];
  // Points that arrived in the same millisecond have no slope.
  while (low > 0 && xs[low] === xs[high]) low--;
  while (high < count - 1 && xs[low] === xs[high]) high++;
  const share = (x - xs[low]!) / (xs[high]! - xs[low]!);
  return ys[low]! + share * (ys[high]! - ys[low]!);
}

/** The first position of the ascending values that is not below x; their count where all are. */
export function firstAtLeast(values: ArrayLike<number>, x: number): number {
  let [low, high] = [0, values.length];
  while (low < high) {
    const middle = (low + high) >> 1;
    if (values[middle]! < x) low = middle + 1;
    else high = middle;
  }
  return low;
}

/** The position of the value nearest to x; -1: there are none. */
export function nearest(values: ArrayLike<number>, x: number): number {
  const after = firstAtLeast(values, x);
  if (after === 0) return values.length === 0 ? -1 : 0;
  return after < values.length && values[after]! - x < x - values[after - 1]! ? after : after - 1;
}

// ---- ticks

const SECOND = 1000;
const MINUTE = 60 * SECOND;
const HOUR = 60 * MINUTE;
const DAY = 24 * HOUR;

const STEPS = [
  10, 20, 50, 100, 200, 500,
  SECOND, 2 * SECOND, 5 * SECOND, 10 * SECOND, 15 * SECOND, 30 * SECOND,
  MINUTE, 2 * MINUTE, 5 * MINUTE, 10 * MINUTE, 15 * MINUTE, 30 * MINUTE,
  HOUR, 2 * HOUR, 3 * HOUR, 6 * HOUR, 12 * HOUR,
  DAY, 2 * DAY, 7 * DAY, 14 * DAY, 28 * DAY, 91 * DAY, 365 * DAY,
];

/** Round moments inside the span, at most so many (but for one). */
export function ticks(kind: AxisKind, span: Span, most: number): Tick[] {
  const rough = (span[1] - span[0]) / Math.max(1, most);
  const step = STEPS.find(step => step >= rough) ?? STEPS.at(-1)!;
  return kind === 'arrival' ? arrivalTicks(span, step) : videoTicks(span, step);
}

/** Counted from midnight in the user's time zone, so that days and hours are whole there. */
function arrivalTicks([from, to]: Span, step: number): Tick[] {
  const found: Tick[] = [];
  const dayCount = Math.max(1, Math.round(step / DAY));
  let midnight = midnightBefore(from);
  while (midnight <= to) {
    const next = daysAfter(midnight, dayCount);
    const end = Math.min(next - 1, to);
    const first = step >= DAY ? midnight : midnight + Math.max(0, Math.ceil((from - midnight) / step)) * step;
    for (let at = first; at <= end; at += step)
      if (at >= from) found.push({ at, text: at === midnight ? dayText(at) : clockText(at, step) });
    midnight = next;
  }
  return found;
}

function videoTicks([from, to]: Span, step: number): Tick[] {
  const found: Tick[] = [];
  for (let i = Math.ceil(from / step); i * step <= to; i++)
    found.push({ at: i * step, text: videoText(i * step, step) });
  return found;
}

function midnightBefore(at: number): number {
  return new Date(at).setHours(0, 0, 0, 0);
}

function daysAfter(midnight: number, count: number): number {
  const date = new Date(midnight);
  return date.setDate(date.getDate() + count);
}

const pad = (value: number) => String(value).padStart(2, '0');

function dayText(at: number): string {
  const date = new Date(at);
  return `${date.getFullYear()}-${pad(date.getMonth() + 1)}-${pad(date.getDate())}`;
}

function clockText(at: number, step: number): string {
  const date = new Date(at);
  const minutes = `${pad(date.getHours())}:${pad(date.getMinutes())}`;
  if (step >= MINUTE) return minutes;
  return `${minutes}:${pad(date.getSeconds())}${decimals(date.getMilliseconds(), step)}`;
}

function videoText(at: number, step: number): string {
  const sign = at < 0 ? '\u2212' : '';
  const size = Math.abs(at);
  const hours = Math.floor(size / HOUR);
  const minutes = Math.floor(size / MINUTE) % 60;
  const seconds = `${pad(Math.floor(size / SECOND) % 60)}${decimals(size % SECOND, step)}`;
  return sign + (hours > 0 ? `${hours}:${pad(minutes)}:${seconds}` : `${minutes}:${seconds}`);
}

function decimals(milliseconds: number, step: number): string {
  if (step >= SECOND) return '';
  return `.${String(Math.round(milliseconds)).padStart(3, '0').slice(0, step >= 100 ? 1 : 2)}`;
}
