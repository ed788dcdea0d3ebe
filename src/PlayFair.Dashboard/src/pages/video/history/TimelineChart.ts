import uPlot from 'uplot';
import 'uplot/dist/uPlot.min.css';
import {
  linearScale, markerPath, signedBars, ticks as valueTicks, valueDomain,
} from '../../../../drawing/esv-drawing.js';
import type { Colours } from '../../../components/colours';
import { type AxisKind, nearest, type Span, type Tick, ticks } from './axis';
import { type Run, runsOf } from './segments';
import { type History, scoresOf, type Track, withGaps } from './timelineData';

/** A curve of scores. */
export interface Curve {
  /** null: the top class, whichever it is. */
  index: number | null;
  style: number;
}

export interface ChartInput {
  history: History;
  curves: readonly Curve[];
  /** The score is a logit, of no fixed range. */
  isLogit: boolean;
  /** Value of the frame track; null: the frame has none. */
  valueOf: (track: Track) => number | null;
  trackTitle: string;
  /** The colour of a class in the band: its curve's, or one of its own. */
  tintOf: (index: number) => Tint;
  colours: Colours;
}

export interface Tint {
  series: number;
  /** Chosen classes stand out from the others. */
  isStrong: boolean;
}

export const LEFT = 46;
export const RIGHT = 10;
const GAP = 8;
const BAND = 28;
/** With the frame track's title. */
const TITLE = 24;
const TRACK = 76;
const AXIS = 24;
/** Height of everything below the curves. */
export const LANES = GAP + BAND + TITLE + TRACK + AXIS;
/** Where the band and the frame track lie in it. */
export const BAND_AT: Span = [GAP, GAP + BAND];
export const TRACK_AT: Span = [GAP + BAND + TITLE, GAP + BAND + TITLE + TRACK];

const FONT = 'system-ui, -apple-system, "Segoe UI", Roboto, "Helvetica Neue", "Noto Sans", "DejaVu Sans", sans-serif';
const WIDEST_BAR = 8;
/** Pixels between the markers of a curve. */
const MARKER_EVERY = 110;

/** Draws a history along one axis: curves of scores, the band of predicted classes, the frame track. */
export class TimelineChart {
  readonly #canvas: HTMLCanvasElement;
  readonly #scores: HTMLElement;
  #plot: uPlot | null = null;
  #input: ChartInput | null = null;
  #domain: Span = [0, 1];
  #ticks: Tick[] = [];
  #size = { width: 0, height: 0 };
  #valueRange: Span = [0, 1];
  #data: uPlot.AlignedData = [[]];
  #trackRange: Span = [-1, 1];
  #tracks: { xs: number[]; values: number[] } = { xs: [], values: [] };
  #runs: Run[] = [];

