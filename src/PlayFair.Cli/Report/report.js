// @ts-check
// The report's page: what is chosen, what each choice shows, and the link that restores it. Numbers come from the
// embedded attribution document (schema playfair.attribution/1), drawings from esv-drawing.js.
import {
  MINUS, classBar, contrast, countSupporting, curves, frameAt, html, markerIcon, plain, role, seriesDomain, signed,
  signedBar, time, valueDomain,
} from './esv-drawing.js';

/**
 * @typedef {object} AttributedClass
 * @property {number} index
 * @property {string} name
 * @property {number} score
 * @property {number} prior
 * @property {number[]} esv
 * @property {number} esvSum
 * @property {number} efficiencyGap
 * @property {number[]} [standardErrors]
 */

/**
 * @typedef {object} Attribution
 * @property {string} schema
 * @property {string} producedBy
 * @property {{ path: string, width: number, height: number, durationSeconds?: number, frameRateHz?: number,
 *   frameCount: number }} [video]
 * @property {{ path: string, frameCount: number, featureSize: number }} [features]
 * @property {{ name: string, version: string, head: string, maxScale?: number, featureSize: number, classCount: number,
 *   device?: string }} model
 * @property {{ frameCount: number, sampling: string, score: string, estimator: string, samples?: number, seed?: number,
 *   iterationLimit?: number, tolerance?: number, evaluationBudget?: number, timeLimitSeconds?: number }} settings
 * @property {{ position: number, index: number, timeSeconds?: number }[]} frames
 * @property {AttributedClass[]} classes
 * @property {number[]} selected
 * @property {string} standardError
 * @property {number} [iterations]
 * @property {string} [stopReason]
 * @property {number} [relativeStandardError]
 * @property {number} evaluationCount
 * @property {{ decodeSeconds: number, featureSeconds: number, attributionSeconds: number,
 *   totalSeconds: number }} timings
 * @property {string[]} warnings
 */

/**
 * What the reader chose; all of it is in the page's address.
 * @typedef {object} State
 * @property {number[]} classes Indices of the classes compared, in the order chosen; never empty.
 * @property {[number, number]} pair The classes A and B of the contrast δ = φ^A − φ^B.
 * @property {boolean} contrast Whether δ is shown in place of φ.
 * @property {number} frame Position of the current frame.
 */

const TOP_CLASSES = 10;
// Enumeration is exact; what remains is the rounding of sums of this many terms, far below this.
const EFFICIENCY_TOLERANCE = 1e-6;
// Pixels left of and right of the current frame that stay in sight, so that its neighbours show.
const STRIP_MARGIN = 24;
// Browsers limit how often a page may rewrite its address; a pointer sweeping over frames would exceed that.
const ADDRESS_DELAY_MS = 300;

/**
 * What samples are, where they are not subsequences of a size.
 * @type {Record<string, string>}
 */
const SAMPLES = { permutation: 'Pairs of orders', 'leverage-regression': 'Coalitions' };

const attribution = /** @type {Attribution} */ (embedded('attribution'));
const pictures = /** @type {string[]} */ (embedded('frames'));
const classByIndex = new Map(attribution.classes.map(c => [c.index, c]));
const frameCount = attribution.frames.length;
const isExact = attribution.standardError === 'exact';
const canContrast = attribution.classes.length > 1;

let state = stateFromAddress();
let showAllClasses = false;
let addressTimer = 0;

drawOnce();
draw();
listen();

// ---- state

/** @returns {State} */
function stateFromAddress() {
  const address = new URLSearchParams(location.hash.slice(1));
  /** @param {string | null} text */
  const classesIn = text => [...new Set((text ?? '').split(',').filter(part => /^\d+$/.test(part)).map(Number))]
    .filter(index => classByIndex.has(index));

  const [best] = attribution.classes;
  const asked = [address.get('classes'), attribution.selected.join(','), String(best.index)].map(classesIn);
  const classes = asked.find(indices => indices.length > 0) ?? [];
  const addressed = classesIn(address.get('contrast'));
  const pair = addressed.length === 2 ? addressed : defaultPair(classes);
  return {
    classes,
    pair: /** @type {[number, number]} */ (pair),
    contrast: addressed.length === 2,
    frame: Math.max(0, Math.min(frameCount - 1, Number.parseInt(address.get('frame') ?? '0', 10) || 0)),
  };
}

