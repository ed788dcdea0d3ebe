import { describe, expect, test } from 'vitest';
import type { VideoStatus } from '../src/api/contracts';
import {
  attentionOf, countStates, fitTiles, formatView, groupEntries, keepOrder, matchesState, matchesText, parseView,
  sortEntries, type Entry,
} from '../src/pages/wall/arrange';

function entry(id: string, other: Partial<Entry> = {}): Entry {
  return {
    id, title: id, source: `rtsp://camera/${id}`, group: null, model: 'moves-trn 1.0.0', state: 'live', attention: [],
    updatesPerSecond: 8, latencyMs: 40, droppedFrames: 0, topClass: null, changedAt: null, ...other,
  };
}

const ids = (entries: readonly Entry[]) => entries.map(({ id }) => id);

describe('sorting', () => {
  test('names are in the order of people: numbers by size, letters without their case', () => {
    const entries = ['gate 10', 'Gate 2', 'door'].map(name => entry(name));
    expect(ids(sortEntries(entries, 'name'))).toEqual(['door', 'Gate 2', 'gate 10']);
  });

  test('what needs attention comes first, then by state, then by name', () => {
    const entries = [
      entry('ended', { state: 'ended' }), entry('live b'), entry('live a'),
      entry('slow', { attention: ['quality'] }),
      entry('away', { state: 'reconnecting', attention: ['state'] }),
      entry('broken', { state: 'failed', attention: ['state'] }),
    ];
    expect(ids(sortEntries(entries, 'attention'))).toEqual(['broken', 'away', 'slow', 'live a', 'live b', 'ended']);
  });

  test('the highest latency comes first, and what has none last', () => {
    const entries =
      [entry('none', { latencyMs: null }), entry('low', { latencyMs: 5 }), entry('high', { latencyMs: 500 })];
    expect(ids(sortEntries(entries, 'latency'))).toEqual(['high', 'low', 'none']);
  });

  test('the latest class change comes first', () => {
    const entries = [entry('never'), entry('old', { changedAt: 1000 }), entry('new', { changedAt: 2000 })];
    expect(ids(sortEntries(entries, 'change'))).toEqual(['new', 'old', 'never']);
  });

  test('the most dropped frames and the most updates come first', () => {
    const entries =
      [entry('a', { droppedFrames: 1, updatesPerSecond: 2 }), entry('b', { droppedFrames: 7, updatesPerSecond: 1 })];
    expect(ids(sortEntries(entries, 'drops'))).toEqual(['b', 'a']);
    expect(ids(sortEntries(entries, 'rate'))).toEqual(['a', 'b']);
  });

  test('while the order is held, what is shown stays where it is and what is new comes last', () => {
    const entries = ['a', 'b', 'c', 'd'].map(id => entry(id));
    expect(ids(keepOrder(entries, ['c', 'a', 'gone', 'b']))).toEqual(['c', 'a', 'b', 'd']);
  });
});

describe('filtering', () => {
  const door = entry('cam-1', { title: 'Front door', source: 'rtsp://10.0.0.7/main', topClass: 'opening something' });

  test.each(['cam-1', 'FRONT', '10.0.0.7', 'opening', 'door  opening', ''])('‘%s’ finds a video', text => {
    expect(matchesText(door, text)).toBe(true);
  });

  test.each(['back', 'door closing'])('‘%s’ does not find it', text => {
    expect(matchesText(door, text)).toBe(false);
  });

  test('of several states any is enough, and none chosen is all', () => {
    const failed = entry('f', { state: 'failed', attention: ['state'] });
    const slow = entry('s', { attention: ['quality'] });
    expect(matchesState(failed, [])).toBe(true);
    expect(matchesState(failed, ['live', 'failed'])).toBe(true);
    expect(matchesState(failed, ['live', 'ended'])).toBe(false);
    expect([failed, slow, door].map(video => matchesState(video, ['attention']))).toEqual([true, true, false]);
  });

  test('states are counted, the urgent first, and one that is chosen stays though it has no video', () => {
    const entries = [entry('a'), entry('b'), entry('c', { state: 'failed', attention: ['state'] })];
    expect(countStates(entries, ['paused'])).toEqual([
      { state: 'attention', count: 1 }, { state: 'failed', count: 1 }, { state: 'live', count: 2 },
      { state: 'paused', count: 0 },
    ]);
  });
});

