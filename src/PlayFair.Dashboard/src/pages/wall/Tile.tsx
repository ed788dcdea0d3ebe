import { useComputed, useSignal, useSignalEffect, type ReadonlySignal, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useEffect, useMemo, useRef } from 'preact/hooks';
import { countSupporting, MINUS, plain, sparkline } from '../../../drawing/esv-drawing.js';
import { href } from '../../address';
import { serverTime } from '../../api/clock';
import type { VideoState, VideoStatus } from '../../api/contracts';
import { Drawn } from '../../components/Drawn';
import { StateBadge } from '../../components/StateBadge';
import { VideoActions } from '../../components/VideoActions';
import type { LiveVideo } from '../../live/feed';
import { mayManage } from '../../session';
import { duration, grouped, isRunning, quantity } from '../../words';
import { noWindowWords, stateWords } from '../video/state';
import { attentionOf } from './arrange';
import { showThumbnails } from './thumbnails';
import { DROPS_RISING_MS, lostAt, now, watchOf } from './watch';
import './tile.css';

/** One video on the wall. What moves ten times a second is bound to its node; no component renders for an update. */
export function Tile({ video }: { video: LiveVideo }) {
  const box = useRef<HTMLLIElement>(null);
  const isVisible = useOnScreen(box);
  const { status } = video;
  const title = useComputed(() => status.value?.definition.title || video.id);
  const name = useComputed(() => {
    const needsAttention = attentionOf(status.value!, dropsAreRising(video)).length > 0;
    return `tile tile-${status.value!.state}${needsAttention ? ' tile-attention' : ''}`;
  });
  return (
    <li class={name} ref={box}>
      <Picture video={video} isVisible={isVisible} />
      <div class="tile-head">
        <h3 class="tile-title" title={title}><a class="tile-link" href={href(['videos', video.id])}>{title}</a></h3>
        <Actions status={status} />
        <State status={status} />
      </div>
      <Body video={video} isVisible={isVisible} />
      <Figures video={video} />
    </li>
  );
}

function Actions({ status }: { status: Signal<VideoStatus | null> }) {
  // Only what the menu says: a status comes every two seconds.
  const shown = useComputed(() => {
    const { state, definition: { title, paused } } = status.value!;
    return `${state} ${title} ${paused}`;
  });
  void shown.value;
  if (!mayManage()) return null;
  return <div class="tile-actions"><VideoActions status={status.peek()!} layout="menu" /></div>;
}

// ---- picture

function Picture({ video, isVisible }: { video: LiveVideo; isVisible: ReadonlySignal<boolean> }) {
  const box = useRef<HTMLSpanElement>(null);
  const isShown = useSignal(false);
  useSignalEffect(() => {
    if (isVisible.value) return showThumbnails(video, box.current!, () => { isShown.value = true; });
    return undefined;
  });
  const words = useComputed(() => PLACEHOLDERS[video.status.value?.state ?? 'connecting'] ?? 'No picture yet');
  return (
    <div class="tile-picture">
      {!isShown.value && <span class="tile-placeholder">{words}</span>}
      <span ref={box} class="tile-image" />
    </div>
  );
}

const PLACEHOLDERS: Record<string, string> = {
  failed: 'No picture', reconnecting: 'No picture', ended: 'No picture kept', paused: 'No picture kept',
};

// ---- state

function State({ status }: { status: Signal<VideoStatus | null> }) {
  const state = useComputed(() => status.value!.state);
  const age = useComputed(() => lostAt.value === null ? '' : `as of ${duration(now.value - lostAt.value)} ago`);
  const silo = useComputed(() => status.value!.silo === undefined ? '' : `on ${status.value!.silo}`);
  return (
    <p class="tile-state" title={silo}>
      <StateBadge state={state.value} />
      <span class="unseen">{silo}</span>
      <span class="tile-age">{age}</span>
    </p>
  );
}

// ---- class and sparkline, or why there is none

function Body({ video, isVisible }: { video: LiveVideo; isVisible: ReadonlySignal<boolean> }) {
  const kind = useComputed(() => {
    const { state } = video.status.value!;
    const isCutOff = state === 'failed' || state === 'reconnecting' || state === 'stalled';
    return isCutOff || video.latest.value === null ? 'why' : 'class';
  });
  return kind.value === 'why' ? <Why status={video.status} /> : <TopClass video={video} isVisible={isVisible} />;
}

function Why({ status }: { status: Signal<VideoStatus | null> }) {
  const reason = useComputed(() => reasonOf(status.value!));
  const next = useComputed(() => nextOf(status.value!, serverTime(now.value)));
  return (
    <div class="tile-body tile-why">
      <p class="tile-reason" title={reason}>{reason}</p>
      <p class="tile-next">{next}</p>
    </div>
  );
}

function reasonOf(status: VideoStatus): string {
  const { state, reason, lastSequence } = status;
  if (state === 'live' || state === 'ended' || state === 'paused')
    return lastSequence === undefined ? sentence(noWindowWords(status, 0).title) : 'The latest update is on its way.';
  // What comes next has a line of its own, which a long reason must not push out of sight.
  return reason !== undefined ? sentence(reason) : comesNext(state) ? '' : stateWords(status, 0);
}

