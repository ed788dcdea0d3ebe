import { useSignal } from '@preact/signals';
import { useEffect, useState } from 'preact/hooks';
import { href } from '../../address';
import { announce } from '../../announce';
import type { VideoStatus } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import { hasWords } from '../../components/search';
import { StateBadge } from '../../components/StateBadge';
import { forEachOf, RemoveDialog, VideoActions } from '../../components/VideoActions';
import { isPaused, mayPause, setPaused, titleOf } from '../../live/changes';
import { connection, follow, videos, type LiveVideo } from '../../live/feed';
import { mayManage } from '../../session';
import { count, quantity } from '../../words';
import { MayNotManage } from './MayNotManage';
import './manage.css';
import './managePage.css';

/** All videos as a table, to pause, change and remove one or several. */
export function ManagePage() {
  useEffect(() => follow(null, 0.1), []);
  if (!mayManage()) return <div class="manage"><h1>Manage</h1><MayNotManage /></div>;
  return (
    <div class="manage">
      <div class="manage-head">
        <h1>Manage</h1>
        <a class="button" href={href(['add'])}>Add a video</a>
      </div>
      <VideoTable />
    </div>
  );
}

function VideoTable() {
  const [search, setSearch] = useState('');
  const [chosen, setChosen] = useState<ReadonlySet<string>>(new Set());
  const [isRemoving, setRemoving] = useState(false);
  const [isBusy, setBusy] = useState(false);
  const problem = useSignal<string | null>(null);

  const known = [...videos.value.values()].filter(video => video.status.value !== null)
    .sort((a, b) => a.id < b.id ? -1 : 1);
  const shown = known.filter(video => hasWords(textOf(video.status.value!), search));
  const picked = shown.filter(video => chosen.has(video.id)).map(video => video.status.value!);

  if (known.length === 0) {
    const now = connection.value;
    if (now.state === 'refused') return <ProblemNotice problem={now.problem} />;
    if (now.state !== 'open') return <Notice kind="loading" title="Asking for the videos" />;
    return (
      <Notice kind="empty" title="There are no videos yet">
        <a href={href(['add'])}>Add a video</a>: a file on the server, a camera or a stream.
      </Notice>
    );
  }

  const choose = (ids: readonly string[], isChosen: boolean) => {
    const next = new Set(chosen);
    for (const id of ids) {
      if (isChosen) next.add(id);
      else next.delete(id);
    }
    setChosen(next);
  };

  const pause = async (paused: boolean) => {
    const those = picked.filter(paused ? mayPause : isPaused);
    if (isBusy || those.length === 0) return;
    setBusy(true);
    problem.value = null;
    try {
      await forEachOf(those, status => setPaused(status, paused));
      if (those.length > 1) announce(`${those.length} videos are ${paused ? 'paused' : 'resumed'}.`);
    } catch (error) {
      problem.value = (error as Error).message;
    } finally {
      setBusy(false);
    }
  };

  // Buttons that have nothing to do stay where the focus can be.
  const pausable = picked.filter(mayPause).length;
  const resumable = picked.filter(isPaused).length;
  return (
    <>
      <div class="manage-tools">
        <input type="search" aria-label="Search videos" placeholder="Search title, id, source, model, group, state"
          value={search} onInput={event => setSearch(event.currentTarget.value)} />
        <div class="manage-several" role="group" aria-label="With the chosen videos">
          <button type="button" class="quiet" aria-disabled={isBusy || pausable === 0} onClick={() => void pause(true)}>
            {pausable > 0 ? `Pause ${pausable}` : 'Pause'}
          </button>
          <button type="button" class="quiet" aria-disabled={isBusy || resumable === 0}
            onClick={() => void pause(false)}>
            {resumable > 0 ? `Resume ${resumable}` : 'Resume'}
          </button>
          <button type="button" class="quiet" aria-disabled={isBusy || picked.length === 0}
            onClick={() => { if (!isBusy && picked.length > 0) setRemoving(true); }}>
            {picked.length > 0 ? `Remove ${picked.length}` : 'Remove'}
          </button>
        </div>
      </div>
      {problem.value && <p class="field-problem" role="alert">{problem}</p>}
      <div class="panel manage-table-box">
        <table class="manage-table">
          <caption class="unseen">{count(shown.length, 'video')}{search.trim() !== '' && ' found'}</caption>
          <thead>
            <tr>
              <th scope="col">
                <input type="checkbox" aria-label="Choose all" disabled={shown.length === 0}
                  checked={shown.length > 0 && picked.length === shown.length}
                  indeterminate={picked.length > 0 && picked.length < shown.length}
                  onChange={event => choose(shown.map(({ id }) => id), event.currentTarget.checked)} />
              </th>
              <th scope="col">Video</th>
              <th scope="col">State</th>
              <th scope="col">Source</th>
              <th scope="col">Model</th>
              <th scope="col">Group</th>
              <th scope="col">Actions</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(video => (
              <Row key={video.id} video={video} isChosen={chosen.has(video.id)}
                choose={isChosen => choose([video.id], isChosen)} />
            ))}
          </tbody>
        </table>
        {shown.length === 0 && (
          <Notice kind="empty" title="No video has these words"
            action={{ text: 'Show all', do: () => setSearch('') }} />
        )}
      </div>
      {isRemoving && <RemoveDialog statuses={picked} onClose={() => setRemoving(false)} />}
    </>
  );
}

function Row({ video, isChosen, choose }: {
  video: LiveVideo; isChosen: boolean; choose: (isChosen: boolean) => void;
}) {
  const status = video.status.value!;
  const { definition } = status;
  const title = titleOf(definition);
  return (
    <tr>
      <td class="manage-cell-choose">
        <input type="checkbox" aria-label={`Choose ${title}`} checked={isChosen}
          onChange={event => choose(event.currentTarget.checked)} />
      </td>
      <th scope="row">
        <a href={href(['videos', video.id])}>{title}</a>
        {title !== video.id && <code class="manage-sub">{video.id}</code>}
      </th>
      <td data-label="State">
        <StateBadge state={status.state} />
        {status.reason && <span class="manage-sub">{status.reason}</span>}
      </td>
      <td data-label="Source"><code>{definition.source}</code></td>
      <td data-label="Model">
        {status.model}
        <span class="manage-sub">
          {count(definition.window, 'frame')} at {quantity(definition.rateHz)}/s,{' '}
          {definition.samples ? 'sampled' : 'exact'}
        </span>
      </td>
      <td data-label="Group">{definition.group || <span class="manage-sub">none</span>}</td>
      <td class="manage-cell-actions"><VideoActions status={status} /></td>
    </tr>
  );
}

function textOf({ definition, state, model }: VideoStatus): string {
  const { id, title, source, group } = definition;
  return [id, title, source, group, state, model].join('\n');
}
