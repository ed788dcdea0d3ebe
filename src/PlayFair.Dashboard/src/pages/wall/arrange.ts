// Which videos the wall shows, in which order and under which headings: numbers and texts in, lists out.
import type { VideoState, VideoStatus } from '../../api/contracts';
import { STATE_WORDS } from '../../words';

/** What a video is sorted, filtered and grouped by. */
export interface Entry {
  readonly id: string;
  readonly title: string;
  readonly source: string;
  readonly group: string | null;
  readonly model: string;
  readonly state: VideoState;
  /** Why somebody should look at it; empty: nobody need. */
  readonly attention: readonly Attention[];
  readonly updatesPerSecond: number;
  readonly latencyMs: number | null;
  readonly droppedFrames: number;
  readonly topClass: string | null;
  /** When another class became the top class, as far as the page has seen; milliseconds since the epoch. */
  readonly changedAt: number | null;
}

export type Attention = 'state' | 'drops' | 'quality';

export const SORTS = ['attention', 'name', 'change', 'latency', 'drops', 'rate'] as const;
export const GROUPINGS = ['none', 'group', 'state', 'model', 'class'] as const;
export const DENSITIES = ['comfortable', 'dense', 'wall'] as const;
export type Sort = typeof SORTS[number];
export type Grouping = typeof GROUPINGS[number];
export type Density = typeof DENSITIES[number];
export type StateFilter = VideoState | 'attention';

export interface WallView {
  text: string;
  /** A video is shown that is any of these; none chosen: all are. */
  states: readonly StateFilter[];
  sort: Sort;
  grouping: Grouping;
  density: Density;
  kiosk: boolean;
}

/** From what must be seen first to what is over. */
export const STATE_ORDER: readonly VideoState[] =
  ['failed', 'reconnecting', 'stalled', 'connecting', 'live', 'paused', 'ended'];

const TROUBLED: ReadonlySet<VideoState> = new Set(['failed', 'reconnecting', 'stalled']);

export function attentionOf(status: VideoStatus, dropsAreRising: boolean): Attention[] {
  const reasons: Attention[] = [];
  if (TROUBLED.has(status.state)) reasons.push('state');
  if (dropsAreRising) reasons.push('drops');
  if (status.quality.level > 0 && status.state === 'live') reasons.push('quality');
  return reasons;
}

// ---- address

export function parseView(query: URLSearchParams): WallView {
  const states = (query.get('state') ?? '').split(',');
  return {
    text: query.get('q') ?? '',
    states: (['attention', ...STATE_ORDER] as const).filter(state => states.includes(state)),
    sort: oneOf(SORTS, query.get('sort')),
    grouping: oneOf(GROUPINGS, query.get('group')),
    density: oneOf(DENSITIES, query.get('density')),
    kiosk: query.get('kiosk') === '1',
  };
}

/** The view as the address has it: what is as it would be anyway is left out. */
export function formatView(view: WallView): Record<string, string | null> {
  return {
    q: view.text || null,
    state: view.states.join(',') || null,
    sort: view.sort === SORTS[0] ? null : view.sort,
    group: view.grouping === GROUPINGS[0] ? null : view.grouping,
    density: view.density === DENSITIES[0] ? null : view.density,
    kiosk: view.kiosk ? '1' : null,
  };
}

function oneOf<T extends string>(choices: readonly T[], text: string | null): T {
  return choices.find(choice => choice === text) ?? choices[0]!;
}

// ---- filter

/** Every word must occur in the id, the title, the source or the top class. */
export function matchesText(entry: Entry, text: string): boolean {
  const searched = `${entry.id}\n${entry.title}\n${entry.source}\n${entry.topClass ?? ''}`.toLowerCase();
  return text.toLowerCase().split(/\s+/).every(word => searched.includes(word));
}

export function matchesState(entry: Entry, states: readonly StateFilter[]): boolean {
  return states.length === 0 || states.some(state => hasState(entry, state));
}

export function hasState(entry: Entry, state: StateFilter): boolean {
  return state === 'attention' ? entry.attention.length > 0 : entry.state === state;
}

/** How many videos each state has; those that have none are left out unless they are chosen. */
export function countStates(
  entries: readonly Entry[], chosen: readonly StateFilter[]): { state: StateFilter; count: number }[] {
  return (['attention', ...STATE_ORDER] as const)
    .map(state => ({ state, count: entries.filter(entry => hasState(entry, state)).length }))
    .filter(({ state, count }) => count > 0 || chosen.includes(state));
}

// ---- sort

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** What is equal stays in the order of names, so that tiles do not change places for nothing. */
export function sortEntries(entries: readonly Entry[], sort: Sort): Entry[] {
  const byKey = KEYS[sort];
  return [...entries].sort((a, b) =>
    (byKey ? compareNumbers(byKey(a), byKey(b)) : 0)
    || collator.compare(a.title, b.title) || collator.compare(a.id, b.id));
}

