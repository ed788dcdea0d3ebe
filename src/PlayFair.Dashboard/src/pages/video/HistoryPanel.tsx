import { computed, useComputed, useSignal, type ReadonlySignal, type Signal } from '@preact/signals';
import { useCallback, useEffect, useId, useLayoutEffect, useMemo, useRef, useState } from 'preact/hooks';
import { plain, STYLE_COUNT, time } from '../../../drawing/esv-drawing.js';
import { announce } from '../../announce';
import { api, ServerProblem } from '../../api/client';
import type { AttributionUpdate } from '../../api/contracts';
import { useColours } from '../../components/colours';
import { useSize } from '../../components/Drawn';
import { Notice, ProblemNotice } from '../../components/Notice';
import { SeriesIcon } from '../../components/SeriesIcon';
import { download } from '../../download';
import type { LiveVideo } from '../../live/feed';
import { clock, count, grouped } from '../../words';
import { type AxisKind, isoOf } from './history/axis';
import { exportUrl, fetchAndSave, fileName, isLinkEnough } from './history/exports';
import { FilePlayer } from './history/FilePlayer';
import { HistoryFeed } from './history/HistoryFeed';
import { parseJump } from './history/jump';
import { type Share, sharesOf } from './history/segments';
import { type Controls, type Shown, Timeline } from './history/Timeline';
import { hatchOf, type Tint } from './history/TimelineChart';
import type { Track } from './history/timelineData';
import { useShownUpdate } from './shown';
import { changeView, currentView } from './view';
import './history.css';

/** The whole history as a timeline, and the file playing in step where there is one. */
export function HistoryPanel({ video }: { video: LiveVideo }) {
  const isLive = useComputed(() => video.status.value?.isLive ?? true);
  const feed = useMemo(() => new HistoryFeed(video), [video]);
  useEffect(() => () => feed.dispose(), [feed]);
  const moment = useSignal<AttributionUpdate | null>(null);
  return (
    <div class={isLive.value ? 'history' : 'history history-file'}>
      <Moment video={video} moment={moment} />
      <TimelinePanel video={video} feed={feed} isLive={isLive.value} moment={moment} />
      {!isLive.value && <FilePlayer video={video} feed={feed} moment={moment} />}
    </div>
  );
}

/** Tells of the update shown, and is all that renders with each. */
function Moment({ video, moment }: { video: LiveVideo; moment: Signal<AttributionUpdate | null> }) {
  const { update } = useShownUpdate(video);
  useLayoutEffect(() => { moment.value = update; }, [update]);
  return null;
}

function TimelinePanel({ video, feed, isLive, moment }: {
  video: LiveVideo; feed: HistoryFeed; isLive: boolean; moment: ReadonlySignal<AttributionUpdate | null>;
}) {
  const heading = useId();
  const [controls, setControls] = useState<Controls | null>(null);
  const body = useRef<HTMLDivElement>(null);
  const { width } = useSize(body);
  const isEmpty = useComputed(() => (feed.history.value?.samples.length ?? 0) === 0);
  return (
    <section class="panel history-panel" aria-labelledby={heading}>
      <div class="history-head">
        <h2 id={heading}>History</h2>
        <Period feed={feed} controls={controls} />
        <div class="history-tools" hidden={isEmpty.value}>
          {!isLive && <AxisChoice video={video} />}
          <Jump video={video} feed={feed} controls={controls} />
          <ZoomButtons controls={controls} />
        </div>
      </div>
      <div ref={body} class="history-body">
        {isEmpty.value ? <Nothing video={video} feed={feed} width={width} />
          : width > 0 && (
            <Filled
              video={video} feed={feed} moment={moment} width={width} controls={controls} setControls={setControls}
            />
          )}
      </div>
      {isLive && !isEmpty.value && (
        <p class="hint">
          A live source has no film to play again; the frames’ pictures stay with the history as far as they are kept.
        </p>
      )}
    </section>
  );
}

// ---- what is shown

