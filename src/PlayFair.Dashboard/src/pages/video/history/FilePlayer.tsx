import { effect, useComputed, type ReadonlySignal } from '@preact/signals';
import { useEffect, useId, useRef, useState } from 'preact/hooks';
import { time } from '../../../../drawing/esv-drawing.js';
import { mediaUrl, send, ServerProblem, thumbnailUrl } from '../../../api/client';
import type { AttributionUpdate } from '../../../api/contracts';
import { Notice } from '../../../components/Notice';
import type { LiveVideo } from '../../../live/feed';
import { changeView, currentView, framePosition } from '../view';
import type { HistoryFeed } from './HistoryFeed';
import { correction, filmTime, sourceTime } from './playback';

/** Into the frame, so that rounding shows none before it. */
const INSIDE_FRAME = 0.01;
/** Without an update for so long the source stands still, and so does the film. */
const STILL_MS = 2500;
/** How often the moment shown follows the film. */
const FOLLOW_MS = 125;

/** The file itself, in step with the curves: it follows them, and they follow whoever plays or seeks it. */
export function FilePlayer({ video, feed, moment }: {
  video: LiveVideo; feed: HistoryFeed;
  /** The update shown. */
  moment: ReadonlySignal<AttributionUpdate | null>;
}) {
  const heading = useId();
  const film = useRef<HTMLVideoElement>(null);
  const [problem, setProblem] = useState<string | null>(null);
  const loops = useComputed(() => video.status.value?.definition.loop ?? false).value;
  const isClip = useComputed(() => currentView().clip !== null).value;
  const isBack = useComputed(() => currentView().at !== null).value;
  const state = useComputed(() => video.status.value?.state).value;

  useEffect(() => {
    if (problem !== null) return;
    const step = new Step(video, feed, moment, film.current!);
    return () => step.dispose();
  }, [video, feed, moment, problem === null]);

  return (
    <section class="panel history-film" aria-labelledby={heading}>
      <h2 id={heading}>The file</h2>
      {problem === null ? (
        <video
          ref={film} src={mediaUrl(video.id)} muted playsInline controls disablePictureInPicture preload="auto"
          loop={loops || isClip} aria-label="The file, in step with the curves"
          onError={() => void why(video.id).then(setProblem)}
        />
      ) : (
        <>
          <FramePicture video={video} moment={moment} />
          <Notice
            kind="problem" title="The file cannot be played here"
            action={{ text: 'Try again', do: () => setProblem(null) }}
          >
            {problem} The frames’ pictures stand in for it.
          </Notice>
        </>
      )}
      {problem === null && <p class="hint">{isClip ? 'The whole clip, over and over.'
        : wantsStill() ? 'It does not play by itself, as your system asks for less motion.'
        : isBack ? 'It stands at the frame shown; play or move it, and the curves follow.'
        : state === 'live' ? 'It plays along with the newest frame; play or move it yourself to look back.'
        : 'Play or move it, and the curves follow.'}</p>}
    </section>
  );
}

function wantsStill(): boolean {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}

/** Browsers pause films too, to save power for one. */
function isUserThere(): boolean {
  return navigator.userActivation?.isActive ?? true;
}

/** The frame looked at, where there is no film. */
function FramePicture({ video, moment }: { video: LiveVideo; moment: ReadonlySignal<AttributionUpdate | null> }) {
  const [missing, setMissing] = useState<number | null>(null);
  const update = moment.value;
  if (update === null) return null;
  const position = framePosition(update, currentView());
  const frame = update.frameIndices[position]!;
  if (missing === frame) return <p class="history-still-missing">No picture of frame {frame} is kept.</p>;
  return (
    <img
      class="history-still" src={thumbnailUrl(video.id, frame, 640)}
      alt={`Frame ${frame} at ${time(update.frameTimes[position]!)}`} onError={() => setMissing(frame)}
    />
  );
}

/** Whether the server has the file; if so the browser cannot decode it. */
async function why(id: string): Promise<string> {
  try {
    const response = await send(mediaUrl(id), { headers: { Range: 'bytes=0-0' } });
    const type = response.headers.get('Content-Type') ?? 'unknown';
    return `This browser cannot decode it (${type}).`;
  } catch (error) {
    return error instanceof ServerProblem ? error.detail : String(error);
  }
}

/** Keeps film and view in step. */
class Step {
  readonly #video: LiveVideo;
  readonly #feed: HistoryFeed;
  readonly #moment: ReadonlySignal<AttributionUpdate | null>;
  readonly #film: HTMLVideoElement;
  readonly #disposals: (() => void)[] = [];
  readonly #closing = new AbortController();
  #still: ReturnType<typeof setTimeout> | undefined;
  /** Where the film was sent from here, as its events do not tell who did. */
  #sentTo = Number.NaN;
  #isPlayedFromHere = false;
  #isPausedFromHere = false;
  #isPausedByUser = false;
  /** The user plays it while looking back: the view follows. */
  #leads = false;
  #ledTo = -1;
  #followedAt = 0;
  /** The source's time at the moment shown. */
  #seconds = 0;