/**
 * The first two classes compared, or the only one and the best of the others.
 * @param {number[]} classes
 */
function defaultPair([a, b]) {
  return [a, b ?? attribution.classes.find(c => c.index !== a)?.index ?? a];
}

function writeAddress() {
  const parts = [
    `classes=${state.classes.join(',')}`,
    ...state.contrast ? [`contrast=${state.pair.join(',')}`] : [],
    `frame=${state.frame}`,
  ];
  history.replaceState(null, '', `#${parts.join('&')}`);
}

/**
 * @param {Partial<State>} change
 */
function change(change) {
  state = { ...state, ...change };
  draw();
  scheduleAddress();
}

/** @param {number} frame */
function goTo(frame) {
  const next = Math.max(0, Math.min(frameCount - 1, frame));
  if (next === state.frame) return;
  state = { ...state, frame: next };
  drawCurrentFrame();
  scheduleAddress();
}

function scheduleAddress() {
  clearTimeout(addressTimer);
  addressTimer = setTimeout(writeAddress, ADDRESS_DELAY_MS);
}

/** @param {number} index */
function toggleClass(index) {
  const { name } = classOf(index);
  if (state.contrast) {
    if (state.pair.includes(index)) return;
    announce(`Contrast with ${name}`);
    change({ pair: [state.pair[0], index] });
    return;
  }
  const without = state.classes.filter(other => other !== index);
  const removing = without.length < state.classes.length;
  if (removing && without.length === 0) {
    announce(`${name} stays: at least one class is shown`);
    return;
  }
  announce(removing ? `${name} removed` : `${name} added`);
  const classes = removing ? without : [...state.classes, index];
  change({ classes, pair: /** @type {[number, number]} */ (defaultPair(classes)) });
}

// ---- what is shown

/** @param {number} index */
function classOf(index) {
  return /** @type {AttributedClass} */ (classByIndex.get(index));
}

/**
 * The lines of the strip and the curve: φ of each class compared, or the one δ.
 * @returns {import('./esv-drawing.js').Series[]}
 */
function shownSeries() {
  if (!state.contrast)
    return state.classes.map(classOf).map(({ name, esv, standardErrors }, style) =>
      ({ name, values: esv, errors: standardErrors, style }));
  // The same samples give both classes, so that their errors say too little of that of the difference.
  const [a, b] = state.pair.map(classOf);
  return [{ name: `${a.name} ${MINUS} ${b.name}`, values: contrast(a.esv, b.esv), style: 0 }];
}

/** The classes behind what is shown, each with the sign that stands for it. */
function shownClasses() {
  return state.contrast
    ? state.pair.map((index, i) => ({ ...classOf(index), icon: () => letterIcon('AB'[i]) }))
    : state.classes.map((index, style) => ({ ...classOf(index), icon: () => markerIcon(style) }));
}

/** @param {number} position */
function frameName(position) {
  const { index, timeSeconds } = attribution.frames[position];
  return timeSeconds === undefined ? `Frame ${index}` : `Frame ${index}, ${time(timeSeconds)}`;
}

/** @param {number} position */
function frameSummary(position) {
  const values = shownSeries().map(({ name, values, errors }) =>
    `${name}: ${symbol()} ${signed(values[position])}${plusMinus(errors?.[position])}, ${role(values[position])}`);
  return [frameName(position), ...values].join('; ');
}

/**
 * A standard error as it stands after its value; nothing where there is none.
 * @param {number} [error]
 */
function plusMinus(error) {
  return error === undefined ? '' : ` ± ${plain(error)}`;
}

