// @ts-check
// Draws element Shapley values: numbers in, SVG elements and texts out. Nothing here knows a page, its state or its
// data, so that any page can draw attributions the same way. Colours come from the page's style sheet through the
// classes `supporting`, `distracting` and `series-0` … `series-5`.

/**
 * One line of values over the frames: φ of a class, or the contrast δ of two.
 * @typedef {object} Series
 * @property {string} name What the line shows, for people.
 * @property {readonly number[]} values One value per frame, in time order.
 * @property {readonly number[]} [errors] The values' standard errors; none where they are exact or not known.
 * @property {number} style Which colour and marker: any whole number, taken modulo STYLE_COUNT.
 */

/** @typedef {readonly [number, number]} Range */

export const STYLE_COUNT = 6;
/** The sign of typeset numbers, as wide as a plus and read aloud as “minus”. */
export const MINUS = '\u2212';

/** @type {string | null} */
let svgNamespace = null;

const CURVE_MARGIN = { top: 12, right: 16, bottom: 40, left: 58 };
// Beyond this many frames markers would touch, and the line alone is clearer.
const MARKED_FRAMES = 64;
/** Beyond this many frames whiskers would hide the bars; the curves' bands show the errors. */
export const WHISKERED_FRAMES = 96;

// ---- elements

/** As the parser knows it: written out, it would be a network address in pages that promise to hold none. */
function namespace() {
  svgNamespace ??= new DOMParser()
    .parseFromString('<svg></svg>', 'text/html').querySelector('svg')?.namespaceURI ?? null;
  return svgNamespace;
}

/**
 * null, undefined and false attributes are left out.
 * @typedef {Record<string, string | number | boolean | null | undefined>} Attributes
 */

/**
 * @param {Element} element
 * @param {Attributes} attributes
 * @param {(Node | string)[]} children Strings become text nodes, never markup.
 */
function fill(element, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) {
    if (value === null || value === undefined || value === false) continue;
    element.setAttribute(name, value === true ? '' : String(value));
  }
  element.append(...children);
}

/**
 * Writes only what changed, so that nothing else is laid out and painted again.
 * @param {Element} element
 * @param {Record<string, string | number>} attributes
 */
function set(element, attributes) {
  for (const [name, value] of Object.entries(attributes)) {
    const text = String(value);
    if (element.getAttribute(name) !== text) element.setAttribute(name, text);
  }
}

/**
 * @param {string} name
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {SVGElement}
 */
export function svg(name, attributes = {}, ...children) {
  const element = /** @type {SVGElement} */ (document.createElementNS(namespace(), name));
  fill(element, attributes, children);
  return element;
}

/**
 * @template {keyof HTMLElementTagNameMap} K
 * @param {K} name
 * @param {Attributes} [attributes]
 * @param {(Node | string)[]} children
 * @returns {HTMLElementTagNameMap[K]}
 */
export function html(name, attributes = {}, ...children) {
  const element = document.createElement(name);
  fill(element, attributes, children);
  return element;
}

// ---- numbers

/**
 * Four decimals, or one significant decimal and an exponent where four decimals would hide the value.
 * @param {number} value
 */
export function plain(value) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = size < 0.0005 ? size.toExponential(1) : size.toFixed(4);
  return (value < 0 ? MINUS : '') + text.replace('-', MINUS).replace('e+', 'e');
}

/**
 * As {@link plain}, with a plus sign before positive values.
 * @param {number} value
 */
export function signed(value) {
  return (value > 0 ? '+' : '') + plain(value);
}

/**
 * A presentation time: `0.48 s`, `1:02.50`, `1:00:02.50`.
 * @param {number} seconds
 */
export function time(seconds) {
  const hundredths = Math.round(seconds * 100);
  if (Math.abs(hundredths) < 6000) return `${plainSeconds(hundredths)} s`;
  const minutes = Math.floor(hundredths / 6000);
  const rest = plainSeconds(hundredths % 6000).padStart(5, '0');
  if (minutes < 60) return `${minutes}:${rest}`;
  return `${Math.floor(minutes / 60)}:${String(minutes % 60).padStart(2, '0')}:${rest}`;
}

/** @param {number} hundredths */
function plainSeconds(hundredths) {
  return (hundredths / 100).toFixed(2).replace('-', MINUS);
}

/**
 * The class-contrastive values δ_i = φ_i^a − φ_i^b.
 * @param {readonly number[]} a
 * @param {readonly number[]} b
 */
