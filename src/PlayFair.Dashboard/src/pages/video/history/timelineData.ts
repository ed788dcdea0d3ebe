import type { AttributionUpdate, FrameTrack, Timeline, TimelineSegment } from '../../../api/contracts';
import { type AxisKind, firstAtLeast, instant, interpolate, type Span } from './axis';

/** One update as the timeline knows it. */
export interface Sample {
  sequence: number;
  /** When its newest frame arrived, milliseconds since the epoch. */
  at: number;
  /** Presentation time of its newest frame. */
  seconds: number;
  frameIndex: number;
  /** Highest score first. */
  classes: readonly { index: number; name: string; score: number }[];
}

/** A run of updates with one top class. */
export interface Segment {
  class: number;
  name: string;
  model: string;
  firstSequence: number;
  lastSequence: number;
  /** When the first and the last update arrived. */
  from: number;
  to: number;
  /** NaN: not known, where the class was the top one but is not among those reported. */
  maxScore: number;
}

export interface Track {
  frameIndex: number;
  at: number;
  seconds: number;
  classes: readonly { index: number; name: string; mean: number }[];
}

/** What one answer of the server holds, or several put together. */
export interface Part {
  samples: readonly Sample[];
  segments: readonly Segment[];
  tracks: readonly Track[];
}

export const EMPTY: Part = { samples: [], segments: [], tracks: [] };

/** More of what came since the last answer than is kept: from then on every other update goes. */
const MOST_NEW = 4000;

export function partOf(timeline: Timeline): Part {
  return {
    samples: timeline.points.map(point => ({
      sequence: point.sequence, at: instant(point.arrivedAt), seconds: point.timeSeconds,
      frameIndex: point.frameIndex, classes: point.classes,
    })),
    segments: timeline.segments.map(segmentOf),
    tracks: timeline.frames.map(trackOf),
  };
}

function segmentOf({ from, to, ...rest }: TimelineSegment): Segment {
  return { ...rest, from: instant(from), to: instant(to) };
}

export function trackOf(frame: FrameTrack): Track {
  return {
    frameIndex: frame.frameIndex, at: instant(frame.arrivedAt), seconds: frame.timeSeconds, classes: frame.classes,
  };
}

export function sampleOf(update: AttributionUpdate): Sample {
  return {
    sequence: update.sequence,
    at: instant(update.arrivedAt),
    seconds: update.frameTimes.at(-1)!,
    frameIndex: update.frameIndices.at(-1)!,
    classes: update.classes.map(({ index, name, score }) => ({ index, name, score })),
  };
}

/** The coarse part with the fine one in place of what both have. */
export function refined(coarse: Part, fine: Part): Part {
  const [first, last] = [fine.samples[0], fine.samples.at(-1)];
  if (!first || !last) return coarse;
  const before = coarse.samples.slice(0, firstAtLeast(coarse.samples.map(s => s.sequence), first.sequence));
  const after = coarse.samples.slice(firstAtLeast(coarse.samples.map(s => s.sequence), last.sequence + 1));
  const frames = fine.tracks;
  const [firstFrame, lastFrame] = [frames[0]?.at ?? first.at, frames.at(-1)?.at ?? first.at];
  return {
    samples: [...before, ...fine.samples, ...after],
    segments: joined([
      ...coarse.segments.filter(s => s.firstSequence < first.sequence)
        .map(s => s.lastSequence < first.sequence ? s : { ...s, lastSequence: first.sequence - 1, to: first.at }),
      ...fine.segments,
      ...coarse.segments.filter(s => s.lastSequence > last.sequence)
        .map(s => s.firstSequence > last.sequence ? s : { ...s, firstSequence: last.sequence + 1, from: last.at }),
    ]),
    tracks: frames.length === 0 ? coarse.tracks : [
      ...coarse.tracks.filter(t => t.at < firstFrame), ...frames, ...coarse.tracks.filter(t => t.at > lastFrame),
    ],
  };
}

/** Neighbours of one class that only the border between two answers parts, as one. */
function joined(segments: readonly Segment[]): Segment[] {
  const result: Segment[] = [];
  for (const segment of segments) {
    const before = result.at(-1);
    if (before && continues(before, segment.class, segment.model, segment.firstSequence)) {
      result[result.length - 1] = {
        ...before, lastSequence: segment.lastSequence, to: segment.to,
        maxScore: Math.max(before.maxScore, segment.maxScore),
      };
    } else {
      result.push(segment);
    }
  }
  return result;
}