function symbol() {
  return state.contrast ? 'δ' : 'φ';
}

// ---- drawing

function drawOnce() {
  const [best] = attribution.classes;
  const supporting = countSupporting(best.esv);
  byId('title').textContent = sourceName();
  byId('prediction').append(
    html('span', { class: 'predicted-label' }, 'Predicted '),
    html('strong', {}, best.name),
    html('span', { class: 'predicted-score' }, plain(best.score)));
  byId('facts').textContent = `Supporting frames: ${supporting} of ${frameCount}. `
    + `Distracting: ${frameCount - supporting}. With no frame the score would be ${plain(best.prior)}.`;

  if (attribution.warnings.length > 0) {
    byId('warnings').append(html('section', { class: 'warnings', 'aria-label': 'Warnings' },
      html('h2', {}, attribution.warnings.length === 1 ? 'Warning' : 'Warnings'),
      html('ul', {}, ...attribution.warnings.map(warning => html('li', {}, warning)))));
  }

  byId('view').hidden = !canContrast;
  byId('settings').append(...settings().flatMap(([term, value]) =>
    [html('div', {}, html('dt', {}, term), html('dd', {}, value))]));
}

function draw() {
  const radio = /** @type {HTMLInputElement} */ (
    document.querySelector(`#view input[value=${state.contrast ? 'contrast' : 'classes'}]`));
  radio.checked = true;
  const hasErrors = shownSeries().some(({ errors }) => errors);
  byId('frames-hint').textContent = (state.contrast
    ? 'Bars show δ. Up: the frame speaks for A. Down: for B.'
    : 'Bars show φ. Up: the frame supports the class. Down: it distracts.')
    + (hasErrors ? ' Whiskers: one standard error to either side.' : '');
  byId('curve-heading').textContent = state.contrast ? 'Contrast δ over the frames' : 'ESV φ over the frames';
  byId('classes-hint').textContent = state.contrast
    ? 'Choose the class B to subtract.'
    : 'Choose classes to add or remove their curves.';
  drawChosen();
  drawLegend();
  drawStrip();
  drawClasses();
  drawEfficiency();
  drawNumbers();
  drawCurrentFrame();
}

/** What changes when only the current frame does; the strip is not rebuilt under the pointer. */
function drawCurrentFrame() {
  drawDetail();
  drawCurve();
  document.querySelectorAll('.frame').forEach((frame, position) => {
    const current = position === state.frame;
    frame.setAttribute('aria-selected', String(current));
    /** @type {HTMLElement} */ (frame).tabIndex = current ? 0 : -1;
  });
  document.querySelectorAll('#numbers tbody tr').forEach((row, position) =>
    row.classList.toggle('current', position === state.frame));
}

function drawChosen() {
  byId('chosen').replaceChildren(...state.contrast ? contrastPickers() : classChips());
}

function classChips() {
  const only = state.classes.length === 1;
  return [
    ...state.classes.map((index, style) => html('span', { class: 'chip' },
      markerIcon(style),
      html('span', { class: 'chip-name' }, classOf(index).name),
      ...only ? [] : [onClick(
        html('button', { type: 'button', class: 'chip-remove', 'aria-label': `Remove ${classOf(index).name}` }, '×'),
        () => toggleClass(index))])),
    onClick(html('button', { type: 'button', class: 'quiet' }, 'Compare another class'), () => {
      byId('filter').focus({ preventScroll: true });
      byId('classes-heading').scrollIntoView({ behavior: calm() ? 'auto' : 'smooth' });
    }),
  ];
}

