import type { Span } from './axis';
import type { History, Segment } from './timelineData';

/** A piece of the band of predicted classes, in pixels: one segment, or several that are each too short to be seen. */
export interface Run {
  left: number;
  right: number;
  /** Which class has how much of it, by index; one of 1 where there is one. */
  parts: readonly { index: number; share: number }[];
  /** The one segment; of several with one class what they come to. */
  segment: Segment | null;
}

/** Narrower than this a segment would be a line without a colour. */
const NARROWEST = 3;
/** How wide a piece is that stands for several. */
const BUCKET = 6;

/**
 * The segments as the band shows them: each from its first update to the next one's first, none across a gap. Neighbours
 * that are too narrow to be seen become one piece, which says how much of it is whose.
 * @param scale From the axis to pixels.
 * @param range The pixels that are shown.
 */
export function runsOf(history: History, scale: (x: number) => number, range: Span): Run[] {
  const runs: Run[] = [];
  let bucket: Piece[] = [];
  const close = () => {
    if (bucket.length > 0) runs.push(runOf(bucket));
    bucket = [];
  };
  for (const piece of piecesOf(history, scale, range)) {
    const last = bucket.at(-1);
    const isNarrow = piece.right - piece.left < NARROWEST;
    const touches = last !== undefined && piece.left - last.right < 0.5;
    const isFull = last !== undefined && piece.right - bucket[0]!.left > BUCKET;
    const isMore = touches && bucket.every(other => other.segment.class === piece.segment.class);
    if (!isMore && (!isNarrow || !touches || isFull)) close();
    bucket.push(piece);
    if (!isNarrow && !isMore) close();
  }
  close();
  return runs;
}

interface Piece {
  left: number;
  right: number;
  segment: Segment;
}

function* piecesOf(history: History, scale: (x: number) => number, [low, high]: Span): Generator<Piece> {
  const { segments, gaps } = history;
  const cut = (from: number, to: number, segment: Segment): Piece[] => {
    const [left, right] = [scale(from), scale(to)];
    return right < low || left > high ? [] : [{ left: Math.max(left, low), right: Math.min(right, high), segment }];
  };
  let gap = 0;
  for (let i = 0; i < segments.length; i++) {
    const segment = segments[i]!;
    const next = segments[i + 1];
    let [start, to] = history.spanOf(segment);
    if (next?.firstSequence === segment.lastSequence + 1) to = history.spanOf(next)[0];
    while (gap < gaps.length && gaps[gap]![1] <= start) gap++;
    for (let g = gap; g < gaps.length && gaps[g]![0] < to; g++) {
      // A gap begins with the last update before it, whose piece still has to be seen.
      yield* cut(start, Math.max(start, gaps[g]![0]), segment);
      start = gaps[g]![1];
    }
    if (start <= to) yield* cut(start, to, segment);
  }
}

function runOf(pieces: readonly Piece[]): Run {
  const [first, last] = [pieces[0]!, pieces.at(-1)!];
  const widths = new Map<number, number>();
  // What has no width is there all the same.
  for (const { left, right, segment } of pieces)
    widths.set(segment.class, (widths.get(segment.class) ?? 0) + Math.max(right - left, 1e-3));
  const whole = [...widths.values()].reduce((sum, width) => sum + width, 0);
  return {
    left: first.left,
    right: last.right,
    parts: [...widths].map(([index, width]) => ({ index, share: width / whole })).sort((a, b) => a.index - b.index),
    segment: widths.size > 1 ? null : pieces.map(piece => piece.segment).reduce((a, b) => a === b ? a : {
      ...a, lastSequence: b.lastSequence, to: b.to, maxScore: Math.max(a.maxScore, b.maxScore),
    }),
  };
}

/** How much of some updates has which top class, most first. */
export interface Share {
  index: number;
  name: string;
  updateCount: number;
}

/** The predicted classes between two updates, both included. */
export function sharesOf(segments: readonly Segment[], first: number, last: number): Share[] {
  const shares = new Map<number, Share>();
  for (const segment of segments) {
    const count = Math.min(segment.lastSequence, last) - Math.max(segment.firstSequence, first) + 1;
    if (count <= 0) continue;
    const share = shares.get(segment.class);
    if (share) share.updateCount += count;
    else shares.set(segment.class, { index: segment.class, name: segment.name, updateCount: count });
  }
  return [...shares.values()].sort((a, b) => b.updateCount - a.updateCount || a.index - b.index);
}
