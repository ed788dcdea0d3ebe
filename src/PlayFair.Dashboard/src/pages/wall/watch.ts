import { effect, signal, type ReadonlySignal } from '@preact/signals';
import type { AttributionUpdate } from '../../api/contracts';
import { connection, videos, type LiveVideo } from '../../live/feed';
import { isRunning } from '../../words';
import { attentionOf, type Entry } from './arrange';

/** Another class became a video's top class. */
export interface ClassChange {
  readonly from: string;
  readonly to: string;
  /** This clock, milliseconds since the epoch. */
  readonly at: number;
}

/** What only shows over several updates of one video. */
export interface Watch {
  readonly change: ReadonlySignal<ClassChange | null>;
  /** When frames were last dropped, as far as the page has seen, this clock; null: not since it was opened. */
  readonly droppedAt: ReadonlySignal<number | null>;
}

/** Drops count as rising for so long after the last. */
export const DROPS_RISING_MS = 30_000;

/** Shorter interruptions mark nothing as old. */
const PATIENCE_MS = 1500;

/** This clock by the second, while the wall is shown. */
export const now = signal(Date.now());

/** Since when nothing comes from the server; null while it does. */
export const lostAt = signal<number | null>(null);

const watches = new Map<LiveVideo, { watch: Watch; stop: () => void }>();

/** Watches all videos until stopped, shown or not: what sorts them must be known of those too that are filtered out. */
export function watchVideos(): () => void {
  now.value = Date.now();
  const clock = setInterval(() => { if (!document.hidden) now.value = Date.now(); }, 1000);
  let marking: ReturnType<typeof setTimeout> | undefined;
  const stopConnection = effect(() => {
    clearTimeout(marking);
    if (connection.value.state === 'open') lostAt.value = null;
    else if (lostAt.peek() === null) {
      const since = Date.now();
      marking = setTimeout(() => { lostAt.value = since; }, PATIENCE_MS);
    }
  });
  return () => {
    clearInterval(clock);
    clearTimeout(marking);
    stopConnection();
    lostAt.value = null;
    for (const { stop } of watches.values()) stop();
    watches.clear();
  };
}

export function watchOf(video: LiveVideo): Watch {
  let entry = watches.get(video);
  if (!entry) watches.set(video, entry = begin(video));
  return entry.watch;
}

/** Ends the watches of videos that are gone. */
export function forgetWatches(): void {
  const known = new Set(videos.peek().values());
  for (const [video, { stop }] of watches) {
    if (known.has(video)) continue;
    stop();
    watches.delete(video);
  }
}

function begin(video: LiveVideo): { watch: Watch; stop: () => void } {
  const change = signal<ClassChange | null>(lastChange(video.recent));
  const droppedAt = signal<number | null>(null);
  let top = video.latest.peek()?.classes[0];
  let dropped = video.status.peek()?.droppedFrames;
  const stopTop = effect(() => {
    const newest = video.latest.value?.classes[0];
    if (newest === undefined) return;
    if (top !== undefined && top.index !== newest.index)
      change.value = { from: top.name, to: newest.name, at: Date.now() };
    top = newest;
  });
  const stopDropped = effect(() => {
    const count = video.status.value?.droppedFrames;
    // The server counts from its start: fewer than before tells of a new one.
    if (count !== undefined && dropped !== undefined && count > dropped) droppedAt.value = Date.now();
    dropped = count;
  });
  return {
    watch: { change, droppedAt },
    stop: () => {
      stopTop();
      stopDropped();
    },
  };
}

/** The last change in updates that another page received; null where they have none. */
export function lastChange(updates: readonly AttributionUpdate[]): ClassChange | null {
  for (let i = updates.length - 1; i > 0; i--) {
    const [before, after] = [updates[i - 1]!.classes[0], updates[i]!.classes[0]];
    if (before && after && before.index !== after.index)
      return { from: before.name, to: after.name, at: Date.parse(updates[i]!.computedAt) };
  }
  return null;
}

/** A video as it is now, for sorting; null before its status is known. Subscribes to nothing. */
export function entryOf(video: LiveVideo, at: number): Entry | null {
  const status = video.status.peek();
  if (status === null) return null;
  const { change, droppedAt } = watchOf(video);
  const dropped = droppedAt.peek();
  return {
    id: video.id,
    title: status.definition.title || video.id,
    source: status.definition.source,
    group: status.definition.group || null,
    model: status.model,
    state: status.state,
    attention: attentionOf(status, dropped !== null && at - dropped < DROPS_RISING_MS),
    updatesPerSecond: isRunning(status.state) ? status.updatesPerSecond : 0,
    latencyMs: status.latency?.p95Ms ?? null,
    droppedFrames: status.droppedFrames,
    topClass: video.latest.peek()?.classes[0]?.name ?? null,
    changedAt: change.peek()?.at ?? null,
  };
}
