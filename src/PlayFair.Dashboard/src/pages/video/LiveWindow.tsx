import type { ComponentChildren } from 'preact';
import { useEffect } from 'preact/hooks';
import { href } from '../../address';
import { announce } from '../../announce';
import { thumbnailUrl } from '../../api/client';
import type { AttributionUpdate } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import type { LiveVideo } from '../../live/feed';
import { mayManage } from '../../session';
import { clock, count, duration } from '../../words';
import { plain } from '../../../drawing/esv-drawing.js';
import { ClipBar } from './ClipBar';
import { useClip, type ShownClip } from './clip';
import { useShownUpdate, type Shown } from './shown';
import { noWindowWords } from './state';
import { useNow } from './VideoHeader';
import { changeView, currentView } from './view';
import { WindowNumbers } from './WindowNumbers';
import { WindowPanels } from './WindowPanels';

/** The widest picture that the server gives. */
const LARGE_WIDTH = 640;

/** The window that the view is of, or the whole clip, with what stands between its panels and its numbers. */
export function LiveWindow({ video, children }: { video: LiveVideo; children: ComponentChildren }) {
  const window = useShownUpdate(video);
  const clip = useClip(video, currentView().clip);
  const shown = clip ?? window;
  const { update, problem } = shown;
  useEffect(() => listen(video), [video]);
  useStaleFrame(shown);
  // Larger ones of files only: of live sources the model's size is all there is.
  const isFile = video.status.value?.isLive === false;
  const extra = update === null || clip ? [] : definitionFacts(video);
  return (
    <>
      <ClipBar video={video} />
      {clip ? <ClipHead clip={clip} /> : (update || !shown.isLive) && <Playback video={video} shown={window} />}
      {problem && clip && <ProblemNotice problem={problem} retry={clip.retry} />}
      {problem && !clip && (
        <div class="video-problem">
          <ProblemNotice problem={problem} />
          <button type="button" class="quiet" onClick={catchUp}>Show the newest update</button>
        </div>
      )}
      {update && (
        <WindowPanels update={update} title={video.status.value?.definition.title} isLive={shown.isLive}
          largePicture={isFile ? at => thumbnailUrl(update.video, update.frameIndices[at]!, LARGE_WIDTH) : undefined} />
      )}
      {!update && !problem && (clip ? <Notice kind="loading" title="Attributing the whole clip" />
        : <NoWindow video={video} shown={window} />)}
      {children}
      {update && <WindowNumbers update={update} isLive={shown.isLive} facts={extra} />}
    </>
  );
}

/** A frame that left the live window is no longer looked at; the address says so too. */
function useStaleFrame({ update, isLive }: Pick<Shown, 'update' | 'isLive'>): void {
  const { frame } = currentView();
  const isStale = isLive && update !== null && frame !== null && frame < update.frameIndices[0]!;
  useEffect(() => {
    if (isStale) changeView({ frame: null });
  }, [isStale]);
}

function NoWindow({ video, shown }: { video: LiveVideo; shown: Shown }) {
  const status = video.status.value;
  const now = useNow(status?.state === 'reconnecting' || status?.state === 'stalled');
  if (shown.isLoading) return <Notice kind="loading" title="Loading the update" />;
  if (!status) return <Notice kind="loading" title="Connecting" />;
  if (status.lastSequence !== undefined) return <Notice kind="loading" title="Loading the newest update" />;
  const { kind, title, words, filled } = noWindowWords(status, now);
  return (
    <Notice kind={kind} title={title}>
      {words}
      {filled !== null && <progress class="video-filling" value={filled} max={1} aria-label="How full the window is" />}
      {status.state === 'failed' && mayManage() && (
        <> <a href={href(['videos', video.id, 'edit'])}>Change the video</a> or remove it there.</>
      )}
    </Notice>
  );
}

function ClipHead({ clip: { update, frames, isLoading } }: { clip: ShownClip }) {
  const first = update?.classes[0];
  return (
    <section class="video-playback" aria-label="Shown clip">
      <p class="video-prediction">
        {first && (
          <>
            <span class="video-predicted">Predicted </span>
            <strong>{first.name}</strong>
            <span class="video-score">{plain(first.score)}</span>
          </>
        )}
      </p>
      <p class="video-moment">
        <span class="video-mode">Whole clip</span>{' '}
        in {count(update?.frameIndices.length ?? frames, 'frame')}, sampled uniformly
        {isLoading && ' · loading'}
      </p>
    </section>
  );
}

// ---- pausing and stepping