export function contrast(a, b) {
  return a.map((value, i) => value - b[i]);
}

/**
 * The ends of the values' error bars, one standard error below and above, or the values where there are no errors.
 * @param {Series} series
 * @returns {{ low: number[], high: number[] }}
 */
export function errorBounds({ values, errors }) {
  return {
    low: values.map((value, i) => value - (errors?.[i] ?? 0)),
    high: values.map((value, i) => value + (errors?.[i] ?? 0)),
  };
}

/**
 * The {@link valueDomain} of some series, their error bars included.
 * @param {readonly Series[]} series
 */
export function seriesDomain(series) {
  return valueDomain(series.map(errorBounds).flatMap(({ low, high }) => [low, high]));
}

/**
 * A frame supports when its value is above zero; otherwise it distracts.
 * @param {number} value
 * @returns {'supporting' | 'distracting'}
 */
export function role(value) {
  return value > 0 ? 'supporting' : 'distracting';
}

/** @param {readonly number[]} values */
export function countSupporting(values) {
  return values.filter(value => role(value) === 'supporting').length;
}

// ---- scales

/**
 * @param {Range} domain
 * @param {Range} range
 * @returns {(value: number) => number}
 */
export function linearScale([d0, d1], [r0, r1]) {
  return value => r0 + (value - d0) / (d1 - d0) * (r1 - r0);
}

/**
 * The range that holds zero and every value, with room around so that no bar touches the edge.
 * @param {Iterable<readonly number[]>} rows
 * @returns {Range}
 */
export function valueDomain(rows) {
  let low = 0;
  let high = 0;
  for (const row of rows) {
    for (const value of row) {
      low = Math.min(low, value);
      high = Math.max(high, value);
    }
  }
  if (low === high) return [-1, 1];
  const room = 0.08 * (high - low);
  return [low - room, high + room];
}

/**
 * Round numbers (steps of 1, 2 or 5 times a power of ten) inside the domain.
 * @param {Range} domain
 * @param {number} most How many there may be.
 */
export function ticks([low, high], most) {
  const rough = (high - low) / most;
  const power = 10 ** Math.floor(Math.log10(rough));
  const step = power * ([1, 2, 5].find(factor => factor * power >= rough) ?? 10);
  const values = [];
  for (let i = Math.ceil(low / step); i * step <= high; i++) values.push(i * step);
  const decimals = Math.max(0, -Math.floor(Math.log10(step)));
  return values.map(value => ({ value, text: tickText(value, decimals) }));
}

/**
 * @param {number} value
 * @param {number} decimals
 */
function tickText(value, decimals) {
  if (value === 0) return '0';
  const size = Math.abs(value);
  const text = decimals > 4 ? size.toExponential(0).replace('-', MINUS) : size.toFixed(decimals);
  return (value > 0 ? '+' : MINUS) + text;
}

// ---- drawings

/** The corners of each marker but the round one, in halves of its size. @type {readonly (readonly Range[] | null)[]} */
const MARKER_CORNERS = [
  null,
  [[-0.9, -0.9], [0.9, -0.9], [0.9, 0.9], [-0.9, 0.9]],
  [[0, -1.2], [1.15, 0.9], [-1.15, 0.9]],
  [[0, -1.3], [1.3, 0], [0, 1.3], [-1.3, 0]],
  [[0, 1.2], [1.15, -0.9], [-1.15, -0.9]],
  [
    [-0.4, -1.2], [0.4, -1.2], [0.4, -0.4], [1.2, -0.4], [1.2, 0.4], [0.4, 0.4],
    [0.4, 1.2], [-0.4, 1.2], [-0.4, 0.4], [-1.2, 0.4], [-1.2, -0.4], [-0.4, -0.4],
  ],
];

/**
 * A class's sign in legends and on its curve: six shapes, so that colour is never the only difference.
 * @param {number} style
 * @param {number} x
 * @param {number} y
 * @param {number} r Half the marker's size, in pixels.
 */
export function marker(style, x, y, r) {
  const shape = style % STYLE_COUNT;
  const name = `marker series-${shape}`;
  const corners = MARKER_CORNERS[shape];
  if (!corners) return svg('circle', { class: name, cx: round(x), cy: round(y), r });
  return svg('polygon', {
    class: name,
    points: corners.map(([dx, dy]) => `${round(x + dx * r)},${round(y + dy * r)}`).join(' '),
  });
}