/** The smallest first; without a number: last. */
const KEYS: Record<Sort, ((entry: Entry) => number | null) | null> = {
  attention: entry => (entry.attention.length > 0 ? 0 : 100) + STATE_ORDER.indexOf(entry.state),
  name: null,
  change: entry => entry.changedAt === null ? null : -entry.changedAt,
  latency: entry => entry.latencyMs === null ? null : -entry.latencyMs,
  drops: entry => -entry.droppedFrames,
  rate: entry => -entry.updatesPerSecond,
};

function compareNumbers(a: number | null, b: number | null): number {
  if (a === null || b === null) return a === b ? 0 : a === null ? 1 : -1;
  return a - b;
}

/**
 * An order that leaves alone what is shown already: for while somebody points at a tile or is in one with the keyboard.
 * @param shown Ids in the order shown now.
 */
export function keepOrder(entries: readonly Entry[], shown: readonly string[]): Entry[] {
  const places = new Map(shown.map((id, place) => [id, place]));
  return [...entries].sort((a, b) => (places.get(a.id) ?? Infinity) - (places.get(b.id) ?? Infinity) || 0);
}

// ---- group

export interface Group {
  readonly key: string;
  /** null: not grouped. */
  readonly title: string | null;
  readonly entries: readonly Entry[];
}

/** Groups by title, states by urgency; what belongs to none comes last. Inside, the order is kept. */
export function groupEntries(entries: readonly Entry[], grouping: Grouping): Group[] {
  if (grouping === 'none') return entries.length === 0 ? [] : [{ key: '', title: null, entries }];
  const groups = new Map<string, Entry[]>();
  for (const entry of entries) {
    const key = groupKey(entry, grouping) ?? '';
    groups.set(key, [...groups.get(key) ?? [], entry]);
  }
  const rank = (key: string) => key === '' ? Infinity : STATE_ORDER.indexOf(key as VideoState);
  return [...groups]
    .sort(([a], [b]) =>
      (grouping === 'state' || a === '' || b === '' ? rank(a) - rank(b) : collator.compare(a, b)) || 0)
    .map(([key, members]) => ({ key, title: groupTitle(key, grouping), entries: members }));
}

function groupKey(entry: Entry, grouping: Grouping): string | null {
  switch (grouping) {
    case 'group': return entry.group;
    case 'state': return entry.state;
    case 'model': return entry.model;
    case 'class': return entry.topClass;
    case 'none': return null;
  }
}

function groupTitle(key: string, grouping: Grouping): string {
  if (key === '') return grouping === 'class' ? 'No class yet' : 'Not in a group';
  if (grouping !== 'state') return key;
  const words = STATE_WORDS[key as VideoState];
  return words[0]!.toUpperCase() + words.slice(1);
}

// ---- the wall screen

/** The least width at which a tile can be read, in pixels. */
const LEAST_WIDTH = 168;
/** A tile's letters relative to its width, and the height of all its texts and of its bars in letters. */
const LETTER = 1 / 20;
const TEXT_LETTERS = 9.5;
const PICTURE_RATIO = 3 / 4;
const TILE_RATIO = PICTURE_RATIO + TEXT_LETTERS * LETTER;

/** All in pixels. */
export interface Fit {
  columns: number;
  tileWidth: number;
  tileHeight: number;
  /** The picture's height; the bars get what is left. */
  pictureHeight: number;
  letter: number;
}

/**
 * The number of columns at which the tiles of all groups fill the screen and are largest; where they would be too
 * small to be read, the screen is left by scrolling.
 * @param sizes How many tiles each group has.
 * @param headingHeight Of one group; 0 where there are no headings.
 */
export function fitTiles(
  sizes: readonly number[], width: number, height: number, gap: number, headingHeight: number): Fit {
  const most = Math.max(1, Math.min(Math.max(0, ...sizes), Math.floor((width + gap) / (LEAST_WIDTH + gap))));
  let best = { columns: 1, tileWidth: 0, tileHeight: 0 };
  const size = ({ tileWidth, tileHeight }: { tileWidth: number; tileHeight: number }) =>
    Math.min(tileWidth, tileHeight / TILE_RATIO);
  for (let columns = 1; columns <= most; columns++) {
    const rows = sizes.reduce((sum, count) => sum + Math.ceil(count / columns), 0);
    const tileWidth = (width - gap * (columns - 1)) / columns;
    const tileHeight = (height - headingHeight * sizes.length - gap * (rows - 1)) / Math.max(1, rows);
    const candidate = { columns, tileWidth, tileHeight };
    if (size(candidate) > size(best)) best = candidate;
  }
  if (size(best) < 0.85 * LEAST_WIDTH) {
    const tileWidth = (width - gap * (most - 1)) / most;
    best = { columns: most, tileWidth, tileHeight: tileWidth * TILE_RATIO };
  }
  const tileHeight = Math.min(best.tileHeight, 1.5 * best.tileWidth);
  const letter = Math.max(10, Math.min(LETTER * best.tileWidth, LETTER * tileHeight / TILE_RATIO * 1.15, 40));
  const pictureHeight = Math.max(0, Math.min(PICTURE_RATIO * best.tileWidth, tileHeight - TEXT_LETTERS * letter));
  return { ...best, tileHeight, pictureHeight, letter };
}