function Playback({ video, shown }: { video: LiveVideo; shown: Shown }) {
  const { update, isLive, behind } = shown;
  const first = update?.classes[0];
  const newest = video.latest.value?.sequence ?? null;
  return (
    <section class="video-playback" aria-label="Shown update">
      <p class="video-prediction">
        {first && update && (
          <>
            <span class="video-predicted">Predicted </span>
            <strong>{first.name}</strong>
            <span class="video-score">{plain(first.score)}</span>
          </>
        )}
      </p>
      <p class="video-moment">{update && <Moment update={update} newest={video.latest.value} shown={shown} />}</p>
      <div class="video-buttons">
        <button type="button" class={isLive ? 'quiet' : 'strong'} disabled={!update && isLive}
          aria-keyshortcuts="Space" onClick={() => toggle(video)}>
          <span class={`video-sign video-sign-${isLive ? 'pause' : 'play'}`} aria-hidden="true" />
          {isLive ? 'Pause' : 'Catch up'}
        </button>
        <button type="button" class="quiet video-step" aria-label="Previous update" aria-keyshortcuts=","
          aria-disabled={!update || update.sequence <= 0} onClick={() => step(video, -1)}>‹</button>
        <button type="button" class="quiet video-step" aria-label="Next update" aria-keyshortcuts="."
          aria-disabled={isLive || newest === null || behind === 0} onClick={() => step(video, 1)}>›</button>
        <Keys />
      </div>
    </section>
  );
}

function Moment({ update, newest, shown: { isLive, behind, isLoading } }: {
  update: AttributionUpdate; newest: AttributionUpdate | null; shown: Shown;
}) {
  const span = newest ? Date.parse(newest.arrivedAt) - Date.parse(update.arrivedAt) : 0;
  return (
    <>
      <span class="video-mode">{isLive ? 'Newest' : 'Paused'}</span>{' '}
      update {update.sequence}, {clock(update.arrivedAt, true)}
      {!isLive && ' · '}
      {!isLive && <b>{behind === 0 ? 'the newest' : `${count(behind, 'update')} behind`}</b>}
      {!isLive && span >= 1000 && ` (${duration(span)})`}
      {isLoading && ' · loading'}
    </>
  );
}

function Keys() {
  return (
    <details class="video-keys">
      <summary>Keys</summary>
      <dl>
        <div><dt><kbd>Space</kbd></dt><dd>pause; catch up</dd></div>
        <div><dt><kbd>,</kbd> <kbd>.</kbd></dt><dd>previous, next update</dd></div>
        <div><dt><kbd>←</kbd> <kbd>→</kbd></dt><dd>previous, next frame, in the strip and the curves</dd></div>
        <div><dt><kbd>Page</kbd></dt><dd>ten frames</dd></div>
        <div><dt><kbd>Home</kbd> <kbd>End</kbd></dt><dd>oldest, newest frame</dd></div>
      </dl>
    </details>
  );
}

function shownSequence(video: LiveVideo): number | null {
  return currentView().at ?? video.latest.peek()?.sequence ?? null;
}

function toggle(video: LiveVideo): void {
  if (currentView().at !== null) {
    catchUp();
    return;
  }
  const sequence = shownSequence(video);
  if (sequence === null) return;
  announce(`Paused at update ${sequence}`);
  changeView({ at: sequence });
}

function catchUp(): void {
  announce('Showing the newest update');
  changeView({ at: null });
}

function step(video: LiveVideo, by: -1 | 1): void {
  const sequence = shownSequence(video);
  const newest = video.latest.peek()?.sequence;
  if (sequence === null || sequence + by < 0 || newest === undefined || sequence + by > newest) return;
  changeView({ at: sequence + by });
}

/** Keys that hold wherever the focus is, but where something else takes them. */
function listen(video: LiveVideo): () => void {
  const onKey = (event: KeyboardEvent) => {
    // A clip does not go on.
    if (currentView().clip !== null) return;
    if (event.defaultPrevented || event.altKey || event.ctrlKey || event.metaKey) return;
    const target = event.target as Element;
    if (target.closest('input:not([type="radio"]), select, textarea, video, [contenteditable]')) return;
    if (event.key === ' ') {
      if (target.closest('button, summary, input, a[role="button"]')) return;
      toggle(video);
    } else if (event.key === ',') step(video, -1);
    else if (event.key === '.') step(video, 1);
    else return;
    event.preventDefault();
  };
  addEventListener('keydown', onKey);
  return () => removeEventListener('keydown', onKey);
}

// ---- facts of the definition, which updates do not have

function definitionFacts(video: LiveVideo): [string, string][] {
  const definition = video.status.value?.definition;
  if (!definition) return [];
  return [
    ['Stride', definition.stride === 1 ? 'every frame' : `every ${definition.stride} frames`],
    ['Seed', String(definition.seed)],
    ['Classes reported', definition.classes.join(', ')],
  ];
}