function Nothing({ video, feed, width }: { video: LiveVideo; feed: HistoryFeed; width: number }) {
  // Nothing is drawn that would say how wide it is.
  useEffect(() => feed.show(axisOf(video), null, width), [feed, width]);
  const { problem, isLoading, isStored } = feed.state.value;
  if (problem) return <ProblemNotice problem={problem} retry={() => void feed.reload()} />;
  if (isLoading) return <Notice kind="loading" title="Loading the history" />;
  if (isStored) return <Notice kind="empty" title="No history yet">It begins with the first full window.</Notice>;
  return (
    <Notice kind="empty" title="This server keeps no history">
      What comes while this page is open will be shown here.
    </Notice>
  );
}

function Filled({ video, feed, moment, width, controls, setControls }: {
  video: LiveVideo;
  feed: HistoryFeed;
  moment: ReadonlySignal<AttributionUpdate | null>;
  width: number;
  controls: Controls | null;
  setControls: (controls: Controls | null) => void;
}) {
  const colours = useColours();
  const chosenKey = useComputed(() => currentView().classes?.join() ?? '').value;
  const contrastKey = useComputed(() => currentView().contrast?.join() ?? '').value;
  const axis = useComputed(() => axisOf(video)).value;
  const isLogit = useComputed(
    () => (video.latest.value?.score ?? video.status.value?.definition.score) === 'logit').value;
  const shares = useShares(feed, controls);
  const dominant = useMemo(() => computed(() => shares.value[0]?.index ?? -1), [shares]).value;
  const chosen = useMemo(() => numbers(chosenKey), [chosenKey]);
  const contrast = useMemo(() => numbers(contrastKey), [contrastKey]);

  const nameOf = useNames(video, feed);
  const trackTitle = contrast.length === 2
    ? `δ of each frame: mean φ of ${nameOf(contrast[0]!)} minus that of ${nameOf(contrast[1]!)}`
    : chosen.length > 0 ? `Mean φ of each frame for ${nameOf(chosen[0]!)}`
    : `Mean φ of each frame for ${nameOf(dominant)}, the class predicted longest here`;
  const shown = useMemo((): Shown => ({
    trackTitle,
    axis,
    isLogit,
    curves: chosen.length === 0 ? [{ index: null, style: 0 }] : chosen.map((index, style) => ({ index, style })),
    valueOf: contrast.length === 2 ? track => difference(meanOf(track, contrast[0]!), meanOf(track, contrast[1]!))
      : track => meanOf(track, chosen[0] ?? dominant),
  }), [axis, isLogit, chosen, contrast, dominant, trackTitle]);
  const tintOf = useCallback((index: number): Tint => {
    if (chosen.length === 0) return { series: 1 + index % (STYLE_COUNT - 1), isStrong: true };
    const style = chosen.indexOf(index);
    return { series: style, isStrong: style >= 0 };
  }, [chosen]);
  const momentText = useMomentText(moment, axis);

  return (
    <>
      <ul class="history-legend" aria-label="Curves">
        {chosen.length === 0 ? <li>Score of the top class</li>
          : chosen.map((index, style) => <li key={index}><SeriesIcon style={style} /> Score of {nameOf(index)}</li>)}
      </ul>
      <Timeline
        video={video} feed={feed} shown={shown} tintOf={tintOf} colours={colours} width={width} momentText={momentText}
        controls={setControls}
      />
      <p class="unseen">{trackTitle}.</p>
      <Shares shares={shares} tintOf={tintOf} chosen={chosen} />
      <Honesty feed={feed} />
      <Export video={video} feed={feed} controls={controls} legend={() => chosen.length === 0
        ? [{ text: 'Score of the top class', style: null }]
        : chosen.map((index, style) => ({ text: nameOf(index), style }))} />
      <p class="hint history-keys" id="timeline-keys">
        Click to jump, drag or turn the wheel to zoom. Keys: ← → one update, with Shift the next prediction, Page up and
        down, Home, End, + − zoom, 0 all.
      </p>
    </>
  );
}

function numbers(list: string): number[] {
  return list === '' ? [] : list.split(',').map(Number);
}

function meanOf(track: Track, index: number): number | null {
  return track.classes.find(c => c.index === index)?.mean ?? null;
}

function difference(a: number | null, b: number | null): number | null {
  return a === null || b === null ? null : a - b;
}

