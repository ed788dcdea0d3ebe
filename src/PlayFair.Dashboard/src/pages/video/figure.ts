// What is shown as one picture, for a paper or a ticket: drawn by the page's drawing code, in the page's colours.
import {
  curves, frameBars, marker, plain, role, setFrameBars, signed, signedBar, svg, time,
} from '../../../drawing/esv-drawing.js';
import { moment } from '../../words';
import { counts, plusMinus } from './compare';
import type { WindowView } from './WindowPanels';

/** Dots for each pixel of the page: sharp in print and on dense screens. */
const SCALE = 2;
const MARGIN = 28;
const CELL = 84;
const LEAST_WIDTH = 960;
const MOST_CELLS = 32;
const BAR_HEIGHT = 64;
const CURVE_HEIGHT = 300;
const THIN_PICTURE_HEIGHT = 84;

export interface FigurePart {
  x: number;
  y: number;
  width: number;
  height: number;
}

export interface FigureLayout {
  width: number;
  height: number;
  isThin: boolean;
  /** Width of a frame's column. */
  column: number;
  /** Where pictures stand, by position in the window. */
  pictures: Map<number, FigurePart>;
  captions: number;
  /** Each line's heading and its bars' top. */
  lines: { heading: number; bars: number }[];
  /** Of the classes behind a contrast, first baseline. */
  legend: number;
  curves: FigurePart;
  note: number;
}

/** Where everything stands, in pixels; y of texts is their baseline. */
export function figureLayout(
  frameCount: number, lineCount: number, legendCount: number, hasErrors: boolean, ratio: number): FigureLayout {
  const isThin = frameCount > MOST_CELLS;
  const inner = Math.max(LEAST_WIDTH - 2 * MARGIN, isThin ? 0 : frameCount * CELL);
  const column = inner / frameCount;
  const top = MARGIN + 62;
  const height = isThin ? THIN_PICTURE_HEIGHT : Math.min(column - 8, 160) / ratio;
  const width = height * ratio;
  const pictureCount = isThin ? Math.floor(inner / (width + 8)) : frameCount;
  const pictures = new Map<number, FigurePart>();
  for (let i = 0; i < pictureCount; i++) {
    const middle = (i + 0.5) / pictureCount;
    pictures.set(Math.floor(middle * frameCount), { x: MARGIN + middle * inner - width / 2, y: top, width, height });
  }
  const captions = top + height + 15;
  const lines = [];
  let y = captions + (isThin ? 0 : 14);
  for (let line = 0; line < lineCount; line++) {
    lines.push({ heading: y + 26, bars: y + 36 });
    y += 36 + BAR_HEIGHT + (isThin ? 4 : hasErrors ? 32 : 18);
  }
  const legend = y + 20;
  const curveTop = Math.ceil(y + 16 + legendCount * 20);
  const note = curveTop + CURVE_HEIGHT + 26;
  return {
    width: inner + 2 * MARGIN, height: note + MARGIN, isThin, column, pictures, captions, lines,
    legend, curves: { x: MARGIN, y: curveTop, width: inner, height: CURVE_HEIGHT }, note,
  };
}

/** The strip with its bars and the curves as a PNG. */
export async function figurePng(shown: WindowView, title: string): Promise<Blob> {
  const { update, comparison, picture } = shown;
  const hasErrors = comparison.series.some(({ errors }) => errors);
  const load = (i: number) => loadImage(picture(i));
  // The newest is the likeliest to be there; any shows the ratio of all.
  const sample = await load(update.frameIndices.length - 1) ?? await load(0);
  const ratio = sample ? sample.naturalWidth / sample.naturalHeight : 4 / 3;
  const layout = figureLayout(
    update.frameIndices.length, comparison.series.length, comparison.symbol === 'δ' ? 2 : 0, hasErrors, ratio);
  const images = await Promise.all([...layout.pictures].map(async ([i, part]) => ({ part, image: await load(i) })));

  const canvas = document.createElement('canvas');
  canvas.width = Math.round(layout.width * SCALE);
  canvas.height = Math.round(layout.height * SCALE);
  const context = canvas.getContext('2d')!;
  context.scale(SCALE, SCALE);
  context.drawImage(await rasterised(drawing(shown, title, layout)), 0, 0, layout.width, layout.height);
  for (const { part: { x, y, width, height }, image } of images) {
    if (!image) continue;
    context.save();
    context.beginPath();
    context.roundRect(x, y, width, height, 4);
    context.clip();
    context.drawImage(image, x, y, width, height);
    context.restore();
  }
  return await new Promise((resolve, reject) => canvas.toBlob(
    blob => blob ? resolve(blob) : reject(new Error('The browser made no picture of it.')), 'image/png'));
}

