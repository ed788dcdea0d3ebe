import { computed, signal, useComputed, type ReadonlySignal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef } from 'preact/hooks';
import { plain, signed, time } from '../../../../drawing/esv-drawing.js';
import { announce } from '../../../announce';
import type { Colours } from '../../../components/colours';
import type { LiveVideo } from '../../../live/feed';
import { clock, duration } from '../../../words';
import { changeView, currentView } from '../view';
import { type AxisKind, holding, isoOf, moved, type Span, zoomed } from './axis';
import type { HistoryFeed } from './HistoryFeed';
import { type Run, runsOf } from './segments';
import { BAND_AT, type Curve, drawBand, LANES, TimelineChart, type Tint, TRACK_AT } from './TimelineChart';
import type { History, Sample, Track } from './timelineData';

/** What the timeline shows; numbers are places on its axis. */
export interface Shown {
  axis: AxisKind;
  curves: readonly Curve[];
  valueOf: (track: Track) => number | null;
  trackTitle: string;
  isLogit: boolean;
}

export interface Controls {
  /** The period shown; null before anything is known. */
  readonly domain: ReadonlySignal<Span | null>;
  readonly isZoomed: ReadonlySignal<boolean>;
  zoomBy(factor: number): void;
  moveBy(lengths: number): void;
  showAll(): void;
  showWith(x: number): void;
  picture: TimelineChart['picture'];
}

/** Pixels within which a press is a click, and near which the shown moment can be taken hold of. */
const CLICK = 5;
const HOLD = 7;
/** Pixels; less is not drawn. */
const SMALLEST_MOVE = 0.6;
/** One notch of a mouse wheel. */
const WHEEL_NOTCH = 100;
/** A wheel that has been scrolling the page goes on doing so when the timeline comes under the pointer. */
const SCROLL_MS = 400;
/** How often the address is told where the period has got to that goes along with the stream. */
const FOLLOW_MS = 5000;

let scrolledAt = 0;
addEventListener('scroll', () => { scrolledAt = performance.now(); }, { passive: true });

/** Owns the drawing of one timeline, and what pointers and keys do to it. */
class TimelineView implements Controls {
  readonly domain = signal<Span | null>(null);
  readonly isZoomed = computed(() => currentView().zoom !== null);
  readonly #chart: TimelineChart;
  #history: History | null = null;
  #shown: Shown | null = null;
  #colours: Colours | null = null;
  #tintOf: (index: number) => Tint = () => ({ series: 0, isStrong: false });
  #size = { width: 0, height: 0 };
  #isDirty = false;
  #drawnTo = Number.NaN;
  #taken: History | null = null;
  #painting = 0;
  /** The period goes along with the newest update, as its user let it reach that. */
  #isFollowing = false;
  #ownZoom = '';
  #writtenAt = 0;
  #hover: { x: number; y: number } | null = null;
  #pointers = new Map<number, { x: number; y: number }>();
  #gesture: Gesture | null = null;

  constructor(readonly video: LiveVideo, readonly parts: {
    host: HTMLElement; slider: HTMLElement; shownLine: HTMLElement; hoverLine: HTMLElement; selection: HTMLElement;
    tip: HTMLElement; overview: HTMLCanvasElement; window: HTMLElement; frameMark: HTMLElement;
  }, readonly feed: HistoryFeed) {
    this.#chart = new TimelineChart(parts.host);
  }

  dispose(): void {
    cancelAnimationFrame(this.#painting);
    this.#chart.destroy();
  }

  take(change: {
    history?: History | null; shown?: Shown; colours?: Colours; size?: { width: number; height: number };
    tintOf?: (index: number) => Tint;
  }): void {
    if (change.history !== undefined) {
      this.#isDirty ||= change.history?.revision !== this.#history?.revision;
      this.#history = change.history;
    }
    if (change.shown) this.#shown = change.shown;
    if (change.colours) this.#colours = change.colours;
    if (change.size) this.#size = change.size;
    if (change.tintOf) this.#tintOf = change.tintOf;
    this.#isDirty ||= change.history === undefined;
    this.refresh();
  }

  /** Draws before the browser paints next. */
  refresh(): void {
    if (this.#painting === 0) this.#painting = requestAnimationFrame(() => {
      this.#painting = 0;
      this.#paint();
    });
  }