function continues(segment: Segment, topClass: number, model: string, sequence: number): boolean {
  return segment.class === topClass && segment.model === model && segment.lastSequence + 1 === sequence;
}

/** What came after the last answer, growing with the stream and bounded. */
export class Tail {
  #samples: Sample[] = [];
  #segments: Segment[] = [];
  #tracks: Track[] = [];

  get part(): Part {
    return { samples: this.#samples, segments: this.#segments, tracks: this.#tracks };
  }

  get lastSequence(): number | null {
    return this.#samples.at(-1)?.sequence ?? null;
  }

  /** @returns False where it was there already. */
  add(update: AttributionUpdate): boolean {
    const last = this.#samples.at(-1);
    if (last && update.sequence <= last.sequence) return false;
    const sample = sampleOf(update);
    this.#samples.push(sample);
    this.#extend(sample, update.model, update.topClass);
    if (this.#samples.length > MOST_NEW) this.#samples = this.#samples.filter((_, i) => i % 2 === 1);
    return true;
  }

  addTracks(tracks: readonly Track[]): void {
    const last = this.#tracks.at(-1)?.frameIndex ?? -1;
    for (const track of tracks) if (track.frameIndex > last) this.#tracks.push(track);
    if (this.#tracks.length > MOST_NEW) this.#tracks.splice(0, this.#tracks.length - MOST_NEW);
  }

  /** Forgets what an answer holds up to this update and this frame. */
  cut(sequence: number, frameIndex: number): void {
    this.#samples = this.#samples.filter(s => s.sequence > sequence);
    this.#tracks = this.#tracks.filter(t => t.frameIndex > frameIndex);
    this.#segments = this.#segments.filter(s => s.lastSequence > sequence).map(s =>
      s.firstSequence > sequence ? s : { ...s, firstSequence: sequence + 1, from: this.#samples[0]?.at ?? s.from });
  }

  #extend(sample: Sample, model: string, topClass: number): void {
    const top = sample.classes.find(c => c.index === topClass);
    const score = top?.score ?? Number.NaN;
    const last = this.#segments.at(-1);
    if (last && continues(last, topClass, model, sample.sequence)) {
      last.to = sample.at;
      last.lastSequence = sample.sequence;
      last.maxScore = Math.max(last.maxScore, score);
    } else {
      this.#segments.push({
        class: topClass, name: top?.name ?? `class ${topClass}`, model, firstSequence: sample.sequence,
        lastSequence: sample.sequence, from: sample.at, to: sample.at, maxScore: score,
      });
      if (this.#segments.length > MOST_NEW) this.#segments.shift();
    }
  }
}

/** Everything that is known, ready to be drawn along one axis. */
export class History {
  readonly samples: readonly Sample[];
  readonly segments: readonly Segment[];
  readonly tracks: readonly Track[];
  /** Position of each sample on the axis, ascending. */
  readonly xs: readonly number[];
  readonly sequences: readonly number[];
  /** Where nothing came, on the axis. */
  readonly gaps: readonly Span[];
  /** Samples left out as the axis cannot hold them: an earlier reading of a file, whose time begins at zero again. */
  readonly earlierCount: number;
  readonly #arrivals: readonly number[];

  /** @param revision Another one where more than the newest may have changed. */
  constructor(part: Part, readonly axis: AxisKind, readonly revision = 0) {
    const start = axis === 'video' ? lastRun(part.samples) : 0;
    this.earlierCount = start;
    this.samples = start === 0 ? part.samples : part.samples.slice(start);
    const first = this.samples[0];
    this.segments = start === 0 || !first ? part.segments : part.segments.filter(s => s.lastSequence >= first.sequence)
      .map(s => s.firstSequence >= first.sequence ? s : { ...s, firstSequence: first.sequence, from: first.at });
    this.tracks = start === 0 || !first ? part.tracks : part.tracks.slice(lastRun(part.tracks));
    this.#arrivals = this.samples.map(s => s.at);
    this.xs = axis === 'arrival' ? this.#arrivals : this.samples.map(s => 1000 * s.seconds);
    this.sequences = this.samples.map(s => s.sequence);
    this.gaps = gapsOf(this.xs, this.sequences);
  }

  /** From the first to the last update; null: there are none. */
  get whole(): Span | null {
    return this.xs.length === 0 ? null : [this.xs[0]!, Math.max(this.xs.at(-1)!, this.xs[0]! + 1)];
  }

  /** The place on the axis of what arrived then. */
  xOfArrival(at: number): number {
    return this.axis === 'arrival' ? at : interpolate(this.#arrivals, this.xs, at);
  }

  arrivalOfX(x: number): number {
    return this.axis === 'arrival' ? x : interpolate(this.xs, this.#arrivals, x);
  }

  /** Where a segment's first update is, and its last. */
  spanOf({ from, to, firstSequence, lastSequence }: Segment): Span {
    return this.axis === 'arrival' ? [from, to] : [this.xOfSequence(firstSequence), this.xOfSequence(lastSequence)];
  }

  xOfTrack(track: Track): number {
    return this.axis === 'arrival' ? track.at : 1000 * track.seconds;
  }

  xOfSequence(sequence: number): number {
    return interpolate(this.sequences, this.xs, sequence);
  }

  /** The update nearest to a place: exact where every update is known, else as if they came evenly in between. */
  sequenceAt(x: number): number | null {
    if (this.xs.length === 0) return null;
    const sequence = Math.round(interpolate(this.xs, this.sequences, x));
    return Math.min(Math.max(sequence, this.sequences[0]!), this.sequences.at(-1)!);
  }

  /** The last update that is not after a place; the first where all are. */
  sequenceBefore(x: number): number | null {
    if (this.xs.length === 0) return null;
    // Times are rounded to a tenth of a microsecond on their way.
    const i = firstAtLeast(this.xs, x + 1e-3);
    if (i === 0) return this.sequences[0]!;
    if (i === this.xs.length || this.sequences[i]! === this.sequences[i - 1]! + 1) return this.sequences[i - 1]!;
    return Math.floor(interpolate(this.xs, this.sequences, x));
  }

  segmentAt(x: number): Segment | null {
    const sequence = this.sequenceAt(x);
    return sequence === null ? null : this.segmentOf(sequence);
  }

  segmentOf(sequence: number): Segment | null {
    const i = firstAtLeast(this.segments.map(s => s.lastSequence), sequence);
    const segment = this.segments[i];
    return segment && segment.firstSequence <= sequence ? segment : null;
  }
}

/** Where the last run of growing times begins. */
function lastRun(items: readonly { seconds: number }[]): number {
  for (let i = items.length - 1; i > 0; i--) if (items[i]!.seconds < items[i - 1]!.seconds) return i;
  return 0;
}

/**
 * Spans in which updates should have come and did not: longer than a second and than half of what their number of
 * updates usually takes.
 */
export function gapsOf(xs: readonly number[], sequences: readonly number[]): Span[] {
  const paces: number[] = [];
  for (let i = 1; i < xs.length; i++) paces.push((xs[i]! - xs[i - 1]!) / (sequences[i]! - sequences[i - 1]!));
  if (paces.length === 0) return [];
  const usual = [...paces].sort((a, b) => a - b)[paces.length >> 1]!;
  const gaps: Span[] = [];
  for (let i = 1; i < xs.length; i++) {
    const expected = usual * (sequences[i]! - sequences[i - 1]!);
    if (xs[i]! - xs[i - 1]! - expected > Math.max(1000, 3 * usual, 0.5 * expected)) gaps.push([xs[i - 1]!, xs[i]!]);
  }
  return gaps;
}

/** @returns The scores of a class over the samples; null where it is not reported. class null: of the top class. */
export function scoresOf(samples: readonly Sample[], index: number | null): (number | null)[] {
  return samples.map(({ classes }) =>
    (index === null ? classes[0] : classes.find(c => c.index === index))?.score ?? null);
}

/** @returns The x values and rows of y with a null in each gap, so that no line crosses it. */
export function withGaps(
  xs: readonly number[], rows: readonly (readonly (number | null)[])[], gaps: readonly Span[],
): [number[], ...(number | null)[][]] {
  const times: number[] = [];
  const columns = rows.map((): (number | null)[] => []);
  let gap = 0;
  for (let i = 0; i < xs.length; i++) {
    times.push(xs[i]!);
    rows.forEach((row, r) => columns[r]!.push(row[i]!));
    if (gap < gaps.length && gaps[gap]![0] === xs[i] && xs[i + 1] !== xs[i]) {
      times.push((gaps[gap]![0] + gaps[gap]![1]) / 2);
      for (const column of columns) column.push(null);
      gap++;
    }
  }
  return [times, ...columns];
}