/** @param serverNow The server's clock, milliseconds since the epoch. */
function nextOf(status: VideoStatus, serverNow: number): string {
  const { reason: _, ...rest } = status;
  return comesNext(status.state) ? stateWords(rest, serverNow) : '';
}

function comesNext(state: VideoState): boolean {
  return state === 'reconnecting' || state === 'stalled';
}

/** The drawn window and what it says of the top class. */
function TopClass({ video, isVisible }: { video: LiveVideo; isVisible: ReadonlySignal<boolean> }) {
  const { change } = watchOf(video);
  const drawing = useMemo(sparkline, []);
  const shown = useSignal(video.latest.peek());
  const scale = useSignal('');
  // Off the screen nothing is drawn, and an update costs next to nothing.
  useSignalEffect(() => {
    const update = isVisible.value ? video.latest.value : null;
    if (update === null) return;
    shown.value = update;
    const [low, high] = drawing.update(update.classes[0]!.esv);
    scale.value = `${tick(low)} to ${tick(high)}`;
  });
  const name = useComputed(() => shown.value?.classes[0]!.name ?? '');
  const score = useComputed(() => shown.value ? plain(shown.value.classes[0]!.score) : '');
  const supporting = useComputed(() => {
    const esv = shown.value?.classes[0]!.esv ?? [];
    return `${countSupporting(esv)} of ${esv.length} supporting`;
  });
  const changed = useComputed(() => {
    if (change.value === null) return '';
    return `${duration(Math.max(0, now.value - change.value.at))} ago: ${change.value.from}`;
  });
  const isFresh = useComputed(() => change.value !== null && now.value - change.value.at < FRESH_MS);
  const rowClass = useComputed(() => isFresh.value ? 'tile-class tile-class-fresh' : 'tile-class');
  return (
    <div class="tile-body">
      <p class={rowClass}>
        <span class="tile-class-name" title={name}>{name}</span>
        <span class="tile-score">{score}</span>
      </p>
      <div class="tile-spark">
        <Drawn node={drawing.element} class="tile-spark-box" />
      </div>
      <p class="tile-window">
        <span>{supporting}</span>
        <span class="tile-scale"><i>φ</i> {scale}</span>
      </p>
      <p class="tile-changed" title={changed}>{changed}</p>
    </div>
  );
}

/** So long a new top class is marked as new. */
const FRESH_MS = 8000;

function tick(value: number): string {
  return `${value < 0 ? MINUS : '+'}${Number(Math.abs(value).toPrecision(2))}`;
}

// ---- figures

function Figures({ video }: { video: LiveVideo }) {
  const { status } = video;
  const rate = useComputed(() => isRunning(status.value!.state) ? quantity(status.value!.updatesPerSecond) : '–');
  const latency = useComputed(() => status.value!.latency ? `${quantity(status.value!.latency.p95Ms)} ms` : '–');
  const dropped = useComputed(() => grouped(status.value!.droppedFrames));
  const isRising = useComputed(() => dropsAreRising(video));
  const notes = useComputed(() => notesOf(status.value!));
  const isWarned = useComputed(() => status.value!.state === 'live');
  return (
    <>
      <dl class="tile-figures figures">
        <div><dt><span class="tile-long">updates</span>/s</dt><dd>{rate}</dd></div>
        <div><dt>p95<span class="tile-long"> latency</span></dt><dd>{latency}</dd></div>
        <div class={isRising.value ? 'tile-warning' : undefined}>
          <dt>dropped<span class="unseen">{isRising.value ? ', rising' : ''}</span></dt><dd>{dropped}</dd>
        </div>
      </dl>
      {notes.value !== '' && (
        <p class={isWarned.value ? 'tile-note tile-note-warning' : 'tile-note'} title={notes}>{notes}</p>
      )}
    </>
  );
}

/** What is not as it was asked for, though updates come. */
function notesOf({ state, reason, quality }: VideoStatus): string {
  const notes: string[] = [];
  if (quality.level > 0) {
    notes.push(`Quality level ${quality.level}.`);
    if (quality.reason !== undefined) notes.push(sentence(quality.reason));
  }
  if (reason !== undefined && (state === 'live' || state === 'ended' || state === 'paused'))
    notes.push(sentence(reason));
  return notes.join(' ');
}

function sentence(text: string): string {
  const full = /[.!?]$/.test(text) ? text : `${text}.`;
  return full[0]!.toUpperCase() + full.slice(1);
}

function dropsAreRising(video: LiveVideo): boolean {
  const at = watchOf(video).droppedAt.value;
  return at !== null && now.value - at < DROPS_RISING_MS;
}

// ---- on screen or not

const onScreen = new Map<Element, Signal<boolean>>();
// A little before it comes into view, so that no empty tile is seen while scrolling.
const observer = new IntersectionObserver(entries => {
  for (const { target, isIntersecting } of entries) {
    const visible = onScreen.get(target);
    if (visible) visible.value = isIntersecting;
  }
}, { rootMargin: '200px' });

function useOnScreen(box: RefObject<Element | null>): ReadonlySignal<boolean> {
  const isVisible = useSignal(false);
  useEffect(() => {
    const element = box.current!;
    onScreen.set(element, isVisible);
    observer.observe(element);
    return () => {
      observer.unobserve(element);
      onScreen.delete(element);
    };
  }, []);
  return isVisible;
}