  picture: TimelineChart['picture'] = (lines, legend) => this.#chart.picture(lines, legend);

  // ---- the period

  get #whole(): Span | null {
    return this.#history?.whole ?? null;
  }

  #domainNow(): Span | null {
    const [history, whole] = [this.#history, this.#whole];
    if (history === null || whole === null) return null;
    const { zoom } = currentView();
    if (zoom === null) return whole;
    if (keyOf(zoom) !== this.#ownZoom) this.#isFollowing = false;
    const span: Span = [history.xOfArrival(zoom[0]), history.xOfArrival(zoom[1])];
    return this.#isFollowing ? [whole[1] - (span[1] - span[0]), whole[1]] : span;
  }

  #setDomain(span: Span): void {
    const [history, whole] = [this.#history, this.#whole];
    if (history === null || whole === null) return;
    if (span[0] <= whole[0] && span[1] >= whole[1]) {
      changeView({ zoom: null });
      return;
    }
    const from = microsecond(history.arrivalOfX(span[0]));
    const zoom: Span = [from, Math.max(from + 0.001, microsecond(history.arrivalOfX(span[1])))];
    this.#isFollowing = currentView().at === null && span[1] >= whole[1] - 0.005 * (span[1] - span[0]);
    this.#ownZoom = keyOf(zoom);
    changeView({ zoom });
  }

  zoomBy(factor: number, anchor?: number): void {
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain === null || whole === null) return;
    const moment = this.#momentX();
    const middle = moment !== null && moment >= domain[0] && moment <= domain[1] ? moment : (domain[0] + domain[1]) / 2;
    this.#setDomain(zoomed(domain, whole, anchor ?? middle, factor));
  }

  moveBy(lengths: number): void {
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain && whole) this.#setDomain(moved(domain, whole, lengths));
  }

  showAll(): void {
    changeView({ zoom: null });
  }

  showWith(x: number): void {
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain === null || whole === null || currentView().zoom === null) return;
    const with_ = holding(domain, whole, x);
    if (with_ !== domain) this.#setDomain(with_);
  }

  // ---- the moment

  #momentX(): number | null {
    const history = this.#history;
    if (history === null || history.xs.length === 0) return null;
    const { at } = currentView();
    return at === null ? history.xs.at(-1)! : history.xOfSequence(at);
  }

  /** Shows an update; the newest goes on as it comes. */
  goTo(sequence: number): void {
    const history = this.#history;
    if (history === null || history.sequences.length === 0) return;
    const [first, last] = [history.sequences[0]!, history.sequences.at(-1)!];
    const at = Math.min(Math.max(sequence, first), last);
    changeView({ at, frame: null, clip: null });
    this.showWith(history.xOfSequence(at));
  }

  goToX(x: number): void {
    const sequence = this.#history?.sequenceAt(x);
    if (sequence !== null && sequence !== undefined) this.goTo(sequence);
  }

  goLive(): void {
    changeView({ at: null, frame: null, clip: null });
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain && whole && currentView().zoom !== null) this.#setDomain([whole[1] - domain[1] + domain[0], whole[1]]);
  }

  onKey = (event: KeyboardEvent): void => {
    const history = this.#history;
    const domain = this.#domainNow();
    if (history === null || domain === null || event.ctrlKey || event.metaKey || event.altKey) return;
    const last = history.sequences.at(-1)!;
    const { at } = currentView();
    const now = at ?? last;
    const shownCount = history.sequenceAt(domain[1])! - history.sequenceAt(domain[0])!;
    const page = Math.max(1, Math.round(0.1 * shownCount));
    switch (event.key) {
      case 'ArrowLeft': case 'ArrowDown':
        this.goTo(event.shiftKey ? this.#segmentBefore(now) : now - 1);
        break;
      case 'ArrowRight': case 'ArrowUp': {
        const next = event.shiftKey ? (history.segmentOf(now)?.lastSequence ?? now) + 1 : now + 1;
        if (at !== null && next > last) this.goLive();
        else if (at !== null) this.goTo(next);
        break;
      }
      case 'PageDown': this.goTo(now - page); break;
      case 'PageUp': if (at !== null) this.goTo(now + page); break;
      case 'Home': {
        const before = history.sequenceBefore(domain[0])!;
        this.goTo(history.xOfSequence(before) < domain[0] ? before + 1 : before);
        break;
      }
      case 'End':
        // The newest has moved on since the period was chosen that ended with it.
        if (domain[1] >= this.#whole![1] - 0.05 * (domain[1] - domain[0])) this.goLive();
        else this.goTo(history.sequenceBefore(domain[1])!);
        break;
      case '+': case '=': this.zoomBy(0.5); this.#announceSoon(); break;
      case '-': case '_': this.zoomBy(2); this.#announceSoon(); break;
      case '0': this.showAll(); this.#announceSoon(); break;
      default: return;
    }
    event.preventDefault();
  };

  /** The beginning of the segment, or of the one before where it is shown already. */
  #segmentBefore(sequence: number): number {
    const history = this.#history!;
    const segment = history.segmentOf(sequence);
    if (segment === null) return sequence - 1;
    if (segment.firstSequence < sequence) return segment.firstSequence;
    return history.segmentOf(sequence - 1)?.firstSequence ?? sequence - 1;
  }

  #announceSoon(): void {
    const domain = this.#domainNow();
    if (domain) announce(`Shown: ${this.spanText(domain)}`);
  }

  spanText([from, to]: readonly number[]): string {
    return `${this.text(from!)} to ${this.text(to!)}`;
  }

  text(x: number): string {
    return this.#shown?.axis === 'video' ? time(x / 1000) : clock(x);
  }

  // ---- pointers

  #place(event: { clientX: number; clientY: number }): { x: number; y: number } {
    const box = this.parts.slider.getBoundingClientRect();
    return { x: event.clientX - box.left, y: event.clientY - box.top };
  }

  onPointerDown = (event: PointerEvent): void => {
    const domain = this.#domainNow();
    if (domain === null || (event.pointerType === 'mouse' && event.button !== 0)) return;
    const place = this.#place(event);
    this.#pointers.set(event.pointerId, place);
    this.parts.slider.setPointerCapture(event.pointerId);
    if (this.#pointers.size === 2) {
      const [a, b] = [...this.#pointers.values()].map(pointer => pointer.x) as [number, number];
      this.#gesture = { kind: 'pinch', domain, from: [this.#chart.xAt(a), this.#chart.xAt(b)] };
      return;
    }
    const moment = this.#momentX();
    const isAtMoment = moment !== null && Math.abs(this.#chart.pixelOf(moment) - place.x) <= HOLD;
    const isTouch = event.pointerType === 'touch';
    this.#gesture = {
      kind: isAtMoment && !isTouch && currentView().at !== null ? 'scrub' : isTouch ? 'pan' : 'select',
      domain, start: place, isMoved: false,
    };
  };

  onPointerMove = (event: PointerEvent): void => {
    const place = this.#place(event);
    this.#hover = place;
    this.refresh();
    if (!this.#pointers.has(event.pointerId)) return;
    this.#pointers.set(event.pointerId, place);
    const [gesture, whole] = [this.#gesture, this.#whole];
    if (gesture === null || whole === null) return;
    if (gesture.kind === 'pinch') {
      const [a, b] = [...this.#pointers.values()].map(pointer => pointer.x) as [number, number];
      const span = pinched(gesture.from, [a, b], this.#chart.range);
      if (span) this.#setDomain(zoomed(span, whole, (span[0] + span[1]) / 2, 1));
      return;
    }
    if (Math.abs(place.x - gesture.start.x) > CLICK) gesture.isMoved = true;
    if (!gesture.isMoved) return;
    if (gesture.kind === 'scrub') this.goToX(this.#chart.xAt(place.x));
    if (gesture.kind === 'pan') {
      const [left, right] = this.#chart.range;
      this.#setDomain(moved(gesture.domain, whole, (gesture.start.x - place.x) / (right - left)));
    }
  };

  onPointerUp = (event: PointerEvent): void => {
    if (!this.#pointers.delete(event.pointerId)) return;
    const [gesture, whole] = [this.#gesture, this.#whole];
    this.#gesture = null;
    if (event.pointerType === 'touch') this.#hover = null;
    this.refresh();
    if (gesture === null || whole === null || gesture.kind === 'pinch' || event.type === 'pointercancel') return;
    const place = this.#place(event);
    if (!gesture.isMoved) {
      this.goToX(this.#chart.xAt(place.x));
    } else if (gesture.kind === 'select') {
      const [a, b] = [this.#chart.xAt(gesture.start.x), this.#chart.xAt(place.x)];
      const span: Span = [Math.max(Math.min(a, b), gesture.domain[0]), Math.min(Math.max(a, b), gesture.domain[1])];
      this.#setDomain(zoomed(span, whole, (span[0] + span[1]) / 2, 1));
    }
  };

  onPointerLeave = (): void => {
    this.#hover = null;
    this.refresh();
  };

  onWheel = (event: WheelEvent): void => {
    const domain = this.#domainNow();
    if (domain === null) return;
    const isSideways = Math.abs(event.deltaX) > Math.abs(event.deltaY);
    const isZooming = event.ctrlKey || (!isSideways && !event.shiftKey);
    // Where there is nothing to zoom out of the page scrolls, and so it does while it is scrolling already.
    if (currentView().zoom === null && (!isZooming || event.deltaY > 0)) return;
    if (!event.ctrlKey && performance.now() - scrolledAt < SCROLL_MS) return;
    event.preventDefault();
    const notches = (event.deltaMode === WheelEvent.DOM_DELTA_PIXEL ? 1 : 33) / WHEEL_NOTCH;
    if (isZooming) {
      const strength = event.ctrlKey ? 4 : 1;
      this.zoomBy(1.25 ** (strength * notches * event.deltaY), this.#chart.xAt(this.#place(event).x));
    } else {
      this.moveBy(0.1 * notches * (isSideways ? event.deltaX : event.deltaY));
    }
  };

  // ---- the overview

  onOverviewDown = (event: PointerEvent): void => {
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain === null || whole === null || event.button !== 0) return;
    const target = event.currentTarget as HTMLElement;
    target.setPointerCapture(event.pointerId);
    const x = this.#overviewX(event);
    const edge = (event.target as HTMLElement).dataset['edge'];
    const isInside = x >= domain[0] && x <= domain[1];
    let start = domain;
    if (!edge && !isInside) {
      const half = (domain[1] - domain[0]) / 2;
      start = zoomed([x - half, x + half], whole, x, 1);
      this.#setDomain(start);
    }
    const move = (moving: PointerEvent) => {
      const distance = this.#overviewX(moving) - x;
      const room = 0.002 * (whole[1] - whole[0]);
      const [from, to] = [Math.min(start[0] + distance, start[1] - room), Math.max(start[1] + distance, start[0] + room)];
      if (edge === 'from') this.#setDomain([Math.max(whole[0], from), start[1]]);
      else if (edge === 'to') this.#setDomain([start[0], Math.min(whole[1], to)]);
      else this.#setDomain(moved(start, whole, distance / (start[1] - start[0])));
    };
    const up = () => {
      target.removeEventListener('pointermove', move);
      target.removeEventListener('pointerup', up);
      target.removeEventListener('pointercancel', up);
    };
    target.addEventListener('pointermove', move);
    target.addEventListener('pointerup', up);
    target.addEventListener('pointercancel', up);
  };

  onOverviewKey = (event: KeyboardEvent): void => {
    const [domain, whole] = [this.#domainNow(), this.#whole];
    if (domain === null || whole === null || event.ctrlKey || event.metaKey || event.altKey) return;
    switch (event.key) {
      case 'ArrowLeft': case 'ArrowDown': this.moveBy(event.shiftKey ? -0.5 : -0.1); break;
      case 'ArrowRight': case 'ArrowUp': this.moveBy(event.shiftKey ? 0.5 : 0.1); break;
      case 'PageDown': this.moveBy(-1); break;
      case 'PageUp': this.moveBy(1); break;
      case 'Home': this.#setDomain([whole[0], whole[0] + domain[1] - domain[0]]); break;
      case 'End': this.#setDomain([whole[1] - domain[1] + domain[0], whole[1]]); break;
      case '+': case '=': this.zoomBy(0.5); break;
      case '-': case '_': this.zoomBy(2); break;
      case '0': this.showAll(); break;
      default: return;
    }
    event.preventDefault();
  };

  #overviewX(event: PointerEvent): number {
    const box = this.parts.overview.getBoundingClientRect();
    const [left, right] = this.#chart.range;
    const whole = this.#whole!;
    return whole[0] + (event.clientX - box.left - left) / (right - left) * (whole[1] - whole[0]);
  }

  // ---- painting

  #paint(): void {
    const [history, shown, colours] = [this.#history, this.#shown, this.#colours];
    const { width, height } = this.#size;
    const domain = this.#domainNow();
    if (history === null || shown === null || colours === null || domain === null || width === 0) return;
    // What nobody would see is not drawn: over an hour a pixel is seconds.
    const before = this.domain.peek();
    const pixel = (domain[1] - domain[0]) / width;
    const isMoved = before === null
      || Math.abs(before[0] - domain[0]) > SMALLEST_MOVE * pixel || Math.abs(before[1] - domain[1]) > SMALLEST_MOVE * pixel;
    const newest = history.xs.at(-1) ?? 0;
    const hasGrown = newest <= domain[1] + pixel && Math.abs(newest - this.#drawnTo) > SMALLEST_MOVE * pixel;
    if (this.#isDirty || isMoved || hasGrown) {
      this.domain.value = domain;
      this.#drawnTo = newest;
      if (this.#isDirty || history !== this.#taken) {
        this.#taken = history;
        this.#chart.take({ history, colours, tintOf: this.#tintOf, ...shown });
      }
      this.#chart.draw(domain, shown.axis, width, height);
      this.#paintOverview(history, domain, colours);
      this.#askFor(history, domain);
    }
    this.#isDirty = false;
    this.#paintMoment(history, this.#chart.domain);
    this.#paintHover(history);
  }

  #askFor(history: History, domain: Span): void {
    const isZoomed = currentView().zoom !== null;
    const wanted: Span | null = isZoomed ? [history.arrivalOfX(domain[0]), history.arrivalOfX(domain[1])] : null;
    this.feed.show(this.#shown!.axis, wanted, this.#chart.width);
    if (this.#isFollowing && wanted && performance.now() - this.#writtenAt > FOLLOW_MS) {
      this.#writtenAt = performance.now();
      const zoom: Span = [microsecond(wanted[0]), microsecond(wanted[1])];
      this.#ownZoom = keyOf(zoom);
      changeView({ zoom });
    }
  }

  #paintMoment(history: History, domain: Span): void {
    const { shownLine, frameMark } = this.parts;
    const view = currentView();
    const x = this.#momentX();
    // The newest may be a little further than what is drawn.
    const room = (domain[1] - domain[0]) / this.#chart.width;
    const isVisible = x !== null && x >= domain[0] && x <= domain[1] + room && view.clip === null;
    shownLine.hidden = !isVisible;
    frameMark.hidden = true;
    if (!isVisible) return;
    const pixel = Math.min(this.#chart.pixelOf(x), this.#chart.range[1]);
    shownLine.style.transform = `translateX(${pixel}px)`;
    shownLine.classList.toggle('timeline-live', view.at === null);
    const label = shownLine.firstElementChild as HTMLElement;
    const when = this.#shown!.axis === 'video' ? time(x / 1000) : clock(x, true);
    const text = view.at === null ? `newest · ${when}` : when;
    if (label.textContent !== text) label.textContent = text;
    label.style.transform = `translateX(${-100 * (pixel / Math.max(1, this.#chart.width))}%)`;
    if (view.frame !== null) this.#paintFrame(history, view.frame, domain);
  }

  /** The frame looked at, under its bar. */
  #paintFrame(history: History, frame: number, domain: Span): void {
    const track = history.tracks.find(track => track.frameIndex === frame);
    const sample = track ? undefined : history.samples.find(sample => sample.frameIndex === frame);
    const x = track ? history.xOfTrack(track) : sample && history.xOfSequence(sample.sequence);
    if (x === undefined || x < domain[0] || x > domain[1]) return;
    this.parts.frameMark.hidden = false;
    this.parts.frameMark.style.transform = `translateX(${this.#chart.pixelOf(x)}px)`;
  }

  #paintHover(history: History): void {
    const { hoverLine, selection, tip, slider } = this.parts;
    const [left, right] = this.#chart.range;
    const hover = this.#hover;
    const gesture = this.#gesture;
    const isSelecting = gesture?.kind === 'select' && gesture.isMoved && hover !== null;
    selection.hidden = !isSelecting;
    if (isSelecting) {
      const [a, b] = [gesture.start.x, hover.x].sort((a, b) => a - b) as [number, number];
      const from = Math.max(a, left);
      selection.style.transform = `translateX(${from}px)`;
      selection.style.width = `${Math.max(1, Math.min(b, right) - from)}px`;
    }
    const isOver = hover !== null && hover.x >= left - 4 && hover.x <= right + 4 && gesture?.kind !== 'pinch';
    hoverLine.hidden = tip.hidden = !isOver;
    if (!isOver) return;
    const pixel = Math.min(Math.max(hover.x, left), right);
    hoverLine.style.transform = `translateX(${pixel}px)`;
    const lines = isSelecting
      ? [this.spanText([Math.min(gesture.start.x, pixel), Math.max(gesture.start.x, pixel)].map(at => this.#chart.xAt(at)))]
      : this.#tipLines(history, this.#chart.xAt(pixel), hover.y - this.#size.height);
    const text = lines.join('\n');
    if (tip.textContent !== text) tip.textContent = text;
    const isRight = pixel > 0.55 * slider.clientWidth;
    tip.style.transform = `translate(${isRight ? pixel - 12 : pixel + 12}px, 0) translateX(${isRight ? -100 : 0}%)`;
  }

  /** What is at a place: on the band its segment, on the frame track its frame, above them the scores. */
  #tipLines(history: History, x: number, lane: number): string[] {
    const gap = history.gaps.find(([from, to]) => x > from && x < to);
    if (gap) return ['no updates', this.spanText(gap), duration(gap[1] - gap[0])];
    if (lane >= BAND_AT[0] && lane <= BAND_AT[1]) {
      const segment = history.segmentAt(x);
      return segment === null ? [] : [
        segment.name,
        this.spanText(history.spanOf(segment)),
        Number.isNaN(segment.maxScore) ? 'score not reported' : `highest score ${plain(segment.maxScore)}`,
      ];
    }
    if (lane >= TRACK_AT[0] && lane <= TRACK_AT[1]) {
      const bar = this.#chart.barAt(x);
      return bar === null ? ['no value for this class'] : [
        `frame ${bar.frame.frameIndex}, ${time(bar.frame.seconds)}`,
        this.#shown!.axis === 'arrival' ? clock(bar.frame.at, true) : '',
        `mean φ ${signed(bar.value)}`,
      ].filter(line => line !== '');
    }
    const sample = nearestSample(history, x);
    return sample === null ? [] : [
      `${this.#shown!.axis === 'video' ? time(sample.seconds) : clock(sample.at, true)}, update ${sample.sequence}`,
      ...this.#shown!.curves.flatMap(({ index }) => {
        const of = index === null ? sample.classes[0] : sample.classes.find(c => c.index === index);
        return of ? [`${plain(of.score)} ${of.name}`] : [];
      }),
    ];
  }

  #paintOverview(history: History, domain: Span, colours: Colours): void {
    const { overview, window } = this.parts;
    if (overview.parentElement!.hidden) return;
    const [left, right] = this.#chart.range;
    const whole = history.whole!;
    const scale = (x: number) => left + (x - whole[0]) / (whole[1] - whole[0]) * (right - left);
    const height = overview.clientHeight;
    const pixelWidth = Math.round(this.#size.width * devicePixelRatio);
    const pixelHeight = Math.round(height * devicePixelRatio);
    if (overview.width !== pixelWidth || overview.height !== pixelHeight) {
      overview.width = pixelWidth;
      overview.height = pixelHeight;
    }
    const context = overview.getContext('2d')!;
    context.setTransform(devicePixelRatio, 0, 0, devicePixelRatio, 0, 0);
    context.clearRect(0, 0, this.#size.width, height);
    const runs: Run[] = runsOf(history, scale, [left, right]);
    drawBand(context, runs, 0, height, { colours, tintOf: this.#tintOf }, false);
    const [from, to] = [Math.max(scale(domain[0]), left), Math.min(scale(domain[1]), right)];
    window.style.transform = `translateX(${from}px)`;
    window.style.width = `${Math.max(8, to - from)}px`;
    window.setAttribute('aria-valuenow', String(Math.round(100 * (domain[0] - whole[0]) / (whole[1] - whole[0]))));
    window.setAttribute('aria-valuetext', this.spanText(domain));
  }
}

/** As precise as the address. */
function microsecond(at: number): number {
  return Math.round(1000 * at) / 1000;
}

function keyOf(zoom: Span): string {
  return zoom.map(isoOf).join();
}

type Gesture =
  | { kind: 'select' | 'pan' | 'scrub'; domain: Span; start: { x: number; y: number }; isMoved: boolean }
  | { kind: 'pinch'; domain: Span; from: Span };

/** The span that brings the two places held to where the fingers are; null: they are too near one another to say. */
function pinched(held: Span, [a, b]: Span, [left, right]: Span): Span | null {
  if (Math.abs(b - a) < 10 || Math.sign(b - a) !== Math.sign(held[1] - held[0])) return null;
  const perPixel = (held[1] - held[0]) / (b - a);
  const from = held[0] - (a - left) * perPixel;
  return [from, from + (right - left) * perPixel];
}

function nearestSample(history: History, x: number): Sample | null {
  const sequence = history.sequenceAt(x);
  if (sequence === null) return null;
  let best: Sample | null = null;
  for (const sample of history.samples)
    if (best === null || Math.abs(sample.sequence - sequence) <= Math.abs(best.sequence - sequence)) best = sample;
  return best;
}

/** The history drawn along time, with the moment shown as a slider's thumb. */
export function Timeline({ video, feed, shown, tintOf, colours, width, momentText, controls }: {
  video: LiveVideo;
  feed: HistoryFeed;
  shown: Shown;
  tintOf: (index: number) => Tint;
  colours: Colours;
  width: number;
  /** The moment in words, for those who do not see the line; does not change with every update. */
  momentText: ReadonlySignal<string>;
  controls: (controls: Controls | null) => void;
}) {
  const host = useRef<HTMLDivElement>(null);
  const slider = useRef<HTMLDivElement>(null);
  const shownLine = useRef<HTMLDivElement>(null);
  const hoverLine = useRef<HTMLDivElement>(null);
  const selection = useRef<HTMLDivElement>(null);
  const tip = useRef<HTMLDivElement>(null);
  const overview = useRef<HTMLCanvasElement>(null);
  const window = useRef<HTMLDivElement>(null);
  const frameMark = useRef<HTMLDivElement>(null);
  const view = useRef<TimelineView | null>(null);

  useLayoutEffect(() => {
    const made = new TimelineView(video, {
      host: host.current!, slider: slider.current!, shownLine: shownLine.current!, hoverLine: hoverLine.current!,
      selection: selection.current!, tip: tip.current!, overview: overview.current!, window: window.current!,
      frameMark: frameMark.current!,
    }, feed);
    view.current = made;
    controls(made);
    const stop = [
      feed.history.subscribe(history => made.take({ history })),
      // The address: another period, moment or frame.
      addressKey.subscribe(() => made.refresh()),
    ];
    // Preact listens to wheels passively on some roots; this one must be able to keep the page still.
    slider.current!.addEventListener('wheel', made.onWheel, { passive: false });
    return () => {
      for (const end of stop) end();
      controls(null);
      made.dispose();
    };
  }, [video, feed]);

  const height = Math.round(Math.min(260, Math.max(130, 0.13 * width)));
  useLayoutEffect(() => view.current!.take({ shown, colours, tintOf, size: { width, height } }),
    [shown, colours, tintOf, width, height]);
  useEffect(() => { feed.show(shown.axis, currentView().zoom, width); }, [feed, shown.axis, width]);

  const isZoomed = useComputed(() => currentView().zoom !== null);
  useLayoutEffect(() => view.current!.take({}), [isZoomed.value]);
  const at = useComputed(() => currentView().at);
  // While the newest is shown the slider's numbers stand still: a screen reader would never fall silent.
  const history = feed.history.peek();
  const [first, last] = [history?.sequences[0] ?? 0, history?.sequences.at(-1) ?? 0];

  return (
    <div class="timeline">
      <div
        class="timeline-plots" ref={slider} tabIndex={0} role="slider" aria-label="Moment shown"
        aria-orientation="horizontal" aria-keyshortcuts="+ - 0" aria-describedby="timeline-keys"
        aria-valuemin={Math.min(first, at.value ?? first)} aria-valuemax={Math.max(last, at.value ?? last)}
        aria-valuenow={at.value ?? last} aria-valuetext={momentText}
        onKeyDown={event => view.current!.onKey(event)}
        onPointerDown={event => view.current!.onPointerDown(event)}
        onPointerMove={event => view.current!.onPointerMove(event)}
        onPointerUp={event => view.current!.onPointerUp(event)}
        onPointerCancel={event => view.current!.onPointerUp(event)}
        onPointerLeave={() => view.current!.onPointerLeave()}
      >
        <div class="timeline-host" ref={host} style={{ minHeight: `${height + LANES}px` }} />
        <div class="timeline-selection" ref={selection} hidden />
        <div class="timeline-hover" ref={hoverLine} hidden />
        <div class="timeline-frame" ref={frameMark} style={{ top: `${height + TRACK_AT[1]}px` }} hidden />
        <div class="timeline-moment" ref={shownLine} style={{ height: `${height + TRACK_AT[1]}px` }} hidden>
          <span />
        </div>
        <div class="timeline-tip" ref={tip} aria-hidden="true" hidden />
      </div>
      <div
        class="timeline-overview" hidden={!isZoomed.value}
        onPointerDown={event => view.current!.onOverviewDown(event)}
      >
        <canvas ref={overview} />
        <div
          class="timeline-window" ref={window} tabIndex={0} role="slider" aria-label="Part of the history shown"
          aria-orientation="horizontal" aria-valuemin={0} aria-valuemax={100}
          onKeyDown={event => view.current!.onOverviewKey(event)}
        >
          <span data-edge="from" /><span data-edge="to" />
        </div>
      </div>
    </div>
  );
}

const addressKey = computed(() => {
  const { at, frame, zoom, clip } = currentView();
  return `${at} ${frame} ${zoom} ${clip}`;
});