  /** @param host Gets the drawing; it has to be positioned. */
  constructor(host: HTMLElement) {
    this.#scores = document.createElement('div');
    this.#canvas = document.createElement('canvas');
    host.append(this.#scores, this.#canvas);
  }

  destroy(): void {
    this.#plot?.destroy();
    this.#scores.remove();
    this.#canvas.remove();
  }

  get domain(): Span {
    return this.#domain;
  }

  get width(): number {
    return this.#size.width;
  }

  /** The pixels between which the axis runs. */
  get range(): Span {
    return [LEFT, Math.max(LEFT + 1, this.#size.width - RIGHT)];
  }

  xAt(pixel: number): number {
    return linearScale(this.range, this.#domain)(pixel);
  }

  pixelOf(x: number): number {
    return linearScale(this.#domain, this.range)(x);
  }

  /** The frame whose bar is nearest to a place of the axis, and its value. */
  barAt(x: number): { frame: Track; value: number } | null {
    const { history, valueOf } = this.#input!;
    const i = nearest(history.tracks.map(track => history.xOfTrack(track)), x);
    const frame = history.tracks[i];
    const value = frame && valueOf(frame);
    return frame && value !== null && value !== undefined ? { frame, value } : null;
  }

  take(input: ChartInput): void {
    const before = this.#input;
    this.#input = input;
    const { history, curves, isLogit, valueOf } = input;
    if (before?.curves !== input.curves || before.colours !== input.colours || before.isLogit !== isLogit) {
      this.#plot?.destroy();
      this.#plot = null;
    }
    const rows = curves.map(curve => scoresOf(history.samples, curve.index));
    this.#data = withGaps(history.xs, rows, history.gaps) as uPlot.AlignedData;
    this.#valueRange = isLogit ? valueDomain(rows.map(row => row.map(value => value ?? 0))) : [0, 1.02];
    const shown = history.tracks.flatMap(track => {
      const value = valueOf(track);
      return value === null ? [] : [{ x: history.xOfTrack(track), value }];
    });
    this.#tracks = { xs: shown.map(bar => bar.x), values: shown.map(bar => bar.value) };
    this.#trackRange = valueDomain([this.#tracks.values]);
  }

  draw(domain: Span, axis: AxisKind, width: number, height: number): void {
    if (this.#input === null || width < LEFT + RIGHT + 10) return;
    this.#domain = domain;
    this.#size = { width, height };
    this.#ticks = ticks(axis, domain, (width - LEFT - RIGHT) / 92);
    this.#drawScores();
    this.#drawLanes();
  }

  /** Everything as one picture, under some lines of text. */
  async picture(lines: readonly string[], legend: readonly { text: string; style: number | null }[]): Promise<Blob> {
    const { colours } = this.#input!;
    const scale = this.#canvas.width / this.#size.width;
    const top = 14 + 20 * lines.length + (legend.length > 0 ? 22 : 0) + 8;
    const canvas = document.createElement('canvas');
    canvas.width = this.#canvas.width;
    canvas.height = Math.round((top + this.#size.height + LANES + 8) * scale);
    const context = canvas.getContext('2d')!;
    context.scale(scale, scale);
    context.fillStyle = colours('panel');
    context.fillRect(0, 0, this.#size.width, canvas.height);
    context.textBaseline = 'top';
    lines.forEach((line, i) => {
      context.fillStyle = colours(i === 0 ? 'ink' : 'muted');
      context.font = `${i === 0 ? '600 15px' : '13px'} ${FONT}`;
      context.fillText(line, RIGHT, 14 + 20 * i);
    });
    let x = RIGHT;
    context.font = `13px ${FONT}`;
    for (const { text, style } of legend) {
      const y = 14 + 20 * lines.length;
      if (style !== null) {
        context.fillStyle = colours(`series-${style % 6}`);
        context.fill(new Path2D(markerPath(style, x + 6, y + 8, 4.5)));
        x += 18;
      }
      context.fillStyle = colours('ink');
      context.fillText(text, x, y);
      x += context.measureText(text).width + 18;
    }
    context.drawImage(this.#plot!.ctx.canvas, 0, top, this.#size.width, this.#size.height);
    context.drawImage(this.#canvas, 0, top + this.#size.height, this.#size.width, LANES);
    return await new Promise((resolve, reject) =>
      canvas.toBlob(blob => blob ? resolve(blob) : reject(new Error('The browser made no picture.')), 'image/png'));
  }

  // ---- curves

  #drawScores(): void {
    const { width, height } = this.#size;
    this.#plot ??= new uPlot(this.#options(), undefined, this.#scores);
    if (this.#plot.width !== width || this.#plot.height !== height) this.#plot.setSize({ width, height });
    this.#plot.setData(this.#data);
  }

  #options(): uPlot.Options {
    const { colours, curves, isLogit } = this.#input!;
    const grid = { stroke: () => colours('grid'), width: 1 };
    return {
      ...this.#size,
      padding: [6, RIGHT, 4, 0],
      legend: { show: false },
      cursor: { show: false },
      scales: {
        x: { time: false, range: () => [...this.#domain] },
        y: { range: () => [...this.#valueRange] },
      },
      axes: [
        { size: 0, splits: () => this.#ticks.map(tick => tick.at), values: () => [], ticks: { show: false }, grid },
        {
          size: LEFT,
          gap: 8,
          font: `12px ${FONT}`,
          stroke: () => colours('muted'),
          splits: () => isLogit ? valueTicks(this.#valueRange, 4).map(tick => tick.value) : [0, 0.25, 0.5, 0.75, 1],
          values: (_, splits) => isLogit ? splits.map(value => String(Number(value.toPrecision(3))))
            : splits.map(value => value % 0.5 === 0 ? String(value) : ''),
          ticks: { show: false },
          grid,
        },
      ],
      series: [{}, ...curves.map(({ style }): uPlot.Series => ({
        stroke: () => colours(`series-${style % 6}`),
        width: 1.5,
        ...style >= 6 && { dash: [6, 4] },
        points: { show: false, size: 4, fill: () => colours(`series-${style % 6}`), filter: isolated },
      }))],
      hooks: { drawClear: [plot => this.#drawGaps(plot)], draw: [plot => this.#drawMarkers(plot)] },
    };
  }

  #drawGaps(plot: uPlot): void {
    const { ctx, bbox } = plot;
    const scale = devicePixelRatio;
    ctx.save();
    ctx.beginPath();
    ctx.rect(bbox.left, bbox.top, bbox.width, bbox.height);
    ctx.clip();
    ctx.scale(scale, scale);
    this.#fillGaps(ctx, 0, this.#size.height);
    ctx.restore();
  }

  /** Where there is more than one curve its marker says whose it is, as beside the class's name. */
  #drawMarkers(plot: uPlot): void {
    const { colours, curves } = this.#input!;
    if (curves.length === 1 && curves[0]!.index === null) return;
    const xs = plot.data[0];
    const scale = devicePixelRatio;
    plot.ctx.save();
    plot.ctx.beginPath();
    plot.ctx.rect(plot.bbox.left, plot.bbox.top, plot.bbox.width, plot.bbox.height);
    plot.ctx.clip();
    plot.ctx.scale(scale, scale);
    curves.forEach(({ style }, c) => {
      plot.ctx.fillStyle = colours(`series-${style % 6}`);
      plot.ctx.strokeStyle = colours('panel');
      // Beside one another, so that curves which run together show all their markers.
      for (let pixel = LEFT + 16 + c * MARKER_EVERY / curves.length; pixel < this.range[1]; pixel += MARKER_EVERY) {
        const i = nearest(xs as number[], this.xAt(pixel));
        const value = i < 0 ? null : plot.data[c + 1]![i];
        if (value === null || value === undefined) continue;
        const at = this.pixelOf(xs[i]!);
        if (Math.abs(at - pixel) > MARKER_EVERY / 2) continue;
        const path = new Path2D(markerPath(style, at, plot.valToPos(value, 'y', true) / scale, 4));
        plot.ctx.fill(path);
        plot.ctx.stroke(path);
      }
    });
    plot.ctx.restore();
  }

  // ---- band, frame track and axis

  #drawLanes(): void {
    const { width } = this.#size;
    const scale = devicePixelRatio;
    const canvas = this.#canvas;
    const [pixelWidth, pixelHeight] = [Math.round(width * scale), Math.round(LANES * scale)];
    if (canvas.width !== pixelWidth || canvas.height !== pixelHeight) {
      canvas.width = pixelWidth;
      canvas.height = pixelHeight;
      canvas.style.width = `${width}px`;
      canvas.style.height = `${LANES}px`;
    }
    const context = canvas.getContext('2d')!;
    context.setTransform(scale, 0, 0, scale, 0, 0);
    context.clearRect(0, 0, width, LANES);
    this.#runs = runsOf(this.#input!.history, x => this.pixelOf(x), this.range);
    const [left, right] = this.range;
    context.save();
    context.beginPath();
    context.rect(left, 0, right - left, TRACK_AT[1]);
    context.clip();
    this.#fillGaps(context, 0, TRACK_AT[1]);
    drawBand(context, this.#runs, BAND_AT[0], BAND, this.#input!, true);
    this.#drawTrack(context);
    context.restore();
    this.#drawAxis(context);
  }

  #fillGaps(context: CanvasRenderingContext2D, top: number, bottom: number): void {
    const { history, colours } = this.#input!;
    for (const [from, to] of history.gaps) {
      const [left, right] = [Math.max(this.pixelOf(from), LEFT), Math.min(this.pixelOf(to), this.range[1])];
      if (right <= left) continue;
      context.fillStyle = colours('sunk');
      context.fillRect(left, top, right - left, bottom - top);
      context.fillStyle = hatching(context, 1, colours('rule'));
      context.fillRect(left, top, right - left, bottom - top);
      if (right - left < 84 || top !== 0 || bottom !== TRACK_AT[1]) continue;
      context.fillStyle = colours('muted');
      context.font = `12px ${FONT}`;
      context.textAlign = 'center';
      context.textBaseline = 'middle';
      context.fillText('no updates', (left + right) / 2, (BAND_AT[0] + BAND_AT[1]) / 2);
    }
  }

  #drawTrack(context: CanvasRenderingContext2D): void {
    const { colours } = this.#input!;
    const { xs, values } = this.#tracks;
    const [left, right] = this.range;
    const y = linearScale(this.#trackRange, [TRACK_AT[1], TRACK_AT[0]]);
    context.fillStyle = colours('grid');
    for (const { value } of valueTicks(this.#trackRange, 3)) context.fillRect(left, y(value), right - left, 1);
    const shown: number[] = [];
    for (let i = 0; i < xs.length; i++) {
      const pixel = this.pixelOf(xs[i]!);
      if (pixel >= left - WIDEST_BAR && pixel <= right + WIDEST_BAR) shown.push(i);
    }
    if (shown.length > 0) {
      const room = shown.length === 1 ? WIDEST_BAR
        : (this.pixelOf(xs[shown.at(-1)!]!) - this.pixelOf(xs[shown[0]!]!)) / (shown.length - 1);
      const bars = signedBars(shown.map(i => this.pixelOf(xs[i]!)), shown.map(i => values[i]!),
        Math.min(WIDEST_BAR, Math.max(1, 0.72 * room)), y);
      context.fillStyle = colours('supporting');
      context.fill(new Path2D(bars.supporting));
      context.fillStyle = colours('distracting');
      context.fill(new Path2D(bars.distracting));
    }
    context.fillStyle = colours('edge');
    context.fillRect(left, Math.round(y(0)), right - left, 1);
    if (xs.length > 0) return;
    context.fillStyle = colours('muted');
    context.font = `12px ${FONT}`;
    context.textAlign = 'left';
    context.textBaseline = 'bottom';
    context.fillText('no frame track is kept of this', left, y(0) - 6);
  }

  #drawAxis(context: CanvasRenderingContext2D): void {
    const { colours } = this.#input!;
    context.font = `12px ${FONT}`;
    context.fillStyle = colours('muted');
    context.textAlign = 'left';
    context.textBaseline = 'middle';
    const title = shortened(context, this.#input!.trackTitle, this.range[1] - LEFT);
    context.fillText(title, LEFT, (BAND_AT[1] + TRACK_AT[0]) / 2 + 1);
    context.textAlign = 'right';
    const y = linearScale(this.#trackRange, [TRACK_AT[1], TRACK_AT[0]]);
    if (this.#tracks.xs.length > 0)
      for (const { value, text } of valueTicks(this.#trackRange, 3)) context.fillText(text, LEFT - 8, y(value));
    context.textAlign = 'center';
    context.textBaseline = 'top';
    const [left, right] = this.range;
    let free = left - LEFT + 4;
    for (const { at, text } of this.#ticks) {
      const half = context.measureText(text).width / 2;
      const pixel = Math.min(Math.max(this.pixelOf(at), half + 2), right + RIGHT - half);
      if (pixel - half < free) continue;
      context.fillText(text, pixel, TRACK_AT[1] + 7);
      free = pixel + half + 12;
    }
  }
}

// ---- the band, which the overview has too

const LABEL_ROOM = 8;

/** Pieces in their classes' colours, each class with a hatching of its own, and named where the name fits. */
export function drawBand(
  context: CanvasRenderingContext2D, runs: readonly Run[], top: number, height: number,
  { colours, tintOf }: Pick<ChartInput, 'colours' | 'tintOf'>, hasLabels: boolean,
): void {
  context.font = `12px ${FONT}`;
  context.textAlign = 'left';
  context.textBaseline = 'middle';
  for (const { left, right, parts, segment } of runs) {
    const width = Math.max(1, right - left);
    context.clearRect(left, top, width, height);
    let bottom = top + height;
    for (const { index, share } of parts) {
      const part = share * height;
      fillPart(context, index, left, bottom - part, width, part, segment !== null, { colours, tintOf });
      bottom -= part;
    }
    if (segment === null) continue;
    if (width > 3) {
      context.fillStyle = colours('panel');
      context.fillRect(right - 1, top, 1, height);
    }
    if (hasLabels && width > 36) drawLabel(context, segment.name, left, width, top, height - 3, colours);
  }
}

function fillPart(
  context: CanvasRenderingContext2D, index: number, left: number, top: number, width: number, height: number,
  isAlone: boolean, { colours, tintOf }: Pick<ChartInput, 'colours' | 'tintOf'>,
): void {
  const { series, isStrong } = tintOf(index);
  const colour = series < 0 ? colours('edge') : colours(`series-${series % 6}`);
  context.fillStyle = colour;
  context.globalAlpha = (isAlone ? 1 : 1.9) * (isStrong ? 0.3 : 0.14);
  context.fillRect(left, top, width, height);
  const hatch = hatchOf(index);
  if (hatch > 0 && height > 6) {
    context.globalAlpha = isStrong ? 0.5 : 0.35;
    context.fillStyle = hatching(context, hatch, colour);
    context.fillRect(left, top, width, height);
    context.fillStyle = colour;
  }
  context.globalAlpha = isStrong ? 1 : 0.6;
  if (isAlone) context.fillRect(left, top + height - 3, width, 3);
  context.globalAlpha = 1;
}

function drawLabel(
  context: CanvasRenderingContext2D, name: string, left: number, width: number, top: number, height: number,
  colours: Colours,
): void {
  const text = shortened(context, name, width - 2 * LABEL_ROOM);
  if (text === '') return;
  // On a ground of its own, as letters on a hatching are hard to read.
  context.fillStyle = colours('panel');
  context.globalAlpha = 0.82;
  context.fillRect(left + LABEL_ROOM - 4, top + 4, textWidth(context, text) + 8, height - 8);
  context.globalAlpha = 1;
  context.fillStyle = colours('ink');
  context.fillText(text, left + LABEL_ROOM, top + height / 2 + 0.5);
}

const widths = new Map<string, number>();

function textWidth(context: CanvasRenderingContext2D, text: string): number {
  let width = widths.get(text);
  if (width === undefined) {
    if (widths.size > 2000) widths.clear();
    widths.set(text, width = context.measureText(text).width);
  }
  return width;
}

function shortened(context: CanvasRenderingContext2D, text: string, room: number): string {
  if (textWidth(context, text) <= room) return text;
  // As many letters as would fit if all were as wide as the text's are on the average.
  const count = Math.floor(text.length * (room - 10) / textWidth(context, text));
  return count < 4 ? '' : `${text.slice(0, count).trimEnd()}…`;
}

/** A class's hatching: one of four, so that with five colours twenty classes look different. */
export function hatchOf(index: number): number {
  return index % 4;
}

const patterns = new Map<string, CanvasPattern>();

/** 1: rising lines; 2: falling lines; 3: upright lines. */
function hatching(context: CanvasRenderingContext2D, kind: number, colour: string): CanvasPattern {
  const scale = devicePixelRatio;
  const key = `${kind} ${colour} ${scale}`;
  let pattern = patterns.get(key);
  if (pattern) return pattern;
  if (patterns.size > 100) patterns.clear();
  const size = 8;
  const tile = document.createElement('canvas');
  tile.width = tile.height = Math.round(size * scale);
  const drawing = tile.getContext('2d')!;
  drawing.scale(tile.width / size, tile.height / size);
  drawing.strokeStyle = drawing.fillStyle = colour;
  drawing.lineWidth = 1.25;
  drawing.beginPath();
  if (kind === 1) for (const x of [-size, 0, size]) drawing.moveTo(x, size), drawing.lineTo(x + size, 0);
  if (kind === 2) for (const x of [-size, 0, size]) drawing.moveTo(x, 0), drawing.lineTo(x + size, size);
  if (kind === 3) drawing.moveTo(size / 2, 0), drawing.lineTo(size / 2, size);
  drawing.stroke();
  pattern = context.createPattern(tile, 'repeat')!;
  pattern.setTransform(new DOMMatrix().scale(size / tile.width));
  patterns.set(key, pattern);
  return pattern;
}

/** A value without a neighbour has no line. */
function isolated(plot: uPlot, series: number): number[] | null {
  const values = plot.data[series]!;
  const found: number[] = [];
  for (let i = 0; i < values.length; i++)
    if (values[i] !== null && (values[i - 1] ?? null) === null && (values[i + 1] ?? null) === null) found.push(i);
  return found.length > 0 ? found : null;
}