function contrastPickers() {
  /** @param {0 | 1} side */
  const picker = side => {
    const options = attribution.classes
      .filter(c => c.index !== state.pair[1 - side])
      .map(c => html('option', { value: c.index, selected: c.index === state.pair[side] }, c.name));
    const select = html('select', { id: `class-${'ab'[side]}`, 'aria-label': `Class ${'AB'[side]}` }, ...options);
    select.addEventListener('change', () => {
      const pair = /** @type {[number, number]} */ ([...state.pair]);
      pair[side] = Number(select.value);
      change({ pair });
      byId(select.id).focus();
    });
    return html('span', { class: 'picker' }, letterIcon('AB'[side]), select);
  };
  const swap = html('button', { type: 'button', class: 'quiet', id: 'swap' }, 'Swap');
  return [picker(0), html('span', { class: 'minus', 'aria-hidden': 'true' }, MINUS), picker(1), onClick(swap, () => {
    change({ pair: [state.pair[1], state.pair[0]] });
    byId('swap').focus();
  })];
}

function drawLegend() {
  byId('legend').replaceChildren(...shownSeries().map(({ name, style }) => html('li', {}, markerIcon(style), name)));
}

function drawStrip() {
  const series = shownSeries();
  const domain = seriesDomain(series);

  const headings = series.map(({ name, values, style }, row) => {
    const supporting = countSupporting(values);
    return at(row, html('p', { class: 'strip-heading' }, html('span', {},
      ...state.contrast ? [] : [markerIcon(style)],
      html('b', {}, name),
      html('span', { class: 'counts' }, state.contrast
        ? `${supporting} for A, ${frameCount - supporting} for B`
        : `${supporting} supporting, ${frameCount - supporting} distracting`))));
  });

  const frames = attribution.frames.map(({ index, timeSeconds }, position) => html('li', {
    class: 'frame', role: 'option', 'aria-label': frameSummary(position), 'data-position': position,
  },
  picture(position),
  html('span', { class: 'caption' },
    html('b', {}, String(index)),
    ...timeSeconds === undefined ? [] : [html('span', {}, time(timeSeconds))]),
  ...series.map(({ values, errors, style }, row) => at(row, html('span', { class: 'value' },
    signedBar(values[position], domain, errors?.[position]),
    html('span', { class: `number ${role(values[position])}` },
      ...series.length > 1 ? [markerIcon(style)] : [], signed(values[position])),
    ...errorText(errors?.[position]))))));

  const grid = html('div', { class: 'strip-grid' },
    ...headings,
    html('ol', { role: 'listbox', 'aria-labelledby': 'frames-heading', 'aria-orientation': 'horizontal' }, ...frames));
  grid.style.gridTemplateRows = `auto auto repeat(${series.length}, auto auto)`;
  grid.style.gridTemplateColumns = `repeat(${frameCount}, minmax(var(--frame-least), var(--frame-most))) 1fr`;
  byId('strip').replaceChildren(grid);
}

/**
 * Each series has a row for its heading and one for its bars, below the pictures and their captions.
 * @template {HTMLElement} T
 * @param {number} row
 * @param {T} element
 */
function at(row, element) {
  element.style.gridRow = String(3 + 2 * row + (element.className === 'value' ? 1 : 0));
  return element;
}

/**
 * A standard error as an element of its own, or none.
 * @param {number} [error]
 */
function errorText(error) {
  return error === undefined ? [] : [html('span', { class: 'error' }, plusMinus(error))];
}

/**
 * The frame's picture; a numbered blank where features were attributed and there is none.
 * @param {number} position
 */
function picture(position) {
  return pictures.length > 0
    ? html('img', { class: 'picture', src: `data:image/jpeg;base64,${pictures[position]}`, alt: '', decoding: 'async' })
    : html('span', { class: 'picture blank' }, String(attribution.frames[position].index));
}

