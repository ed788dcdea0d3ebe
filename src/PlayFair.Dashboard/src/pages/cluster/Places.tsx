import { useEffect, useState } from 'preact/hooks';
import { href } from '../../address';
import { api } from '../../api/client';
import type { ClusterStatus, VideoStatus } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import { StateBadge } from '../../components/StateBadge';
import { useLoad, type Loaded } from '../../components/useLoad';
import { useSettled } from '../../components/useSettled';
import { titleOf } from '../../live/changes';
import { count, grouped } from '../../words';
import { findVideos, foundPlaces, placesOf, type Place } from './silos';

/** So many names of a silo's are shown at first, and so many more each time. */
const NAMED = 50;

const REFRESH_MS = 5000;

/**
 * How many videos each silo has; which ones is asked for only where somebody wants to know, as the names of ten
 * thousand are megabytes.
 */
export function Places({ status }: { status: ClusterStatus }) {
  const [search, setSearch] = useState('');
  const [opened, setOpened] = useState<ReadonlySet<string | null>>(new Set());
  const words = useSettled(search.trim(), 250);
  const isNamed = words !== '' || opened.size > 0;
  const videos = useVideos(isNamed, status.videoCount);
  const found = videos.data && findVideos(videos.data, status, words);
  const places = words !== '' && found ? foundPlaces(found) : placesOf(status);
  const most = Math.max(1, ...places.map(place => place.count));

  const toggle = (silo: string | null) => {
    const next = new Set(opened);
    if (!next.delete(silo)) next.add(silo);
    setOpened(next);
  };
  return (
    <section class="panel cluster-places" aria-labelledby="cluster-places">
      <div class="cluster-head">
        <h2 id="cluster-places">Videos</h2>
        {status.videoCount > 0 && (
          <input type="search" aria-label="Search videos" placeholder="Search title, id, group, state, silo"
            value={search} onInput={event => setSearch(event.currentTarget.value)} />
        )}
      </div>
      {status.videoCount === 0 && <p>There are none.</p>}
      {words !== '' && found && (
        <p class="hint" role="status">
          {count(places.reduce((sum, place) => sum + place.count, 0), 'video')} of {grouped(status.videoCount)} found
        </p>
      )}
      {videos.problem && <ProblemNotice problem={videos.problem} retry={videos.reload} />}
      {words !== '' && found?.size === 0 ? (
        <Notice kind="empty" title="No video has these words" action={{ text: 'Show all', do: () => setSearch('') }} />
      ) : (
        <ul class="cluster-place-list">
          {status.videoCount > 0 && places.map(place => (
            <PlaceRow key={place.silo ?? ''} place={place} most={most} videos={videos}
              named={found?.get(place.silo) ?? []} isOpen={words !== '' || opened.has(place.silo)}
              toggle={words === '' ? () => toggle(place.silo) : null} />
          ))}
        </ul>
      )}
    </section>
  );
}

/** All videos while they are wanted, again and again: the more there are, the less often. */
function useVideos(isWanted: boolean, videoCount: number): Loaded<VideoStatus[]> {
  const videos = useLoad(isWanted ? 'videos' : null, api.allVideos);
  useEffect(() => {
    if (videos.isLoading || !isWanted) return;
    const timer = setInterval(() => { if (!document.hidden) videos.reload(); }, REFRESH_MS + 5 * videoCount);
    return () => clearInterval(timer);
  }, [videos.isLoading, isWanted]);
  return videos;
}

function PlaceRow({ place: { silo, count: number }, most, videos, named, isOpen, toggle }: {
  place: Place; most: number; videos: Loaded<VideoStatus[]>; named: readonly VideoStatus[]; isOpen: boolean;
  /** null: it is open because of a search. */
  toggle: (() => void) | null;
}) {
  const name = silo ?? 'On no silo';
  const line = (
    <>
      <span class="cluster-place-name">{name}</span>
      <span class="cluster-bar" aria-hidden="true"><span style={{ width: `${100 * number / most}%` }} /></span>
      <span class="figures">{count(number, 'video')}</span>
    </>
  );
  return (
    <li class={silo === null ? 'cluster-place-none' : undefined}>
      {toggle
        ? <button type="button" class="cluster-place" aria-expanded={isOpen} onClick={toggle}>{line}</button>
        : <p class="cluster-place">{line}</p>}
      {isOpen && (videos.data === null
        ? !videos.problem && <p class="hint cluster-names">Asking for the videos</p>
        : <Names of={named} />)}
    </li>
  );
}

function Names({ of }: { of: readonly VideoStatus[] }) {
  const [most, setMost] = useState(NAMED);
  if (of.length === 0) return <p class="hint cluster-names">None any more.</p>;
  return (
    <div class="cluster-names">
      <ul>
        {of.slice(0, most).map(({ definition, state }) => (
          <li key={definition.id}>
            <a href={href(['videos', definition.id])}>{titleOf(definition)}</a>
            <StateBadge state={state} />
          </li>
        ))}
      </ul>
      {of.length > most && (
        <button type="button" class="quiet" onClick={() => setMost(most + NAMED)}>
          Show {grouped(Math.min(NAMED, of.length - most))} more of {grouped(of.length)}
        </button>
      )}
    </div>
  );
}