describe('grouping', () => {
  const entries = [
    entry('1', { group: 'Yard', state: 'ended' }), entry('2'), entry('3', { group: 'Hall', state: 'failed' }),
    entry('4', { group: 'Yard' }),
  ];

  test('groups are in the order of their names, those without one last; inside the order is kept', () => {
    expect(groupEntries(entries, 'group').map(({ title, entries: members }) => [title, ids(members)]))
      .toEqual([['Hall', ['3']], ['Yard', ['1', '4']], ['Not in a group', ['2']]]);
  });

  test('states are grouped by urgency', () => {
    expect(groupEntries(entries, 'state').map(({ title }) => title)).toEqual(['Failed', 'Live', 'Ended']);
  });

  test('without grouping all are one list without a title; of nothing there is no group', () => {
    expect(groupEntries(entries, 'none').map(({ title, entries: members }) => [title, members.length]))
      .toEqual([[null, 4]]);
    expect(groupEntries([], 'none')).toEqual([]);
  });
});

describe('attention', () => {
  const status = (state: string, level = 0) => ({ state, quality: { level, rateHz: 8 } }) as VideoStatus;

  test('it is needed where a source is in trouble, frames are dropped or less is computed than was asked for', () => {
    expect(attentionOf(status('reconnecting'), false)).toEqual(['state']);
    expect(attentionOf(status('live', 2), true)).toEqual(['drops', 'quality']);
    expect(attentionOf(status('live'), false)).toEqual([]);
    expect(attentionOf(status('ended', 2), false)).toEqual([]);
  });
});

describe('the address', () => {
  test('it restores the view', () => {
    const query = 'q=door+7&state=attention,live&sort=latency&group=group&density=wall&kiosk=1';
    const view = parseView(new URLSearchParams(query));
    expect(view).toEqual({
      text: 'door 7', states: ['attention', 'live'], sort: 'latency', grouping: 'group', density: 'wall', kiosk: true,
    });
    const written = Object.entries(formatView(view)) as [string, string][];
    expect(parseView(new URLSearchParams(written))).toEqual(view);
  });

  test('what it does not know is as if it were not there', () => {
    const view = parseView(new URLSearchParams('sort=beauty&state=happy&density=&group=constructor'));
    expect(view).toEqual(parseView(new URLSearchParams()));
    expect(Object.values(formatView(view)).every(value => value === null)).toBe(true);
  });
});

describe('filling the screen', () => {
  test.each([[1, 1920, 1080], [5, 1920, 1080], [16, 1920, 1080], [64, 3840, 2160], [9, 1080, 1920]])(
    '%i tiles fit %i × %i without scrolling', (count, width, height) => {
      const { columns, tileWidth, tileHeight, pictureHeight, letter } = fitTiles([count], width, height, 12, 0);
      const rows = Math.ceil(count / columns);
      expect(rows * tileHeight + (rows - 1) * 12).toBeLessThanOrEqual(height + 1e-6);
      expect(columns * tileWidth + (columns - 1) * 12).toBeLessThanOrEqual(width + 1e-6);
      expect(tileWidth).toBeGreaterThan(160);
      // What is written below the picture has room too.
      expect(pictureHeight + 9 * letter).toBeLessThanOrEqual(tileHeight);
    });

  test('the tiles are as large as can be', () => {
    expect(fitTiles([4], 1000, 1000, 0, 0).columns).toBe(2);
    expect(fitTiles([4], 4000, 1000, 0, 0).columns).toBe(4);
    expect(fitTiles([4], 300, 1400, 0, 0).columns).toBe(1);
  });

  test('headings of groups take their room', () => {
    const { columns, tileHeight } = fitTiles([3, 3], 1600, 900, 10, 40);
    const rows = 2 * Math.ceil(3 / columns);
    expect(rows * tileHeight + (rows - 1) * 10 + 2 * 40).toBeLessThanOrEqual(900);
  });

  test('tiles that would be too small to read are left to scrolling', () => {
    const { tileWidth, tileHeight } = fitTiles([100], 800, 600, 12, 0);
    expect(tileWidth).toBeGreaterThanOrEqual(168);
    expect(tileHeight).toBeGreaterThanOrEqual(150);
  });

  test('nothing is laid out for nothing', () => {
    expect(fitTiles([], 800, 600, 12, 0).columns).toBe(1);
  });
});
