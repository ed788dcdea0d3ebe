import { effect, signal } from '@preact/signals';
import { api, ServerProblem } from '../../../api/client';
import type { Timeline } from '../../../api/contracts';
import { connection, type LiveVideo } from '../../../live/feed';
import { type AxisKind, covers, isoOf, type Span } from './axis';
import { EMPTY, History, type Part, partOf, refined, Tail, trackOf } from './timelineData';

export interface FeedState {
  isLoading: boolean;
  problem: ServerProblem | null;
  /** Updates stored in all; null: not known yet. */
  updateCount: number | null;
  /** Whether the server keeps a history at all. */
  isStored: boolean;
  /** Of what the finest answer for the period shown holds: one update in so many. */
  updatesPerPoint: number;
  /** Segments too many to be sent one by one. */
  joinedSegments: number;
}

const MOST_POINTS = 2000;
/** A gesture is over, or as good as. */
const SETTLED_MS = 180;
const LONGEST_MS = 800;
/** What came since the last answer is replaced by an answer when there is so much of it, or so old. */
const REFRESH_COUNT = 600;
const REFRESH_MS = 60_000;
const TRACKS_MS = 2000;

/** A video's history: coarse over all, fine over the period looked at, growing with the stream. */
export class HistoryFeed {
  /** null: nothing is known yet. */
  readonly history = signal<History | null>(null);
  readonly state = signal<FeedState>({
    isLoading: true, problem: null, updateCount: null, isStored: true, updatesPerPoint: 1, joinedSegments: 0,
  });

  readonly #video: LiveVideo;
  readonly #closing = new AbortController();
  readonly #disposals: (() => void)[] = [];
  #axis: AxisKind = 'arrival';
  #coarse: { part: Part; timeline: Timeline } | null = null;
  #fine: { part: Part; timeline: Timeline; span: Span } | null = null;
  #base: Part = EMPTY;
  #revision = 0;
  readonly #tail = new Tail();
  #width = 0;
  #wanted: Span | null = null;
  #isLoadingCoarse = false;
  #loadedAt = 0;
  #settling: ReturnType<typeof setTimeout> | null = null;
  #unsettledAt = 0;
  #asking: AbortController | null = null;