function drawDetail() {
  const values = shownSeries().map(({ name, values, errors, style }) => ({
    icon: state.contrast ? [] : [markerIcon(style)], name, symbol: symbol(), value: values[state.frame],
    error: errors?.[state.frame],
  }));
  const parts = state.contrast
    ? shownClasses().map(c => ({
      icon: [c.icon()], name: c.name, symbol: 'φ', value: c.esv[state.frame], error: c.standardErrors?.[state.frame],
    }))
    : [];
  const { index, timeSeconds } = attribution.frames[state.frame];
  /** @param {string} text @param {number} step @param {string} label */
  const stepButton = (text, step, label) => {
    const button = html('button', {
      type: 'button', class: 'step', id: `step-${label.split(' ')[0]}`, 'aria-label': label,
      'aria-disabled': state.frame + step < 0 || state.frame + step >= frameCount ? 'true' : null,
    }, text);
    return onClick(button, () => {
      goTo(state.frame + step);
      scrollStripToFrame();
      byId(button.id).focus();
    });
  };
  byId('detail').replaceChildren(html('figure', {},
    picture(state.frame),
    html('figcaption', {},
      html('div', { class: 'detail-title' },
        html('span', {}, html('b', {}, `Frame ${index}`),
          ...timeSeconds === undefined ? [] : [html('span', { class: 'detail-time' }, time(timeSeconds))]),
        html('span', { class: 'steps' },
          stepButton('‹', -1, 'previous frame'),
          html('span', {}, `${state.frame + 1} of ${frameCount}`),
          stepButton('›', 1, 'next frame'))),
      html('ul', { class: 'detail-values' }, ...[...values, ...parts].map(({ icon, name, symbol, value, error }) =>
        html('li', {},
          html('span', { class: 'detail-name' }, ...icon, name),
          html('span', {},
            html('span', { class: `number ${role(value)}`, title: role(value) },
              html('i', {}, symbol), ` ${signed(value)}`),
            ...errorText(error))))))));
}

function drawCurve() {
  const box = byId('curve');
  const { clientWidth: width, clientHeight: height } = box;
  const hasTimes = attribution.frames.every(({ timeSeconds }) => timeSeconds !== undefined);
  // A page opened in the background may have no size yet; the resize observer draws once it has one.
  if (width > 0) box.replaceChildren(curves({
    series: shownSeries(),
    labels: attribution.frames.map(({ index }) => String(index)),
    axisTitle: hasTimes
      ? `frame index (${time(frameTime(0))} to ${time(frameTime(frameCount - 1))})`
      : 'frame index',
    current: state.frame,
    width,
    height,
  }));
  box.setAttribute('aria-valuemin', '1');
  box.setAttribute('aria-valuemax', String(frameCount));
  box.setAttribute('aria-valuenow', String(state.frame + 1));
  box.setAttribute('aria-valuetext', frameSummary(state.frame));
}

/** @param {number} position */
function frameTime(position) {
  return attribution.frames[position].timeSeconds ?? 0;
}

function drawClasses() {
  const wanted = filterInput().value.trim().toLowerCase();
  const { classes } = attribution;
  const chosen = state.contrast ? state.pair : state.classes;
  const listed = wanted === ''
    ? classes.filter((c, rank) => showAllClasses || rank < TOP_CLASSES || chosen.includes(c.index))
    : classes.filter(c => c.name.toLowerCase().includes(wanted));
  const domain = scoreDomain();
  const focused = document.activeElement?.getAttribute('data-class');

  byId('classes').replaceChildren(...listed.map(c => {
    const place = chosen.indexOf(c.index);
    const icon = place < 0 ? html('span', { class: 'no-icon' })
      : state.contrast ? letterIcon('AB'[place])
      : markerIcon(place);
    const button = html('button', {
      type: 'button', class: 'class', 'data-class': c.index, 'aria-pressed': String(place >= 0),
      'aria-label': `${c.name}, score ${plain(c.score)}, prior ${plain(c.prior)}`, title: `prior ${plain(c.prior)}`,
    }, icon, html('span', { class: 'class-name' }, c.name), classBar(c.score, c.prior, domain),
    html('span', { class: 'class-score' }, plain(c.score)));
    return html('li', {}, onClick(button, () => toggleClass(c.index)));
  }));
  if (listed.length === 0) byId('classes').append(html('li', { class: 'hint' }, 'No class has this in its name.'));
  if (focused) /** @type {HTMLElement | null} */ (document.querySelector(`[data-class="${focused}"]`))?.focus();

  const more = byId('show-all');
  more.hidden = wanted !== '' || classes.length <= TOP_CLASSES;
  more.textContent = showAllClasses ? `Show the top ${TOP_CLASSES}` : `Show all ${classes.length}`;
}