  constructor(
    video: LiveVideo, feed: HistoryFeed, moment: ReadonlySignal<AttributionUpdate | null>, film: HTMLVideoElement,
  ) {
    [this.#video, this.#feed, this.#moment, this.#film] = [video, feed, moment, film];
    const listen = (name: string, act: () => void) => {
      film.addEventListener(name, act);
      this.#disposals.push(() => film.removeEventListener(name, act));
    };
    listen('loadedmetadata', () => this.#follow());
    listen('play', () => this.#played());
    listen('pause', () => this.#paused());
    listen('seeking', () => this.#seeking());
    listen('timeupdate', () => this.#moved());
    // An attribute of that name is not enough where the element was not parsed.
    film.muted = true;
    this.#disposals.push(effect(() => {
      currentView();
      void moment.value;
      void video.latest.value;
      void video.status.value?.state;
      this.#follow();
    }));
  }

  dispose(): void {
    this.#closing.abort();
    clearTimeout(this.#still);
    for (const dispose of this.#disposals) dispose();
  }

  get #loopSeconds(): number | null {
    const status = this.#video.status.peek();
    if (!status?.definition.loop) return null;
    // The server's own measure, as a container's duration is rounded and the error would add up with every loop.
    const length = status.loopSeconds ?? this.#film.duration;
    return Number.isFinite(length) ? length : null;
  }

  /** The film goes where the view is. */
  #follow(): void {
    const view = currentView();
    const film = this.#film;
    if (film.readyState === 0) return;
    if (view.clip !== null) {
      this.#leads = false;
      if (film.paused && !wantsStill() && !this.#isPausedByUser) this.#play();
      return;
    }
    if (view.at === null && view.frame === null) {
      this.#leads = false;
      this.#followLatest();
      return;
    }
    clearTimeout(this.#still);
    if (this.#leads && (view.at === this.#ledTo && view.frame === null)) return;
    this.#leads = false;
    this.#pause();
    const update = this.#moment.peek();
    // It may still be on its way.
    if (update === null || (view.at !== null && update.sequence !== view.at)) return;
    this.#seconds = update.frameTimes[framePosition(update, view)]!;
    this.#send(filmTime(this.#seconds, this.#loopSeconds));
  }

  #followLatest(): void {
    const latest = this.#video.latest.peek();
    const status = this.#video.status.peek();
    if (latest === null) return;
    this.#seconds = latest.frameTimes.at(-1)!;
    const isRunning = status?.state === 'live' && status.definition.pace !== 'fast';
    if (!isRunning || wantsStill()) {
      if (!isRunning) this.#pause();
      if (this.#film.paused) this.#send(filmTime(this.#seconds, this.#loopSeconds));
      return;
    }
    const target = correction(this.#film.currentTime, this.#seconds, this.#loopSeconds, this.#film.duration);
    if (target !== null) this.#send(target);
    if (this.#film.paused) this.#play();
    clearTimeout(this.#still);
    const step = 1000 * status.definition.stride / status.definition.rateHz;
    this.#still = setTimeout(() => this.#pause(), step + STILL_MS);
  }

  #send(seconds: number): void {
    const target = Math.min(seconds + INSIDE_FRAME, this.#film.duration);
    if (Math.abs(this.#film.currentTime - target) < 0.004) return;
    this.#sentTo = target;
    this.#film.currentTime = target;
  }

  #play(): void {
    this.#isPlayedFromHere = true;
    // Refused where the browser wants a user's gesture first: then it stands still, and has controls.
    this.#film.play().catch(() => { this.#isPlayedFromHere = false; });
  }

  #pause(): void {
    if (this.#film.paused) return;
    this.#isPausedFromHere = true;
    this.#film.pause();
  }

  // ---- what the user does to the film

  #played(): void {
    const isOurs = this.#isPlayedFromHere;
    this.#isPlayedFromHere = false;
    this.#isPausedByUser = false;
    const { at, frame, clip } = currentView();
    if (isOurs || clip !== null) return;
    if (at === null && frame === null) {
      const status = this.#video.status.peek();
      // Of a source that stands still there is nothing to play along with: the user looks back.
      if (status?.state === 'live' && status.definition.pace !== 'fast') return;
    }
    this.#lead();
    this.#ledTo = at ?? this.#video.latest.peek()?.sequence ?? -1;
  }

  #paused(): void {
    const isOurs = this.#isPausedFromHere;
    this.#isPausedFromHere = false;
    if (isOurs || document.hidden || this.#film.ended || !isUserThere()) return;
    this.#isPausedByUser = true;
    const { at, frame, clip } = currentView();
    if (clip !== null || at !== null || frame !== null) return;
    const latest = this.#video.latest.peek();
    if (latest) changeView({ at: latest.sequence, frame: null });
  }

  #seeking(): void {
    const now = this.#film.currentTime;
    if (Math.abs(now - this.#sentTo) < 0.005) return;
    // Its own return to the beginning, which nothing else tells from a user's.
    const isLoop = this.#film.loop && !this.#film.paused && now < 0.15;
    if (isLoop || !isUserThere() || currentView().clip !== null) return;
    this.#lead();
    this.#showFilmMoment(true);
  }

  #lead(): void {
    this.#leads = true;
    clearTimeout(this.#still);
  }

  #moved(): void {
    if (!this.#leads || this.#film.paused || this.#film.seeking) return;
    if (performance.now() - this.#followedAt < FOLLOW_MS) return;
    this.#followedAt = performance.now();
    this.#showFilmMoment(false);
  }

  /** The view goes where the film is. */
  #showFilmMoment(isExact: boolean): void {
    const seconds = sourceTime(this.#film.currentTime, this.#seconds, this.#loopSeconds);
    this.#seconds = seconds;
    const guess = this.#feed.sequenceAtSeconds(seconds);
    if (guess === null) return;
    this.#leadTo(guess);
    if (!isExact) return;
    this.#feed.findSeconds(seconds, this.#closing.signal).then(
      found => { if (found !== null && this.#leads && this.#seconds === seconds) this.#leadTo(found); },
      // The guess stands.
      () => {});
  }

  #leadTo(sequence: number): void {
    this.#ledTo = sequence;
    changeView({ at: sequence, frame: null });
  }
}