/** A file that is read at once has its updates within a moment, so that only its own time tells them apart. */
function axisOf(video: LiveVideo): AxisKind {
  const status = video.status.value;
  if (status?.isLive ?? true) return 'arrival';
  return currentView().axis ?? (status!.definition.pace === 'fast' ? 'video' : 'arrival');
}

function useNames(video: LiveVideo, feed: HistoryFeed): (index: number) => string {
  return index => {
    const named = video.latest.peek()?.classes.find(c => c.index === index);
    if (named) return named.name;
    const history = feed.history.peek();
    const segment = history?.segments.find(s => s.class === index);
    if (segment) return segment.name;
    for (const sample of history?.samples ?? []) {
      const found = sample.classes.find(c => c.index === index);
      if (found) return found.name;
    }
    return index < 0 ? 'the top class' : `class ${index}`;
  };
}

function useMomentText(moment: ReadonlySignal<AttributionUpdate | null>, axis: AxisKind): ReadonlySignal<string> {
  return useMemo(() => computed(() => {
    const { at } = currentView();
    // The newest in words would change with every update, and a screen reader never fall silent.
    if (at === null) return 'the newest update, as it comes';
    const update = moment.value;
    if (update?.sequence !== at) return `update ${at}`;
    const when = axis === 'video' ? time(update.frameTimes.at(-1)!) : clock(update.arrivedAt, true);
    const top = update.classes[0];
    return `${when}, update ${at}${top ? `, ${top.name} ${plain(top.score)}` : ''}`;
  }), [moment, axis]);
}

// ---- predicted classes in the period

function useShares(feed: HistoryFeed, controls: Controls | null): ReadonlySignal<Share[]> {
  return useMemo(() => computed(() => {
    const history = feed.history.value;
    const span = controls?.domain.value ?? history?.whole ?? null;
    if (history === null || span === null) return [];
    const [first, last] = [history.sequenceAt(span[0]), history.sequenceAt(span[1])];
    return first === null || last === null ? [] : sharesOf(history.segments, first, last);
  }), [feed, controls]);
}

const MOST_SHARES = 6;

/** Which classes the period's windows were taken for; each can be added to those compared. */
function Shares({ shares, tintOf, chosen }: {
  shares: ReadonlySignal<Share[]>; tintOf: (index: number) => Tint; chosen: readonly number[];
}) {
  const rows = useMemo(() => computed(() => {
    const all = shares.value;
    const total = all.reduce((sum, share) => sum + share.updateCount, 0);
    // As text, so that only what reads differently is rendered again.
    return JSON.stringify(all.slice(0, MOST_SHARES).map(({ index, name, updateCount }) =>
      [index, name, updateCount / total < 0.005 ? '<\u202f1 %' : `${Math.round(100 * updateCount / total)} %`])
      .concat(all.length <= MOST_SHARES ? []
        : [[-1, count(all.length - MOST_SHARES, 'other class', 'other classes'), '']]));
  }), [shares]).value;
  const choose = (index: number) => {
    const { classes } = currentView();
    const next = classes?.includes(index) ? classes.filter(c => c !== index) : [...classes ?? [], index];
    changeView({ classes: next.length > 0 ? next : null });
  };
  return (
    <ul class="history-shares" aria-label="Predicted classes in the period shown, by share of updates">
      {(JSON.parse(rows) as [number, string, string][]).map(([index, name, share]) => (
        <li key={index}>
          {index < 0 ? name : (
            <button
              type="button" class="history-share" aria-pressed={chosen.includes(index)} onClick={() => choose(index)}
            >
              <Swatch index={index} tint={tintOf(index)} /> {name} <span class="figures">{share}</span>
            </button>
          )}
        </li>
      ))}
    </ul>
  );
}

function Swatch({ index, tint }: { index: number; tint: Tint }) {
  const series = tint.series < 0 ? 'none' : tint.series % STYLE_COUNT;
  return <span class={`history-swatch series-${series} history-hatch-${hatchOf(index)}`} aria-hidden="true" />;
}

// ---- words about what is shown

function Period({ feed, controls }: { feed: HistoryFeed; controls: Controls | null }) {
  const text = useMemo(() => computed(() => {
    const [history, domain] = [feed.history.value, controls?.domain.value ?? null];
    if (history === null || domain === null) return '';
    const isShort = domain[1] - domain[0] < 30_000;
    const write = (x: number) => history.axis === 'video' ? time(x / 1000) : clock(x, isShort);
    return `${write(domain[0])} to ${write(domain[1])}`;
  }), [feed, controls]);
  return <p class="history-period figures">{text}</p>;
}