/** The same for all classes whatever the filter, so that bars keep their lengths. @returns {[number, number]} */
function scoreDomain() {
  const [low, high] = valueDomain(attribution.classes.map(({ score, prior }) => [score, prior]));
  const positive = attribution.classes.every(({ score, prior }) => score >= 0 && prior >= 0);
  return positive ? [0, high] : [low, high];
}

function drawEfficiency() {
  const largest = Math.max(...attribution.classes.map(c => Math.abs(c.efficiencyGap)));
  const holds = largest <= EFFICIENCY_TOLERANCE;
  const of = count(attribution.classes.length, 'class', 'classes');
  const verdict = byId('efficiency-verdict');
  const [answer, rest] = holds ? ['✓ Yes. ', `for ${of}; the largest gap is ${plain(largest)}.`]
    : isExact
      ? ['✗ No. ', `fails: over ${of} the largest gap is ${plain(largest)}, more than ${plain(EFFICIENCY_TOLERANCE)}.`]
      : ['≈ Nearly. ', `holds for exact values; over ${of} of sampled ones the largest gap is ${plain(largest)}.`];
  verdict.replaceChildren(
    html('b', { class: holds || !isExact ? 'holds' : 'fails' }, answer),
    'Σφ = ', html('i', {}, 'f'), '(X) − ', html('i', {}, 'f'), '(∅) ', rest);

  const cards = shownClasses().map(c => ({
    icon: [c.icon()], name: c.name, values: /** @type {readonly number[]} */ (c.esv), letter: 'φ',
    score: c.score, prior: c.prior, sum: c.esvSum, gap: c.efficiencyGap,
  }));
  if (state.contrast) {
    const [a, b] = state.pair.map(classOf);
    const [{ name, values }] = shownSeries();
    cards.unshift({
      icon: [], name, values, letter: 'δ', score: a.score - b.score, prior: a.prior - b.prior,
      sum: a.esvSum - b.esvSum, gap: a.efficiencyGap - b.efficiencyGap,
    });
  }
  byId('efficiency').replaceChildren(...cards.map(({ icon, name, values, letter, score, prior, sum, gap }) => {
    const supporting = countSupporting(values);
    const counts = letter === 'δ'
      ? `${supporting} for A, ${frameCount - supporting} for B`
      : `${supporting} supporting, ${frameCount - supporting} distracting`;
    /** @type {[string, string][]} */
    const terms = letter === 'δ'
      ? [['Σδ', signed(sum)], ['Δf(X)', signed(score)], ['Δf(∅)', signed(prior)], ['gap', signed(gap)]]
      : [['Σφ', signed(sum)], ['f(X)', plain(score)], ['f(∅)', plain(prior)], ['gap', signed(gap)]];
    return html('div', { class: 'sum' },
      html('p', { class: 'sum-name' }, ...icon, html('b', {}, name), html('span', { class: 'counts' }, counts)),
      html('dl', {}, ...terms.map(([term, value]) =>
        html('div', {}, html('dt', {}, term), html('dd', {}, value)))));
  }));
}

function drawNumbers() {
  const columns = [
    ...shownClasses().map(c => ({ head: `φ ${c.name}`, values: c.esv, errors: c.standardErrors })),
    ...state.contrast ? [{ head: 'δ = A − B', values: shownSeries()[0].values, errors: undefined }] : [],
  ];
  byId('numbers').replaceChildren(html('table', {},
    html('thead', {}, html('tr', {}, ...['Frame', 'Time', ...columns.map(({ head }) => head)]
      .map(text => html('th', { scope: 'col' }, text)))),
    html('tbody', {}, ...attribution.frames.map(({ index, timeSeconds }, position) => html('tr', {},
      html('th', { scope: 'row' }, String(index)),
      html('td', {}, timeSeconds === undefined ? '' : time(timeSeconds)),
      ...columns.map(({ values, errors }) =>
        html('td', {}, signed(values[position]), ...errorText(errors?.[position]))))))));
}

