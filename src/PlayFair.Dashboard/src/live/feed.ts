import { batch, signal, type Signal } from '@preact/signals';
import { api, VIDEO_LIMIT } from '../api/client';
import type { AttributionUpdate, VideoStatus } from '../api/contracts';
import { EventStream, type Connection, type StreamEvent } from '../api/eventStream';

/** One video as the page knows it now. */
export interface LiveVideo {
  readonly id: string;
  readonly status: Signal<VideoStatus | null>;
  /** The newest update shown; set at most once for each frame that the browser paints. */
  readonly latest: Signal<AttributionUpdate | null>;
  /** The last updates, oldest first, at most {@link RECENT}: what pausing and scrubbing need at once. */
  readonly recent: AttributionUpdate[];
  /** Updates that the server could not give any more, as it said. */
  readonly gaps: Signal<number>;
}

export const RECENT = 128;

/** A tab that nobody looks at holds no connection: browsers allow six to a server, for all tabs together. */
const HIDDEN_MS = 20_000;

/** All videos known, by id; changes when one comes or goes. */
export const videos = signal<ReadonlyMap<string, LiveVideo>>(new Map());

/** Idle: the page shown follows no video. */
export const connection = signal<Connection | { state: 'idle' }>({ state: 'idle' });

const pending = new Map<LiveVideo, { update?: AttributionUpdate; status?: VideoStatus }>();
let painting = false;
let paintDelayMs = 0;
let awaitingPaint: (() => void)[] = [];
let follower: { stop(): void; retry(): void } | null = null;

/**
 * Follows videos until stopped: the page's one event stream. A second call ends the first.
 * @param ids null: all videos, those too that are added later.
 * @param rate At most so many updates a second of each; null: every one.
 * @param paintsPerSecond How often what came is shown; null: with each frame that the browser paints. Of many videos
 * one has something new nearly every time, and most of a painted frame's cost does not depend on how much changed.
 */
export function follow(
  ids: readonly string[] | null, rate: number | null, paintsPerSecond: number | null = null): () => void {
  follower?.stop();
  paintDelayMs = paintsPerSecond === null ? 0 : 1000 / paintsPerSecond;
  const mine = new Follower(ids, rate);
  follower = mine;
  return () => {
    mine.stop();
    if (follower !== mine) return;
    follower = null;
    connection.value = { state: 'idle' };
  };
}

export function reconnectNow(): void {
  follower?.retry();
}

/** The page's record of a video, made when it is first heard of. */
export function videoOf(id: string): LiveVideo {
  const known = videos.peek().get(id);
  if (known) return known;
  const video: LiveVideo = { id, status: signal(null), latest: signal(null), recent: [], gaps: signal(0) };
  videos.value = new Map(videos.peek()).set(id, video);
  return video;
}

/** What the API said of a video, where that was sooner than the stream. */
export function takeStatus(status: VideoStatus): void {
  videoOf(status.definition.id).status.value = status;
}

export function forget(id: string): void {
  if (!videos.peek().has(id)) return;
  const rest = new Map(videos.peek());
  rest.delete(id);
  videos.value = rest;
}

/** Forgets what was removed while no stream was open: streams tell of removals only as they happen. */
async function forgetRemoved(): Promise<void> {
  const known = [...videos.peek().keys()];
  if (known.length === 0) return;
  const there = await api.videos().catch(() => null);
  if (there === null || there.length >= VIDEO_LIMIT) return;
  const ids = new Set(there.map(({ definition }) => definition.id));
  for (const id of known) if (!ids.has(id)) forget(id);
}

class Follower {
  #stream: EventStream | null = null;
  #hiding: ReturnType<typeof setTimeout> | undefined;

  constructor(readonly ids: readonly string[] | null, readonly rate: number | null) {
    document.addEventListener('visibilitychange', this.#watch);
    this.#open();
  }

  stop(): void {
    document.removeEventListener('visibilitychange', this.#watch);
    clearTimeout(this.#hiding);
    this.#stream?.close();
  }

  retry(): void {
    this.#stream?.retry();
  }

  readonly #watch = () => {
    clearTimeout(this.#hiding);
    if (document.hidden) {
      this.#hiding = setTimeout(() => {
        // Nobody catches up with what a hidden tab missed: it begins anew with the latest, and the timeline has the rest.
        this.#stream?.close();
        this.#stream = null;
      }, HIDDEN_MS);
    } else if (this.#stream === null) {
      this.#open();
    }
  };

  #open(): void {
    this.#stream = new EventStream({
      videos: this.ids,
      rate: this.rate,
      onEvent: take,
      onConnection: state => {
        connection.value = state;
        if (state.state === 'open' && this.ids === null) void forgetRemoved();
      },
    });
  }
}

function take(event: StreamEvent): void {
  switch (event.kind) {
    case 'update': {
      const video = videoOf(event.update.video);
      // After a reconnection to a server whose store was replaced numbers begin anew.
      if (video.recent.length > 0 && event.update.sequence <= video.recent.at(-1)!.sequence) video.recent.length = 0;
      video.recent.push(event.update);
      if (video.recent.length > RECENT) video.recent.shift();
      pendingOf(video).update = event.update;
      break;
    }
    case 'status':
      pendingOf(videoOf(event.status.definition.id)).status = event.status;
      break;
    case 'removed':
      forget(event.video);
      return;
    case 'gap':
      videoOf(event.video).gaps.value += event.toSequence - event.fromSequence + 1;
      return;
  }
  requestPaint();
}

/** Resolves when the next updates are shown, if there are any or not: for what should change in the same painted frame. */
export function atNextPaint(): Promise<void> {
  requestPaint();
  return new Promise(resolve => { awaitingPaint.push(resolve); });
}

function requestPaint(): void {
  if (painting) return;
  painting = true;
  if (paintDelayMs === 0) requestAnimationFrame(show);
  else setTimeout(() => requestAnimationFrame(show), paintDelayMs);
}

function pendingOf(video: LiveVideo) {
  let entry = pending.get(video);
  if (!entry) pending.set(video, entry = {});
  return entry;
}

/** All that came since the last painted frame, at once. */
function show(): void {
  painting = false;
  batch(() => {
    for (const [video, { update, status }] of pending) {
      if (status) video.status.value = status;
      if (update) video.latest.value = update;
    }
  });
  pending.clear();
  const awaited = awaitingPaint;
  awaitingPaint = [];
  for (const resolve of awaited) resolve();
}