/** Whether something is left out, and what; or why there is no more than what the stream brought. */
function Honesty({ feed }: { feed: HistoryFeed }) {
  const problem = useComputed(() => feed.state.value.problem).value;
  const words = useComputed(() => {
    const { updatesPerPoint, joinedSegments, isStored } = feed.state.value;
    const segments = joinedSegments === 0 ? 'predictions are exact'
      : `the ${grouped(joinedSegments)} shortest predictions are joined with their neighbours`;
    const earlier = feed.history.value?.earlierCount ?? 0;
    return [
      updatesPerPoint <= 1 ? 'Every update is shown.'
        : `One update in ${grouped(updatesPerPoint)} is shown; ${segments}. Zoom in for all.`,
      earlier > 0 && 'Updates of an earlier reading of the file are left out here; the time of arrival has them.',
      !isStored && 'This server keeps no history: the newest updates are all there is.',
    ].filter(Boolean).join(' ');
  });
  const isLoading = useComputed(() => feed.state.value.isLoading);
  const loading = isLoading.value && <span class="history-loading"> Loading…</span>;
  if (problem === null) return <p class="hint">{words}{loading}</p>;
  return (
    <p class="history-problem" role="alert">
      The server does not answer for this period: {problem.detail}{' '}
      <button type="button" class="quiet" onClick={() => void feed.reload()}>Try again</button>{loading}
    </p>
  );
}

// ---- controls

function AxisChoice({ video }: { video: LiveVideo }) {
  const axis = useComputed(() => axisOf(video)).value;
  const name = useId();
  return (
    <fieldset class="choice">
      <legend class="unseen">Time axis</legend>
      {(['arrival', 'video'] as const).map(kind => (
        <label key={kind}>
          <input type="radio" name={name} checked={axis === kind} onChange={() => changeView({ axis: kind })} />
          <span>{kind === 'arrival' ? 'Arrival' : 'Video time'}</span>
        </label>
      ))}
    </fieldset>
  );
}

function ZoomButtons({ controls }: { controls: Controls | null }) {
  const isZoomed = controls?.isZoomed.value ?? false;
  const button = (sign: string, name: string, isPossible: boolean, act: (controls: Controls) => void) => (
    <button
      type="button" class="quiet" aria-label={name} title={name} aria-disabled={!isPossible}
      onClick={() => { if (controls && isPossible) act(controls); }}
    >{sign}</button>
  );
  return (
    <div class="history-zoom" role="group" aria-label="Period shown">
      {button('←', 'Earlier', isZoomed, it => it.moveBy(-0.5))}
      {button('−', 'Zoom out', isZoomed, it => it.zoomBy(2))}
      {button('+', 'Zoom in', controls !== null, it => it.zoomBy(0.5))}
      {button('→', 'Later', isZoomed, it => it.moveBy(0.5))}
      {button('All', 'All of the history', isZoomed, it => it.showAll())}
    </div>
  );
}

