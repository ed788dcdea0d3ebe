import { describe, expect, it } from 'vitest';
import type { ClusterStatus, Silo, VideoStatus } from '../src/api/contracts';
import {
  findVideos, foundPlaces, grainTable, loadShare, matches, placesOf, seenSilos, totalsOf,
} from '../src/pages/cluster/silos';

const AT = Date.parse('2026-01-02T03:04:05Z');

function silo(name: string, other: Partial<Silo> = {}): Silo {
  return {
    name, address: `${name}:11111@1`, state: 'active', capacityCores: 8, loadCores: 2, usedCores: 1.5,
    memoryBytes: 1e9, videoCount: 2, updatesPerSecond: 16, reportedAt: ago(1), ...other,
  };
}

const ago = (seconds: number) => new Date(AT - 1000 * seconds).toISOString();

const cluster = (...silos: Silo[]): ClusterStatus =>
  ({ name: 'c', answeredBy: 'a', silos, grains: [], videoCount: 10, unplacedVideoCount: 0 });

const names = (status: ClusterStatus) => seenSilos(status, AT).map(({ silo: { name } }) => name);
const troubles = (one: Silo) => seenSilos(cluster(one), AT)[0]!.troubles;

describe('what is wrong with a silo', () => {
  it('is its state, its silence and its load, the most urgent first', () => {
    expect(troubles(silo('a'))).toEqual([]);
    expect(troubles(silo('a', { state: 'joining' }))).toEqual([]);
    expect(troubles(silo('a', { reportedAt: ago(16) }))).toEqual(['silent']);
    expect(troubles(silo('a', { reportedAt: ago(15) }))).toEqual([]);
    expect(troubles(silo('a', { loadCores: 8.1, state: 'leaving', reportedAt: ago(60) })))
      .toEqual(['silent', 'overloaded', 'leaving']);
    expect(troubles(silo('a', { loadCores: 8 }))).toEqual([]);
  });

  it('of a dead one is that alone', () => {
    expect(troubles(silo('a', { state: 'dead', reportedAt: ago(60), loadCores: 99 }))).toEqual(['dead']);
  });

  it('is nothing where the dead one was started again under its name', () => {
    const [now, before] = seenSilos(cluster(silo('a', { state: 'dead', address: 'old' }), silo('a')), AT);
    expect([now!.isReplaced, before!.isReplaced]).toEqual([false, true]);
    expect([now!.troubles, before!.troubles]).toEqual([[], []]);
  });

  it('is not silence where it has not reported yet', () => {
    const { reportedAt: _, ...young } = silo('a', { state: 'joining' });
    expect(seenSilos(cluster(young), AT)[0]).toMatchObject({ silence: null, troubles: [] });
  });
});

describe('silos', () => {
  it('come in the order of what is wrong, then of names as people order them, and what was started again last', () => {
    expect(names(cluster(
      silo('s-10'), silo('s-2'), silo('s-3', { state: 'leaving' }), silo('s-4', { loadCores: 9 }),
      silo('s-5', { reportedAt: ago(20) }), silo('s-6', { state: 'dead' }),
      silo('s-1', { state: 'dead', address: 'old' }), silo('s-1'),
    ))).toEqual(['s-6', 's-5', 's-4', 's-3', 's-1', 's-2', 's-10', 's-1']);
  });

  it('are found by name, state, trouble, accelerator and version', () => {
    const [seen] = seenSilos(cluster(silo('s-10', { accelerator: 'cuda', loadCores: 9, version: 'playfair 1.2' })), AT);
    for (const search of ['', 's-10', 'CUDA active', 'overloaded', '1.2']) expect(matches(seen!, search)).toBe(true);
    expect(matches(seen!, 'dead')).toBe(false);
  });

  it('come to sums of those that live', () => {
    expect(totalsOf(seenSilos(cluster(
      silo('a'), silo('b', { state: 'leaving' }), silo('c', { state: 'dead' }),
      silo('a', { state: 'dead', address: 'old' }),
    ), AT))).toEqual({ active: 1, silos: 3, updatesPerSecond: 32, loadCores: 4, capacityCores: 16 });
  });

  it('have a share of their cores in use, unless they have none for videos', () => {
    expect(loadShare(silo('a'))).toBe(0.25);
    expect(loadShare(silo('a', { capacityCores: 0 }))).toBeNull();
  });
});

describe('what runs where', () => {
  const video = (id: string, on?: string, title?: string) => ({
    definition: { id, ...title === undefined ? {} : { title } }, state: 'live', ...on === undefined ? {} : { silo: on },
  }) as VideoStatus;

  it('is counted by what the silos report, and what is left is on none', () => {
    const status = cluster(
      silo('a', { videoCount: 3 }), silo('b', { videoCount: 5 }), silo('c', { state: 'dead', videoCount: 4 }),
      // The one before it leaves while the new one has joined.
      silo('a', { videoCount: 1, state: 'leaving', address: 'old' }));
    expect(placesOf(status)).toEqual([{ silo: null, count: 1 }, { silo: 'b', count: 5 }, { silo: 'a', count: 4 }]);
    expect(placesOf({ ...status, videoCount: 9 }).map(({ silo: name }) => name)).toEqual(['b', 'a']);
    // Reports are a moment old.
    expect(placesOf({ ...status, videoCount: 7 }).map(({ silo: name }) => name)).toEqual(['b', 'a']);
  });

  it('is named by the videos, and what a dead silo ran is on none', () => {
    const status = cluster(silo('a'), silo('b', { state: 'dead' }));
    const found = findVideos(
      [video('cam 10', 'a'), video('x', 'a', 'cam 2'), video('gone', 'b'), video('resting')], status, '');
    expect([...found].map(([place, videos]) => [place, videos.map(({ definition }) => definition.id)]))
      .toEqual([['a', ['x', 'cam 10']], [null, ['gone', 'resting']]]);
    expect(foundPlaces(found)).toEqual([{ silo: null, count: 2 }, { silo: 'a', count: 2 }]);
    expect([...findVideos([video('door', 'a'), video('gate', 'a')], status, 'A LIVE doo').values()].flat())
      .toHaveLength(1);
  });

  it('is found in a moment among ten thousand', () => {
    const silos = Array.from({ length: 100 }, (_, i) => silo(`silo-${i}`));
    const videos = Array.from({ length: 10_000 }, (_, i) => video(`cam-${i}`, `silo-${i % 100}`));
    const found = findVideos(videos, cluster(...silos), 'cam-99');
    expect(foundPlaces(found).reduce((sum, { count }) => sum + count, 0)).toBe(111);
  });
});

describe('grains', () => {
  it('are a table of kinds and silos with sums', () => {
    expect(grainTable([
      { kind: 'catalog', silo: 's-10', count: 1 }, { kind: 'video', silo: 's-10', count: 7 },
      { kind: 'video', silo: 's-2', count: 5 },
    ])).toEqual({
      kinds: ['catalog', 'video'],
      rows: [{ silo: 's-2', counts: [0, 5] }, { silo: 's-10', counts: [1, 7] }],
      totals: [1, 12],
    });
    expect(grainTable([])).toEqual({ kinds: [], rows: [], totals: [] });
  });
});