  constructor(video: LiveVideo) {
    this.#video = video;
    this.#disposals.push(effect(() => {
      if (video.latest.value !== null) this.#takeLatest();
    }));
    let wasOpen = true;
    this.#disposals.push(effect(() => {
      const isOpen = connection.value.state === 'open';
      // Whatever failed or was missed while the server was away.
      if (isOpen && !wasOpen) void this.reload();
      wasOpen = isOpen;
    }));
    const timer = setInterval(() => void this.#loadTracks(), TRACKS_MS);
    this.#disposals.push(() => clearInterval(timer));
  }

  dispose(): void {
    this.#closing.abort();
    if (this.#settling !== null) clearTimeout(this.#settling);
    for (const dispose of this.#disposals) dispose();
  }

  /** What is looked at; arrival times, null: everything. */
  show(axis: AxisKind, wanted: Span | null, width: number): void {
    if (axis !== this.#axis) {
      this.#axis = axis;
      this.#revision++;
      this.#rebuild();
    }
    const isSame = width === this.#width && String(wanted) === String(this.#wanted);
    this.#wanted = wanted;
    if (width > 0 && this.#width === 0) {
      this.#width = width;
      void this.reload();
    }
    this.#width = width;
    // A period that goes along with the stream never settles.
    if (isSame || (this.#settling !== null && performance.now() - this.#unsettledAt > LONGEST_MS)) return;
    if (this.#settling === null) this.#unsettledAt = performance.now();
    else clearTimeout(this.#settling);
    this.#settling = setTimeout(() => {
      this.#settling = null;
      void this.#refine();
    }, SETTLED_MS);
  }

  async reload(): Promise<void> {
    if (this.#isLoadingCoarse || this.#width === 0) return;
    this.#isLoadingCoarse = true;
    this.#change({ isLoading: true });
    try {
      const timeline = await this.#ask({}, this.#closing.signal, this.#width);
      // Without a store the newest updates are in memory; that is not a history.
      const isStored = this.#coarse === null ? (await api.status(this.#closing.signal)).store.path !== undefined
        : this.state.peek().isStored;
      this.#coarse = { part: partOf(timeline), timeline };
      this.#loadedAt = Date.now();
      this.#cutTail(timeline);
      this.#settle();
      this.#change({ problem: null, updateCount: timeline.updateCount, isStored });
      if (this.#wanted !== null) void this.#refine(true);
    } catch (error) {
      this.#fail(error);
    } finally {
      this.#isLoadingCoarse = false;
      this.#change({ isLoading: false });
    }
  }

  /** Waits while the history is asked for. */
  loaded(): Promise<void> {
    return new Promise(resolve => {
      const stop = effect(() => {
        if (this.state.value.isLoading) return;
        queueMicrotask(() => stop());
        resolve();
      });
    });
  }

  /** The update whose newest frame is the last one not after a time of the video; of a file's newest reading. */
  sequenceAtSeconds(seconds: number): number | null {
    const part = refined(this.#base, this.#tail.part);
    return new History(part, 'video').sequenceBefore(1000 * seconds);
  }

  /** The same to the update, however coarse what is known is. */
  async findSeconds(seconds: number, signal: AbortSignal): Promise<number | null> {
    const guess = this.sequenceAtSeconds(seconds);
    if (guess === null) return null;
    const timeline = await api.timeline(this.#video.id, {
      fromSequence: Math.max(0, guess - MOST_POINTS / 2 + 1), toSequence: guess + MOST_POINTS / 2, points: MOST_POINTS,
    }, signal);
    return new History(partOf(timeline), 'video').sequenceBefore(1000 * seconds) ?? guess;
  }

  async #refine(isAnew = false): Promise<void> {
    const wanted = this.#wanted;
    if (this.#coarse === null) return;
    if (wanted === null || this.#coarse.timeline.updatesPerPoint <= 1) {
      this.#settle();
      return;
    }
    const [from, to] = wanted;
    if (!isAnew && this.#fine !== null && covers(this.#fine.span, wanted)
      && (this.#fine.timeline.updatesPerPoint <= 1 || this.#fine.span[1] - this.#fine.span[0] <= 3 * (to - from))) {
      this.#settle();
      return;
    }
    const room = 0.5 * (to - from);
    const span: Span = [from - room, to + room];
    this.#asking?.abort();
    const asking = this.#asking = new AbortController();
    this.#change({ isLoading: true });
    try {
      const timeline = await this.#ask(
        { from: isoOf(span[0]), to: isoOf(span[1]) },
        AbortSignal.any([asking.signal, this.#closing.signal]), 2 * this.#width);
      this.#fine = { part: partOf(timeline), timeline, span };
      this.#settle();
      this.#change({ problem: null, isLoading: false });
    } catch (error) {
      if (!asking.signal.aborted) this.#fail(error);
    }
  }

  #ask(period: { from?: string; to?: string }, signal: AbortSignal, points: number): Promise<Timeline> {
    return api.timeline(
      this.#video.id, { ...period, points: Math.min(MOST_POINTS, Math.max(200, Math.ceil(points))) }, signal);
  }

  /** New answers, or another period: what is known is put together again. */
  #settle(): void {
    const coarse = this.#coarse!;
    const fine = this.#wanted === null ? null : this.#fine;
    this.#base = fine === null ? coarse.part : refined(coarse.part, fine.part);
    this.#revision++;
    const shown = fine !== null && this.#wanted !== null && covers(fine.span, this.#wanted) ? fine : coarse;
    this.#change({
      updatesPerPoint: shown.timeline.updatesPerPoint, joinedSegments: shown.timeline.joinedSegments ?? 0,
    });
    this.#rebuild();
  }

  #takeLatest(): void {
    const { recent } = this.#video;
    const known = this.#tail.lastSequence ?? this.#base.samples.at(-1)?.sequence ?? null;
    const newest = recent.at(-1);
    if (newest === undefined) return;
    if (known !== null && newest.sequence < known && newest.sequence === recent[0]!.sequence) {
      // Numbers begin anew: the store was replaced.
      this.#tail.cut(Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER);
      this.#fine = null;
      void this.reload();
      return;
    }
    let hasHole = false;
    let isNew = false;
    for (const update of recent) {
      if (known !== null && update.sequence <= known) continue;
      hasHole ||= !isNew && known !== null && update.sequence > known + 1;
      isNew = this.#tail.add(update) || isNew;
    }
    if (!isNew) return;
    const isOld = Date.now() - this.#loadedAt > REFRESH_MS && !document.hidden;
    if (this.#coarse !== null && (hasHole || isOld || this.#tail.part.samples.length > REFRESH_COUNT))
      void this.reload();
    this.#rebuild();
  }

  /** Frames leave the window without being told of; what they came to is asked for now and then. */
  async #loadTracks(): Promise<void> {
    const last = this.#tail.part.tracks.at(-1) ?? this.#base.tracks.at(-1);
    const newest = this.#tail.part.samples.at(-1);
    if (document.hidden || newest === undefined || last === undefined || newest.frameIndex <= last.frameIndex) return;
    // Over a long time so few frames would not be seen; the next answer has them.
    const [from, to] = this.#wanted ?? [this.#base.samples[0]?.at ?? 0, newest.at];
    const length = to - from;
    if (length > 1_800_000 || (this.#wanted !== null && this.#wanted[1] < last.at)) return;
    try {
      const frames = await api.frames(
        this.#video.id, { fromFrame: last.frameIndex + 1, limit: 500 }, this.#closing.signal);
      if (frames.length === 0) return;
      this.#tail.addTracks(frames.map(trackOf));
      this.#revision++;
      this.#rebuild();
    } catch (error) {
      if (!(error instanceof ServerProblem) && !this.#closing.signal.aborted) throw error;
    }
  }

  #cutTail(timeline: Timeline): void {
    this.#tail.cut(timeline.points.at(-1)?.sequence ?? -1, timeline.frames.at(-1)?.frameIndex ?? -1);
  }

  #rebuild(): void {
    const part = refined(this.#base, this.#tail.part);
    this.history.value = this.#coarse === null && part.samples.length === 0 ? null
      : new History(part, this.#axis, this.#revision);
  }

  #fail(error: unknown): void {
    if (this.#closing.signal.aborted) return;
    this.#change({
      problem: error instanceof ServerProblem ? error : new ServerProblem(0, String(error)), isLoading: false,
    });
  }

  #change(change: Partial<FeedState>): void {
    this.state.value = { ...this.state.peek(), ...change };
  }
}