// ---- words

function sourceName() {
  const path = attribution.video?.path ?? attribution.features?.path ?? '';
  return path.split(/[\\/]/).pop() || path;
}

/** @returns {[string, string][]} */
function settings() {
  const {
    video, features, model, settings, timings, evaluationCount, standardError, iterations, stopReason,
    relativeStandardError, producedBy, schema,
  } = attribution;
  /** @type {[string, string | undefined][]} */
  const rows = [
    ['Video', video?.path],
    ['Picture', video && `${video.width} × ${video.height}`],
    ['Duration', video?.durationSeconds === undefined ? undefined : time(video.durationSeconds)],
    ['Frame rate', video?.frameRateHz === undefined ? undefined : `${plainShort(video.frameRateHz)} Hz`],
    ['Frames decoded', video && grouped(video.frameCount)],
    ['Features', features && `${features.path} (${features.frameCount} × ${features.featureSize})`],
    ['Model', `${model.name} ${model.version}`],
    ['Head', model.head === 'trn' ? `TRN, scales 1 to ${model.maxScale}` : model.head.toUpperCase()],
    ['Feature size', String(model.featureSize)],
    ['Classes', String(model.classCount)],
    ['Device', model.device],
    ['Frames attributed', String(settings.frameCount)],
    ['Sampling', settings.sampling],
    ['Score', settings.score],
    ['Estimator', settings.estimator],
    ['Standard error', isExact ? standardError : iterations === 1 ? 'needs two iterations'
      : relativeStandardError === undefined ? undefined : `at most ${percent(relativeStandardError)} of the mean |φ|`],
    ['Iterations', iterations === undefined ? undefined : grouped(iterations)],
    [SAMPLES[settings.estimator] ?? 'Subsequences of a size',
      settings.samples === undefined ? undefined : grouped(settings.samples)],
    ['Seed', settings.seed === undefined ? undefined : String(settings.seed)],
    ['Stopped by', stopReason],
    ['Iteration limit', settings.iterationLimit === undefined ? undefined : grouped(settings.iterationLimit)],
    ['Tolerance', settings.tolerance === undefined ? undefined : percent(settings.tolerance)],
    ['Evaluation budget', settings.evaluationBudget === undefined ? undefined : grouped(settings.evaluationBudget)],
    ['Time limit', settings.timeLimitSeconds === undefined ? undefined : elapsed(settings.timeLimitSeconds)],
    ['Head evaluations', grouped(evaluationCount)],
    ['Decoding', elapsed(timings.decodeSeconds)],
    ['Features computed', elapsed(timings.featureSeconds)],
    ['Attribution', elapsed(timings.attributionSeconds)],
    ['Total', elapsed(timings.totalSeconds)],
    ['Made by', producedBy],
    ['Schema', schema],
  ];
  return rows.flatMap(([term, value]) => value === undefined ? [] : [[term, value]]);
}

/** @param {number} seconds */
function elapsed(seconds) {
  return seconds < 1 ? `${(seconds * 1000).toFixed(seconds < 0.01 ? 2 : 0)} ms` : `${seconds.toFixed(2)} s`;
}

/** @param {number} share */
function percent(share) {
  return `${Number((share * 100).toPrecision(2))} %`;
}

/** @param {number} value */
function plainShort(value) {
  return String(Math.round(value * 100) / 100);
}

/** @param {number} value */
function grouped(value) {
  return value.toLocaleString('en').replaceAll(',', '\u202f');
}

/** @param {number} number @param {string} one @param {string} [many] */
function count(number, one, many = `${one}s`) {
  return `${number} ${number === 1 ? one : many}`;
}