/**
 * The {@link marker} as path data, for drawings on a canvas.
 * @param {number} style
 * @param {number} x
 * @param {number} y
 * @param {number} r Half the marker's size, in pixels.
 */
export function markerPath(style, x, y, r) {
  const corners = MARKER_CORNERS[style % STYLE_COUNT];
  if (!corners) return `M${round(x - r)} ${round(y)}a${r} ${r} 0 1 0 ${2 * r} 0a${r} ${r} 0 1 0 ${-2 * r} 0Z`;
  return `M${corners.map(([dx, dy]) => `${round(x + dx * r)} ${round(y + dy * r)}`).join('L')}Z`;
}

/**
 * A marker alone, as large as a line of text.
 * @param {number} style
 */
export function markerIcon(style) {
  return svg('svg', { class: 'marker-icon', viewBox: '0 0 14 14', 'aria-hidden': 'true' }, marker(style, 7, 7, 4.5));
}

/**
 * One value as a bar from the zero line: up supports, down distracts. Stretches to its box.
 * @param {number} value
 * @param {Range} domain
 * @param {number} [error] A standard error, drawn as a whisker to either side of the value.
 */
export function signedBar(value, domain, error) {
  const bar = svg('svg', {
    class: 'signed-bar', viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true',
  },
  svg('rect', { x: 28, width: 44 }),
  svg('line', { class: 'zero-line', x1: 0, x2: 100 }),
  ...error === undefined ? [] : [svg('path', { class: 'whisker' })]);
  setSignedBar(bar, value, domain, error);
  return bar;
}

/**
 * Gives a {@link signedBar} another value in place: bars that change many times a second are not built anew.
 * @param {SVGElement} bar Made with an error if there is one now, and without if there is none.
 * @param {number} value
 * @param {Range} domain
 * @param {number} [error]
 */
export function setSignedBar(bar, value, domain, error) {
  const y = linearScale(domain, [100, 0]);
  const zero = y(0);
  const [rect, line, whisker] = bar.children;
  set(rect, { class: role(value), y: round(Math.min(zero, y(value))), height: round(Math.abs(y(value) - zero)) });
  set(line, { y1: round(zero), y2: round(zero) });
  if (error !== undefined) set(whisker, { d: whiskerPath(50, 8, y(value - error), y(value + error)) });
}

/**
 * Many values as bars from the zero line, as path data for all supporting and all distracting ones.
 * @param {readonly number[]} xs The bars' middles.
 * @param {readonly number[]} values
 * @param {number} width Of a bar.
 * @param {(value: number) => number} y
 * @returns {{ supporting: string, distracting: string }}
 */
export function signedBars(xs, values, width, y) {
  const paths = { supporting: '', distracting: '' };
  const zero = round(y(0));
  values.forEach((value, i) => {
    paths[role(value)] += `M${round(xs[i] - width / 2)} ${zero}h${round(width)}V${round(y(value))}h${round(-width)}Z`;
  });
  return paths;
}

/**
 * An upright line with a cap at each end.
 * @param {number} x
 * @param {number} cap Half the caps' length.
 * @param {number} low
 * @param {number} high
 */
function whiskerPath(x, cap, low, high) {
  const [bottom, top, left, right] = [low, high, x - cap, x + cap].map(round);
  return `M${left} ${bottom}H${right}M${round(x)} ${bottom}V${top}M${left} ${top}H${right}`;
}

/**
 * Values of many frames as {@link signedBar}s side by side, without their texts, with the current frame's column
 * marked. Stretches to its box; {@link setFrameBars} fills it.
 */
export function frameBars() {
  return svg('svg', {
    class: 'frame-bars', viewBox: '0 0 100 100', preserveAspectRatio: 'none', 'aria-hidden': 'true',
  },
  svg('rect', { class: 'current-column', y: 0, height: 100 }),
  svg('path', { class: 'supporting' }),
  svg('path', { class: 'distracting' }),
  svg('path', { class: 'whisker' }),
  svg('line', { class: 'zero-line', x1: 0, x2: 100 }));
}

/**
 * @param {SVGElement} bars Made by {@link frameBars}.
 * @param {Series} series
 * @param {Range} domain
 * @param {number | null} current Position of the current frame; null: none is marked.
 */
