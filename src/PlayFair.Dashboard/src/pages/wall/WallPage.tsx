import { batch, effect, useSignal, type Signal } from '@preact/signals';
import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';
import { address, href } from '../../address';
import { announce } from '../../announce';
import { api } from '../../api/client';
import { Notice, ProblemNotice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { connection, follow, reconnectNow, takeStatus, videos, type LiveVideo } from '../../live/feed';
import { mayManage } from '../../session';
import { count, duration } from '../../words';
import {
  countStates, fitTiles, groupEntries, keepOrder, matchesState, matchesText, sortEntries, type StateFilter,
  type WallView,
} from './arrange';
import { Kiosk } from './Kiosk';
import { Summary, type Totals } from './Summary';
import { Tile } from './Tile';
import { Toolbar } from './Toolbar';
import { currentView, recallView, showAll } from './view';
import { entryOf, forgetWatches, lostAt, now, watchVideos } from './watch';
import './wall.css';

/** More than this nobody sees; a browser or network that is too slow for it gets the newest. */
const UPDATES_PER_SECOND = 10;
const PAINTS_PER_SECOND = 10;

/** Every video as a tile. */
export function WallPage() {
  useEffect(recallView, [address.value]);
  useEffect(() => follow(null, UPDATES_PER_SECOND, PAINTS_PER_SECOND), []);
  useLayoutEffect(watchVideos, []);
  const list = useList();
  const grid = useRef<HTMLDivElement>(null);
  const view = currentView();
  const { arrangement: { groups, states, total }, totals, hold } = useArrangement(view, grid);
  useKeptFocus(grid);
  const shown = groups.reduce((sum, group) => sum + group.videos.length, 0);

  if (total === 0) {
    return (
      <>
        <h1>Wall</h1>
        {list.problem ? <ProblemNotice problem={list.problem} retry={list.reload} />
          : list.data === null ? <Notice kind="loading" title="Loading the videos" />
          : <NoVideos />}
      </>
    );
  }
  return (
    <div
      class={`wall wall-${view.density}${view.kiosk ? ' wall-kiosk' : ''}${lostAt.value === null ? '' : ' wall-old'}`}>
      <Summary totals={totals} />
      {!view.kiosk && <Toolbar view={view} states={states} shown={shown} total={total} />}
      <Interruption />
      {shown === 0
        ? <Notice kind="empty" title="No video matches" action={{ text: 'Show all videos', do: showAll }}>
            {count(total, 'video')} {total === 1 ? 'is' : 'are'} hidden by the filter.
          </Notice>
        : <Groups groups={groups} view={view} grid={grid} hold={hold} />}
      {view.kiosk && <Kiosk />}
    </div>
  );
}

/** Asks which videos there are, whenever the stream begins anew: of none at all it says nothing. */
function useList() {
  return useLoad(`videos ${connection.value.state === 'open'}`, async signal => {
    const list = await api.videos(signal);
    batch(() => list.forEach(takeStatus));
    return list;
  });
}

function NoVideos() {
  return (
    <Notice kind="empty" title="No videos yet">
      {mayManage()
        ? <p class="wall-add"><a class="button" href={href(['add'])}>Add a video</a> a file, a camera or a stream</p>
        : <p>Whoever may manage this server can add files, cameras and streams.</p>}
      <p>Started with <code>playfair serve --demo</code>, the server shows sample videos and a synthetic camera.</p>
    </Notice>
  );
}

/** Why what is shown is old, and when it is tried again. */
function Interruption() {
  const state = connection.value;
  if (lostAt.value === null) return null;
  const age = duration(now.value - lostAt.value);
  if (state.state === 'refused') {
    return (
      <p class="wall-interruption" role="alert">
        The server refused: {state.problem.detail} Shown is what was known {age} ago.
      </p>
    );
  }
  return (
    <p class="wall-interruption">
      <span>
        {state.state === 'waiting' ? state.reason : 'The server does not answer.'} Shown is what was known {age} ago
        {state.state === 'waiting' && `; next attempt in ${duration(Math.max(0, state.attemptAt - now.value))}`}.
      </span>
      <button type="button" class="quiet" onClick={reconnectNow}>Try now</button>
    </p>
  );
}

// ---- tiles

function Groups({ groups, view, grid, hold }: {
  groups: readonly ShownGroup[]; view: WallView; grid: RefObject<HTMLDivElement | null>; hold: Hold;
}) {
  const room = useRoom(grid, view.kiosk);
  const isGrouped = view.grouping !== 'none';
  const fit = view.density === 'wall' && room.width > 0
    ? fitTiles(groups.map(group => group.videos.length), room.width, room.height, GAP, isGrouped ? HEADING : 0)
    : null;
  const style = fit && {
    '--columns': String(fit.columns),
    '--tile-height': `${Math.floor(fit.tileHeight)}px`,
    '--picture-height': `${Math.floor(fit.pictureHeight)}px`,
    '--letter': `${fit.letter.toFixed(1)}px`,
  };
  return (
    <div
      class="wall-groups" ref={grid} tabIndex={-1} style={style ?? {}}
      onPointerMove={hold.pointed} onPointerLeave={hold.left}>
      {groups.map(({ key, title, videos: members }) => title === null
        ? (
          <section key="all" aria-labelledby="wall-all">
            <h2 class="unseen" id="wall-all">Videos</h2>
            <Tiles videos={members} />
          </section>
        )
        : (
          <section key={`group ${key}`} class="wall-group" aria-label={title}>
            <h2 class="wall-group-title">{title} <span class="hint">{members.length}</span></h2>
            <Tiles videos={members} />
          </section>
        ))}
    </div>
  );
}

/** In pixels, as the style sheet has them. */
const GAP = 12;
const HEADING = 44;

function Tiles({ videos: members }: { videos: readonly LiveVideo[] }) {
  return <ul class="wall-tiles">{members.map(video => <Tile key={keyOf(video)} video={video} />)}</ul>;
}

/** The room for tiles without scrolling, in pixels. */
function useRoom(ref: RefObject<HTMLElement | null>, isKiosk: boolean): { width: number; height: number } {
  const [room, setRoom] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const measure = () => {
      const { width, top } = ref.current!.getBoundingClientRect();
      const height = innerHeight - (top + scrollY) - (isKiosk ? GAP : 24);
      setRoom(before => before.width === width && before.height === height ? before : { width, height });
    };
    const observer = new ResizeObserver(measure);
    observer.observe(ref.current!);
    addEventListener('resize', measure);
    return () => {
      observer.disconnect();
      removeEventListener('resize', measure);
    };
  }, [isKiosk]);
  return room;
}