function Jump({ video, feed, controls }: { video: LiveVideo; feed: HistoryFeed; controls: Controls | null }) {
  const [text, setText] = useState('');
  const [problem, setProblem] = useState<string | null>(null);
  const asking = useRef<AbortController | null>(null);
  const id = useId();
  useEffect(() => () => asking.current?.abort(), []);
  const jump = async (event: Event) => {
    event.preventDefault();
    asking.current?.abort();
    const { signal } = asking.current = new AbortController();
    // Before that only the newest is known, and every moment would seem to lie outside.
    await feed.loaded();
    const history = feed.history.peek();
    if (signal.aborted || history === null || history.samples.length === 0) return;
    const wanted = parseJump(text, axisOf(video), history.samples.at(-1)!.at);
    if (wanted.kind === 'problem') {
      setProblem(wanted.text);
      return;
    }
    try {
      const [first, last] = [history.samples[0]!, history.samples.at(-1)!];
      let at: number;
      if (wanted.kind === 'sequence') at = wanted.sequence;
      else if (wanted.kind === 'video') at = await feed.findSeconds(wanted.seconds, signal) ?? last.sequence;
      else {
        const from = isoOf(wanted.at);
        at = (await api.history(video.id, { from, limit: 1 }, signal))[0]?.sequence ?? last.sequence;
      }
      if (signal.aborted) return;
      at = Math.min(Math.max(at, first.sequence), last.sequence);
      changeView({ at, frame: null, clip: null });
      controls?.showWith(history.xOfSequence(at));
      setProblem(outsideWords(wanted, first, last));
      announce(`Update ${at} is shown`);
    } catch (error) {
      if (!signal.aborted) setProblem(error instanceof ServerProblem ? error.detail : String(error));
    }
  };
  return (
    <form class="history-jump" onSubmit={event => void jump(event)}>
      <input
        type="text" value={text} aria-label="Jump to a time or an update" placeholder="14:03:07, 1:02.5, 1701"
        aria-describedby={problem === null ? undefined : id} aria-invalid={problem !== null}
        onInput={event => { setText(event.currentTarget.value); setProblem(null); }}
      />
      <button type="submit" class="quiet">Jump</button>
      {problem !== null && <p class="field-problem" id={id} role="alert">{problem}</p>}
    </form>
  );
}

/** What is shown in place of a moment that the history does not hold. */
function outsideWords(
  wanted: { kind: 'sequence'; sequence: number } | { kind: 'arrival'; at: number } | { kind: 'video'; seconds: number },
  first: { sequence: number; at: number; seconds: number }, last: { sequence: number; at: number; seconds: number },
): string | null {
  const [value, low, high] = wanted.kind === 'sequence' ? [wanted.sequence, first.sequence, last.sequence]
    : wanted.kind === 'arrival' ? [wanted.at, first.at, last.at]
    : [wanted.seconds, Math.min(first.seconds, last.seconds), last.seconds];
  if (value >= Math.floor(low) && value <= high) return null;
  return value < low ? 'The history begins later: its first update is shown.'
    : 'The history ends before that: its newest update is shown.';
}

function Export({ video, feed, controls, legend }: {
  video: LiveVideo; feed: HistoryFeed; controls: Controls | null;
  legend: () => { text: string; style: number | null }[];
}) {
  const [state, setState] = useState<{ busy: boolean; problem: string | null }>({ busy: false, problem: null });
  const zoomKey = useComputed(() => currentView().zoom?.join() ?? '').value;
  const zoom = useMemo(() => currentView().zoom, [zoomKey]);
  const run = async (work: () => Promise<void>) => {
    setState({ busy: true, problem: null });
    try {
      await work();
      setState({ busy: false, problem: null });
    } catch (error) {
      setState({ busy: false, problem: error instanceof ServerProblem ? error.detail : String(error) });
    }
  };
  const link = (format: 'csv' | 'jsonl', text: string) => {
    const [url, name] = [exportUrl(video.id, format, zoom), fileName(video.id, zoom, format)];
    return (
      <a class="button" href={url} download={name} onClick={event => {
        if (isLinkEnough()) return;
        event.preventDefault();
        if (!state.busy) void run(() => fetchAndSave(url, name));
      }}>{text}</a>
    );
  };
  const png = () => run(async () => {
    const [history, domain] = [feed.history.peek(), controls?.domain.peek() ?? null];
    if (controls === null || history === null || domain === null) return;
    const write = (x: number) => history.axis === 'video' ? `video time ${time(x / 1000)}` : clock(x);
    const title = video.status.peek()?.definition.title ?? video.id;
    const blob = await controls.picture([title, `${write(domain[0])} to ${write(domain[1])}`], legend());
    download(blob, fileName(video.id, zoom, 'png'));
  });
  return (
    <div class="history-export" role="group" aria-label="Export the period shown">
      <span class="hint">Export {zoom === null ? 'the whole history' : 'the period shown'}</span>
      {link('csv', 'CSV')}
      {link('jsonl', 'JSON Lines')}
      <button type="button" class="quiet" onClick={() => void png()}>PNG</button>
      {state.busy && <span class="hint" role="status">Preparing the file…</span>}
      {state.problem !== null && <span class="field-problem" role="alert">{state.problem}</span>}
    </div>
  );
}
