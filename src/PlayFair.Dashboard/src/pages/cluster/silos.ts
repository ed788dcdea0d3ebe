// What a cluster's silos do and what is wrong with them: the server's answer in, lists and numbers out.
import type { ClusterStatus, GrainCount, Silo, VideoStatus } from '../../api/contracts';
import { hasWords } from '../../components/search';

/** From what must be seen first. */
export const TROUBLES = ['dead', 'silent', 'overloaded', 'leaving'] as const;
export type Trouble = typeof TROUBLES[number];

/** A silo reports every second or two. */
export const SILENT_MS = 15_000;

const collator = new Intl.Collator('en', { numeric: true, sensitivity: 'base' });

/** A silo, and what somebody should know of it. */
export interface SeenSilo {
  readonly silo: Silo;
  readonly troubles: readonly Trouble[];
  /** A dead one whose name another bears: it was started again. */
  readonly isReplaced: boolean;
  /** Milliseconds since the cluster last heard of it; null: it never did. */
  readonly silence: number | null;
}

/**
 * The silos, those first that something is wrong with, the most urgent before the others; then by name.
 * @param at When the server answered, by its clock: what is shown of an old answer is as old.
 */
export function seenSilos({ silos }: ClusterStatus, at: number): SeenSilo[] {
  const living = new Set(silos.filter(({ state }) => state !== 'dead').map(({ name }) => name));
  return silos.map(silo => {
    const isReplaced = silo.state === 'dead' && living.has(silo.name);
    const silence = silo.reportedAt === undefined ? null : Math.max(0, at - Date.parse(silo.reportedAt));
    return { silo, isReplaced, silence, troubles: isReplaced ? [] : troublesOf(silo, silence) };
  }).sort((a, b) => rank(a) - rank(b)
    || collator.compare(a.silo.name, b.silo.name) || collator.compare(a.silo.address, b.silo.address));
}

function troublesOf({ state, loadCores, capacityCores }: Silo, silence: number | null): Trouble[] {
  if (state === 'dead') return ['dead'];
  const troubles: Trouble[] = [];
  if (silence !== null && silence > SILENT_MS) troubles.push('silent');
  if (loadCores > capacityCores) troubles.push('overloaded');
  if (state === 'leaving') troubles.push('leaving');
  return troubles;
}

function rank({ troubles, isReplaced }: SeenSilo): number {
  if (isReplaced) return TROUBLES.length + 1;
  return troubles.length === 0 ? TROUBLES.length : TROUBLES.indexOf(troubles[0]!);
}

/** Whether a silo has all words of a search: in its name, address, state, troubles, accelerator or version. */
export function matches({ silo, troubles }: SeenSilo, search: string): boolean {
  const { name, address, state, accelerator, version } = silo;
  return hasWords([name, address, state, ...troubles, accelerator, version].join('\n'), search);
}

export interface Totals {
  active: number;
  /** Without those that were started again. */
  silos: number;
  updatesPerSecond: number;
  loadCores: number;
  capacityCores: number;
}

/** What the living silos come to together. */
export function totalsOf(seen: readonly SeenSilo[]): Totals {
  const living = seen.map(({ silo }) => silo).filter(({ state }) => state !== 'dead');
  const sum = (of: (silo: Silo) => number) => living.reduce((all, silo) => all + of(silo), 0);
  return {
    active: living.filter(({ state }) => state === 'active').length,
    silos: seen.filter(({ isReplaced }) => !isReplaced).length,
    updatesPerSecond: sum(silo => silo.updatesPerSecond),
    loadCores: sum(silo => silo.loadCores),
    capacityCores: sum(silo => silo.capacityCores),
  };
}

/** How much of its cores a silo's videos take; null where it has none for them. */
export function loadShare({ loadCores, capacityCores }: Pick<Silo, 'loadCores' | 'capacityCores'>): number | null {
  return capacityCores > 0 ? loadCores / capacityCores : null;
}

// ---- which videos run where

export interface Place {
  /** null: what no silo runs. */
  readonly silo: string | null;
  readonly count: number;
}

/** How many videos each silo has, as the silos report: those first that no silo has, then the most. */
export function placesOf({ silos, videoCount }: ClusterStatus): Place[] {
  const counts = new Map<string | null, number>();
  for (const { name, state, videoCount: number } of silos)
    if (state !== 'dead') counts.set(name, (counts.get(name) ?? 0) + number);
  const placed = [...counts.values()].reduce((all, number) => all + number, 0);
  if (videoCount > placed) counts.set(null, videoCount - placed);
  return sortPlaces(counts);
}

/** The same of videos that were found. */
export function foundPlaces(found: ReadonlyMap<string | null, readonly VideoStatus[]>): Place[] {
  return sortPlaces(new Map([...found].map(([silo, videos]) => [silo, videos.length])));
}

function sortPlaces(counts: ReadonlyMap<string | null, number>): Place[] {
  return [...counts].map(([silo, count]) => ({ silo, count })).sort((a, b) =>
    Number(a.silo !== null) - Number(b.silo !== null)
    || b.count - a.count || collator.compare(a.silo ?? '', b.silo ?? ''));
}

/**
 * The videos of each place that have all words of a search (id, title, group, state, silo), by title. What a dead silo
 * ran is on none.
 */
export function findVideos(
  videos: readonly VideoStatus[], { silos }: ClusterStatus, search: string): Map<string | null, VideoStatus[]> {
  const living = new Set(silos.filter(({ state }) => state !== 'dead').map(({ name }) => name));
  const found = new Map<string | null, VideoStatus[]>();
  for (const video of videos) {
    const { definition: { id, title, group }, state, silo } = video;
    if (!hasWords([id, title, group, state, silo].join('\n'), search)) continue;
    const place = silo !== undefined && living.has(silo) ? silo : null;
    const others = found.get(place);
    if (others) others.push(video);
    else found.set(place, [video]);
  }
  for (const place of found.values())
    place.sort((a, b) => collator.compare(nameOf(a), nameOf(b)));
  return found;
}

function nameOf({ definition: { id, title } }: VideoStatus): string {
  return title || id;
}

// ---- grains

export interface GrainTable {
  kinds: string[];
  /** A silo's counts, in the order of the kinds. */
  rows: { silo: string; counts: number[] }[];
  totals: number[];
}

/** Grains in memory, a row for each silo and a column for each kind. */
export function grainTable(grains: readonly GrainCount[]): GrainTable {
  const kinds = [...new Set(grains.map(({ kind }) => kind))];
  const rows = new Map<string, number[]>();
  for (const { kind, silo, count } of grains) {
    const counts = rows.get(silo) ?? kinds.map(() => 0);
    counts[kinds.indexOf(kind)]! += count;
    rows.set(silo, counts);
  }
  return {
    kinds,
    rows: [...rows].map(([silo, counts]) => ({ silo, counts })).sort((a, b) => collator.compare(a.silo, b.silo)),
    totals: kinds.map((_, i) => [...rows.values()].reduce((sum, counts) => sum + counts[i]!, 0)),
  };
}