/** @param {string} text */
function announce(text) {
  byId('announcement').textContent = text;
}

// ---- events

function listen() {
  const strip = byId('strip');
  // Not pointerenter: a resting pointer must not win over the keyboard when the strip scrolls beneath it.
  strip.addEventListener('pointermove', event => {
    const position = framePosition(event.target);
    if (position !== null) goTo(position);
  });
  strip.addEventListener('click', event => {
    const position = framePosition(event.target);
    if (position === null) return;
    goTo(position);
    focusFrame();
  });
  strip.addEventListener('keydown', event => {
    if (moveByKey(event)) focusFrame();
  });

  const curve = byId('curve');
  const followPointer = (/** @type {PointerEvent} */ event) => {
    const box = curve.getBoundingClientRect();
    goTo(frameAt(event.clientX - box.left, frameCount, box.width));
    scrollStripToFrame();
  };
  curve.addEventListener('pointermove', followPointer);
  curve.addEventListener('pointerdown', followPointer);
  curve.addEventListener('keydown', event => {
    if (moveByKey(event)) scrollStripToFrame();
  });
  new ResizeObserver(drawCurve).observe(curve);

  byId('view').addEventListener('change', event =>
    change({ contrast: /** @type {HTMLInputElement} */ (event.target).value === 'contrast' }));
  filterInput().addEventListener('input', drawClasses);
  onClick(byId('show-all'), () => {
    showAllClasses = !showAllClasses;
    drawClasses();
  });
  addEventListener('hashchange', () => {
    state = stateFromAddress();
    draw();
    scrollStripToFrame();
  });
  scrollStripToFrame();
}

/**
 * Arrows, Page, Home and End move the current frame.
 * @param {KeyboardEvent} event
 * @returns {boolean} Whether the key was one of them.
 */
function moveByKey(event) {
  if (event.altKey || event.ctrlKey || event.metaKey) return false;
  const target = {
    ArrowLeft: state.frame - 1, ArrowDown: state.frame - 1, ArrowRight: state.frame + 1, ArrowUp: state.frame + 1,
    PageUp: state.frame - 10, PageDown: state.frame + 10, Home: 0, End: frameCount - 1,
  }[event.key];
  if (target === undefined) return false;
  event.preventDefault();
  goTo(target);
  return true;
}

/** @param {EventTarget | null} target */
function framePosition(target) {
  const frame = target instanceof Element ? target.closest('.frame') : null;
  return frame ? Number(frame.getAttribute('data-position')) : null;
}

function currentFrame() {
  return /** @type {HTMLElement} */ (document.querySelectorAll('.frame')[state.frame]);
}

function focusFrame() {
  currentFrame().focus({ preventScroll: true });
  scrollStripToFrame();
}

/** Scrolls the strip alone; scrollIntoView would move the page as well. */
function scrollStripToFrame() {
  const strip = byId('strip');
  const frame = currentFrame();
  const left = frame.offsetLeft - STRIP_MARGIN;
  const right = frame.offsetLeft + frame.offsetWidth + STRIP_MARGIN - strip.clientWidth;
  strip.scrollLeft = Math.min(left, Math.max(right, strip.scrollLeft));
}

// ---- elements

/** @param {string} id */
function byId(id) {
  return /** @type {HTMLElement} */ (document.getElementById(id));
}

function filterInput() {
  return /** @type {HTMLInputElement} */ (byId('filter'));
}

/** @param {string} id @returns {unknown} */
function embedded(id) {
  return JSON.parse(byId(id).textContent ?? '');
}

/** @param {string} letter */
function letterIcon(letter) {
  return html('span', { class: 'letter-icon', 'aria-hidden': 'true' }, letter);
}

/**
 * @template {HTMLElement} T
 * @param {T} element
 * @param {() => void} action
 */
function onClick(element, action) {
  element.addEventListener('click', action);
  return element;
}

function calm() {
  return matchMedia('(prefers-reduced-motion: reduce)').matches;
}