export function setFrameBars(bars, { values, errors }, domain, current) {
  const y = linearScale(domain, [100, 0]);
  const zero = round(y(0));
  const slot = 100 / Math.max(1, values.length);
  const paths = { supporting: '', distracting: '' };
  for (const [i, value] of values.entries()) {
    const [left, right] = [precise((i + 0.12) * slot), precise((i + 0.88) * slot)];
    paths[role(value)] += `M${left} ${zero}V${round(y(value))}H${right}V${zero}Z`;
  }
  const whiskers = (values.length > WHISKERED_FRAMES ? [] : errors ?? []).map((error, i) =>
    `M${precise((i + 0.5) * slot)} ${round(y(values[i] - error))}V${round(y(values[i] + error))}`);
  const [column, supporting, distracting, whisker, line] = bars.children;
  const isMarked = current !== null && values.length > 0;
  set(column, { x: isMarked ? precise(current * slot) : 0, width: isMarked ? precise(slot) : 0 });
  set(supporting, { d: paths.supporting });
  set(distracting, { d: paths.distracting });
  set(whisker, { d: whiskers.join('') });
  set(line, { y1: zero, y2: zero });
}

/** How much of a {@link sparkline} is above its zero line: what supports a top class is mostly the larger part. */
const SPARKLINE_ABOVE = 0.65;

/**
 * The range of a {@link sparkline}: it holds every value, and zero always at the same height. Its upper end is 1, 1.5,
 * 2, 3, 5 or 7 times a power of ten, so that a window that slides does not rescale with every frame.
 * @param {readonly number[]} values
 * @returns {Range}
 */
export function steadyDomain(values) {
  const below = (1 - SPARKLINE_ABOVE) / SPARKLINE_ABOVE;
  let most = 0;
  for (const value of values) most = Math.max(most, value, -value / below);
  if (most === 0) return [-below, 1];
  const power = 10 ** Math.floor(Math.log10(most));
  const high = ([1, 1.5, 2, 3, 5, 7].find(factor => factor * power >= most) ?? 10) * power;
  return [-high * below, high];
}

/**
 * The values of a window as small bars about a zero line, without the frames. Made once and updated in place, so that
 * many of them can move ten times a second. Stretches to its box.
 * @returns {{ element: SVGElement, update: (values: readonly number[]) => Range }} `update` returns the range drawn.
 */
export function sparkline() {
  const element = frameBars();
  element.classList.add('sparkline');
  return {
    element,
    update(values) {
      const domain = steadyDomain(values);
      setFrameBars(element, { name: '', style: 0, values }, domain, null);
      return domain;
    },
  };
}

/**
 * A class's score as a bar from zero, with a tick at its prior. Stretches to its box.
 * @param {number} score
 * @param {number} prior
 * @param {Range} domain Shared by all classes; holds zero.
 */
export function classBar(score, prior, domain) {
  const bar = svg('svg', {
    class: 'class-bar', viewBox: '0 0 100 10', preserveAspectRatio: 'none', 'aria-hidden': 'true',
  },
  svg('rect', { class: 'class-bar-track', x: 0, y: 2, width: 100, height: 6 }),
  svg('rect', { class: 'class-bar-score', y: 2, height: 6 }),
  svg('line', { class: 'class-bar-prior', y1: 0, y2: 10 }));
  setClassBar(bar, score, prior, domain);
  return bar;
}

/**
 * Gives a {@link classBar} other values in place.
 * @param {SVGElement} bar
 * @param {number} score
 * @param {number} prior
 * @param {Range} domain
 */
export function setClassBar(bar, score, prior, domain) {
  const x = linearScale(domain, [0, 100]);
  const [, rect, line] = bar.children;
  set(rect, { x: round(Math.min(x(0), x(score))), width: round(Math.abs(x(score) - x(0))) });
  set(line, { x1: round(x(prior)), x2: round(x(prior)) });
}

/**
 * Curves of values over the frames, each in the band of its standard errors, with axes, a zero line and the current
 * frame marked.
 * @param {object} chart
 * @param {readonly Series[]} chart.series
 * @param {readonly string[]} chart.labels One per frame, under the axis where they fit.
 * @param {string} chart.axisTitle
 * @param {number | null} chart.current Position of the current frame; null: no frame is.
 * @param {number} chart.width In pixels.
 * @param {number} chart.height In pixels.
 */