function drawing(shown: WindowView, title: string, layout: FigureLayout): SVGElement {
  const { update, comparison: { series, symbol, domain, classes }, position } = shown;
  const { frameIndices, frameTimes } = update;
  const frameCount = frameIndices.length;
  const { isThin, column } = layout;
  const center = (i: number) => MARGIN + (i + 0.5) * column;
  const text = (name: string, x: number, y: number, content: string, anchor = 'start') =>
    svg('text', { class: `figure-${name}`, x, y, 'text-anchor': anchor }, content);
  const placed = (node: SVGElement, { x, y, width, height }: FigurePart) => {
    for (const [name, value] of Object.entries({ x, y, width, height })) node.setAttribute(name, String(value));
    return node;
  };

  const sampling = update.standardError === 'exact' ? 'exact'
    : `sampled${update.samples === undefined ? '' : ` (m = ${update.samples}, R = ${update.iterations})`}`;
  const nodes = [
    svg('rect', { class: 'figure-ground', width: layout.width, height: layout.height }),
    text('title', MARGIN, MARGIN + 16, title),
    text('hint', MARGIN, MARGIN + 38, [
      `update ${update.sequence}`, moment(update.arrivedAt), update.model, update.score, sampling,
    ].join(' · ')),
  ];

  for (const [i, part] of layout.pictures) {
    const { x, y, width, height } = part;
    nodes.push(
      svg('rect', { class: 'figure-blank', x, y, width, height, rx: 4 }),
      text('hint', x + width / 2, y + height / 2 + 4, String(frameIndices[i]), 'middle'));
  }
  if (isThin) {
    nodes.push(
      text('caption', MARGIN, layout.captions, `${frameIndices[0]} · ${time(frameTimes[0]!)}`),
      text('caption', layout.width - MARGIN, layout.captions,
        `${frameIndices.at(-1)} · ${time(frameTimes.at(-1)!)}`, 'end'));
  } else {
    for (let i = 0; i < frameCount; i++) {
      nodes.push(
        text('index', center(i), layout.captions, String(frameIndices[i]), 'middle'),
        text('caption', center(i), layout.captions + 14, time(frameTimes[i]!), 'middle'));
    }
  }

  for (const [row, line] of series.entries()) {
    const { heading, bars } = layout.lines[row]!;
    const name = text('name', MARGIN + (symbol === 'φ' ? 20 : 0), heading, line.name);
    const reported = symbol === 'φ' ? classes.find(c => c.style === line.style)?.reported : null;
    name.append(svg('tspan', { class: 'figure-counts', dx: 10 },
      [counts(line.values, symbol), ...reported ? [scores(reported)] : []].join(' · ')));
    nodes.push(name, ...symbol === 'φ' ? [marker(line.style, MARGIN + 7, heading - 4, 4.5)] : []);
    if (isThin) {
      const node = frameBars();
      setFrameBars(node, line, domain, -1);
      nodes.push(placed(node, { x: MARGIN, y: bars, width: layout.curves.width, height: BAR_HEIGHT }));
      continue;
    }
    for (const [i, value] of line.values.entries()) {
      const error = line.errors?.[i];
      nodes.push(
        placed(signedBar(value, domain, error),
          { x: center(i) - column / 2, y: bars, width: column, height: BAR_HEIGHT }),
        text(`value number-${role(value)}`, center(i), bars + BAR_HEIGHT + 14, signed(value), 'middle'));
      if (error !== undefined)
        nodes.push(text('caption', center(i), bars + BAR_HEIGHT + 28, plusMinus(error), 'middle'));
    }
  }

  for (const [i, { letter, reported }] of (symbol === 'δ' ? classes : []).entries()) {
    if (!reported) continue;
    const said = `${letter}: ${reported.name}, ${scores(reported)}`;
    nodes.push(text('legend', MARGIN, layout.legend + 20 * i, said));
  }
  nodes.push(
    placed(curves({
      series, labels: frameIndices.map(String), current: position, width: layout.curves.width, height: CURVE_HEIGHT,
      axisTitle: `frame index (${time(frameTimes[0]!)} to ${time(frameTimes.at(-1)!)})`,
    }), layout.curves),
    text('hint', MARGIN, layout.note, symbol === 'δ'
      ? 'δ = φ of A minus φ of B. Up: the frame speaks for A. Down: for B.'
      : 'φ: Element Shapley value. Up: the frame supports the class. Down: it distracts.'
        + (series.some(({ errors }) => errors) ? ' Whiskers and bands: one standard error to either side.' : '')),
    text('hint', layout.width - MARGIN, layout.note, 'PlayFair', 'end'));
  return svg('svg', {
    class: 'figure', width: layout.width, height: layout.height, viewBox: `0 0 ${layout.width} ${layout.height}`,
  }, ...nodes);
}

function scores({ score, prior }: { score: number; prior: number }): string {
  return `f(X) = ${plain(score)}, f(∅) = ${plain(prior)}`;
}

/** What of a style sheet the drawing needs; a picture of it has no style sheet. */
const STYLED = [
  'fill', 'stroke', 'stroke-width', 'stroke-dasharray', 'stroke-linejoin', 'opacity', 'vector-effect', 'font-family',
  'font-size', 'font-weight', 'font-style',
];

async function rasterised(drawing: SVGElement): Promise<HTMLImageElement> {
  const box = document.createElement('div');
  box.className = 'unseen';
  box.setAttribute('aria-hidden', 'true');
  box.append(drawing);
  document.body.append(box);
  try {
    // All are read before any is written, after which reading is slow.
    const nodes = [drawing, ...drawing.querySelectorAll('*')];
    const styles = nodes.map(node => {
      const style = getComputedStyle(node);
      return STYLED.map(name => style.getPropertyValue(name));
    });
    for (const [i, node] of nodes.entries()) {
      for (const [j, name] of STYLED.entries()) node.setAttribute(name, styles[i]![j]!);
      node.removeAttribute('class');
    }
  } finally {
    box.remove();
  }
  const markup = new XMLSerializer().serializeToString(drawing);
  const address = URL.createObjectURL(new Blob([markup], { type: 'image/svg+xml' }));
  try {
    const image = await loadImage(address);
    if (!image) throw new Error('The browser could not draw it.');
    return image;
  } finally {
    URL.revokeObjectURL(address);
  }
}

/** @returns null where there is no picture. */
async function loadImage(address: string | null): Promise<HTMLImageElement | null> {
  if (address === null) return null;
  const image = new Image();
  image.src = address;
  try {
    await image.decode();
    return image;
  } catch {
    return null;
  }
}