/** Where a video goes away under the focus, the tiles as a whole get it. */
function useKeptFocus(grid: RefObject<HTMLElement | null>): void {
  const isInside = useRef(false);
  useLayoutEffect(() => {
    if (isInside.current && document.activeElement === document.body) grid.current?.focus({ preventScroll: true });
    isInside.current = grid.current?.contains(document.activeElement) ?? false;
  });
}

// ---- order

interface ShownGroup {
  key: string;
  title: string | null;
  videos: LiveVideo[];
}

interface Arrangement {
  groups: ShownGroup[];
  states: { state: StateFilter; count: number }[];
  total: number;
}

/** Tiles change places by themselves at most so often. */
const REORDER_MS = 3000;
/** And not while somebody points at them; a pointer that rests on a wall screen does not count. */
const POINTED_MS = 4000;

/**
 * What is shown where. Looked at once a second and when videos come or go, not for each update: what is sorted by moves
 * all the time, and tiles that do so too could not be read.
 */
function useArrangement({ text, states, sort, grouping }: WallView, grid: RefObject<HTMLElement | null>) {
  const arrangement = useSignal<Arrangement>({ groups: [], states: [], total: 0 });
  const totals = useSignal<Totals>({ videos: 0, live: 0, attention: 0, updatesPerSecond: 0 });
  const pointedAt = useRef(0);
  const asked = JSON.stringify([text, states, sort, grouping]);
  useLayoutEffect(() => {
    let sortedAt = 0;
    let order: string[] = [];
    let shown = '';
    return effect(() => {
      const at = now.value;
      const known = videos.value;
      forgetWatches();
      // A video is shown from its first status on.
      for (const { status } of known.values()) if (status.peek() === null) void status.value;
      const entries = [...known.values()].flatMap(video => entryOf(video, at) ?? []);
      const matching = entries.filter(entry => matchesText(entry, text) && matchesState(entry, states));
      const isHeld = Date.now() - pointedAt.current < POINTED_MS || grid.current?.contains(document.activeElement);
      const isDue = order.length === 0 || (!isHeld && at - sortedAt >= REORDER_MS);
      const ordered = isDue ? sortEntries(matching, sort) : keepOrder(matching, order);
      if (isDue) sortedAt = at;
      order = ordered.map(({ id }) => id);

      const groups = groupEntries(ordered, grouping).map(({ key, title, entries: members }) =>
        ({ key, title, videos: members.map(({ id }) => known.get(id)!) }));
      const counts = countStates(entries, states);
      const next = JSON.stringify([groups.map(group => [group.key, group.videos.map(keyOf)]), counts, entries.length]);
      if (next !== shown) arrangement.value = { groups, states: counts, total: entries.length };
      shown = next;
      tell(totals, {
        videos: entries.length,
        live: entries.filter(entry => entry.state === 'live').length,
        attention: entries.filter(entry => entry.attention.length > 0).length,
        updatesPerSecond: entries.reduce((sum, entry) => sum + entry.updatesPerSecond, 0),
      });
    });
  }, [asked]);
  const hold: Hold = { pointed: () => { pointedAt.current = Date.now(); }, left: () => { pointedAt.current = 0; } };
  return { arrangement: arrangement.value, totals, hold };
}

interface Hold {
  pointed: () => void;
  left: () => void;
}

function tell(totals: Signal<Totals>, next: Totals): void {
  const before = totals.peek();
  if (before.videos > 0 && before.attention !== next.attention)
    announce(`${count(next.attention, 'video needs', 'videos need')} attention.`);
  if (JSON.stringify(before) !== JSON.stringify(next)) totals.value = next;
}

const serials = new WeakMap<LiveVideo, number>();
let serial = 0;

/** One that was removed and added again is another video, though its id is the same. */
function keyOf(video: LiveVideo): string {
  if (!serials.has(video)) serials.set(video, serial++);
  return `${serials.get(video)} ${video.id}`;
}