export function curves({ series, labels, axisTitle, current, width, height }) {
  const bottom = height - CURVE_MARGIN.bottom;
  const right = width - CURVE_MARGIN.right;
  const domain = seriesDomain(series);
  const x = frameScale(labels.length, width);
  const y = linearScale(domain, [bottom, CURVE_MARGIN.top]);

  const grid = ticks(domain, Math.max(2, Math.floor(height / 44))).flatMap(({ value, text }) => [
    svg('line', {
      class: value === 0 ? 'zero-line' : 'grid-line',
      x1: CURVE_MARGIN.left, x2: right, y1: round(y(value)), y2: round(y(value)),
    }),
    svg('text', {
      class: 'tick', x: CURVE_MARGIN.left - 8, y: round(y(value)), dy: '0.32em', 'text-anchor': 'end',
    }, text),
  ]);

  const axis = frameTicks(labels, width).map(position => svg('text', {
    class: position === current ? 'tick current' : 'tick',
    x: round(x(position)), y: bottom + 16, 'text-anchor': 'middle',
  }, labels[position]));

  const bands = series.filter(({ errors }) => errors).map(shown => {
    const { low, high } = errorBounds(shown);
    const points = [...high.map((value, i) => [i, value]), ...low.map((value, i) => [i, value]).reverse()];
    return svg('polygon', {
      class: `error-band series-${shown.style % STYLE_COUNT}`,
      points: points.map(([i, value]) => `${round(x(i))},${round(y(value))}`).join(' '),
    });
  });

  const lines = series.map(({ values, style, name }) => svg('g', { class: 'curve', 'data-name': name },
    svg('polyline', {
      class: `curve-line series-${style % STYLE_COUNT}`,
      'stroke-dasharray': style >= STYLE_COUNT ? '6 4' : null,
      points: values.map((value, i) => `${round(x(i))},${round(y(value))}`).join(' '),
    }),
    ...values.flatMap((value, i) =>
      i === current || values.length <= MARKED_FRAMES
        ? [marker(style, x(i), y(value), i === current ? 5.5 : 3.5)]
        : [])));

  return svg('svg', { class: 'curves', viewBox: `0 0 ${width} ${height}`, 'aria-hidden': 'true' },
    svg('rect', {
      class: 'supporting-ground', x: CURVE_MARGIN.left, y: CURVE_MARGIN.top,
      width: right - CURVE_MARGIN.left, height: round(y(0) - CURVE_MARGIN.top),
    }),
    svg('rect', {
      class: 'distracting-ground', x: CURVE_MARGIN.left, y: round(y(0)),
      width: right - CURVE_MARGIN.left, height: round(bottom - y(0)),
    }),
    ...grid,
    ...current === null ? [] : [svg('line', {
      class: 'cursor-line', x1: round(x(current)), x2: round(x(current)), y1: CURVE_MARGIN.top, y2: bottom,
    })],
    ...bands,
    ...lines,
    ...axis,
    svg('text', {
      class: 'axis-title', x: (CURVE_MARGIN.left + right) / 2, y: height - 6, 'text-anchor': 'middle',
    }, axisTitle));
}

/**
 * The frame nearest to a point of a {@link curves} drawing.
 * @param {number} pointX In the drawing's pixels.
 * @param {number} count How many frames there are.
 * @param {number} width The drawing's width in pixels.
 */
export function frameAt(pointX, count, width) {
  const first = frameScale(count, width)(0);
  const step = count > 1 ? frameScale(count, width)(1) - first : 1;
  return Math.max(0, Math.min(count - 1, Math.round((pointX - first) / step)));
}

/**
 * @param {number} count
 * @param {number} width
 */
function frameScale(count, width) {
  const inset = 14;
  const left = CURVE_MARGIN.left + inset;
  const right = width - CURVE_MARGIN.right - inset;
  return count === 1
    ? () => (left + right) / 2
    : linearScale([0, count - 1], [left, right]);
}

/**
 * Positions to label so that neighbours do not touch.
 * @param {readonly string[]} labels
 * @param {number} width
 */
function frameTicks(labels, width) {
  const longest = Math.max(...labels.map(label => label.length));
  const room = width - CURVE_MARGIN.left - CURVE_MARGIN.right;
  const most = Math.max(1, Math.floor(room / (longest * 7 + 14)));
  const every = Math.ceil(labels.length / most);
  return labels.map((_, position) => position).filter(position => position % every === 0);
}

/** For columns, of which hundreds share a hundred units. @param {number} value */
function precise(value) {
  return Math.round(value * 1e4) / 1e4;
}

/** Hundredths of a pixel are enough for the eye, and keep the document small. @param {number} value */
function round(value) {
  return Math.round(value * 100) / 100;
}
