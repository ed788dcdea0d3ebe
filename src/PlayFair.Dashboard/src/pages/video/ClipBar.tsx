import { useComputed } from '@preact/signals';
import { useEffect, useId, useRef } from 'preact/hooks';
import { go } from '../../address';
import { api } from '../../api/client';
import type { VideoStatus } from '../../api/contracts';
import { useLoad } from '../../components/useLoad';
import type { LiveVideo } from '../../live/feed';
import { count } from '../../words';
import { CLIP_FRAMES } from './clip';
import { changeView, currentView } from './view';
import './clipBar.css';

/** Which control of the bar had the focus when it went to another example: there it has it again. */
let focused: string | null = null;

/** The paper authors' dashboard for files: the whole clip in so many frames, one example after the other. */
export function ClipBar({ video }: { video: LiveVideo }) {
  const isFile = useComputed(() => video.status.value?.isLive === false).value;
  return isFile ? <Bar video={video} /> : null;
}

function Bar({ video }: { video: LiveVideo }) {
  const frames = useComputed(() => currentView().clip).value;
  const bar = useRef<HTMLDivElement>(null);
  const id = useId();
  const examples = useLoad(frames === null ? null : 'examples', async signal => filesOf(await api.videos(signal)));
  useEffect(() => {
    if (focused === null || examples.data === null) return;
    bar.current!.querySelector<HTMLElement>(`[data-control="${focused}"]`)?.focus();
    focused = null;
  }, [examples.data !== null]);
  const most = Math.max(CLIP_FRAMES.most, frames ?? 0);
  return (
    <div class="panel clip" ref={bar} role="group" aria-label="Whole clip">
      <label class="check">
        <input
          type="checkbox" role="switch" checked={frames !== null}
          onChange={event => changeView({ clip: event.currentTarget.checked ? CLIP_FRAMES.usual : null, frame: null })}
        />
        Whole clip
      </label>
      {frames === null ? <p class="hint">Attributes the file as a whole, in a few frames, in place of a window.</p> : (
        <>
          <div class="clip-frames">
            <label for={id}>Frames</label>
            <input
              id={id} type="range" min={CLIP_FRAMES.least} max={most} value={frames}
              aria-valuetext={count(frames, 'frame')}
              onInput={event => changeView({ clip: event.currentTarget.valueAsNumber, frame: null })}
            />
            <output for={id}>{frames}</output>
          </div>
          {examples.data && examples.data.length > 1 && <Examples files={examples.data} id={video.id} />}
        </>
      )}
    </div>
  );
}

function Examples({ files, id }: { files: readonly VideoStatus[]; id: string }) {
  const label = useId();
  const position = files.findIndex(file => file.definition.id === id);
  const step = (to: number, control: string) => {
    const next = files[to]?.definition;
    if (next === undefined || next.id === id) return;
    const { classes, clip } = currentView();
    const isSameModel = files[to]!.model === files[position]?.model;
    focused = control;
    go(['videos', next.id], { clip, classes: isSameModel ? classes?.join(',') : null });
  };
  return (
    <div class="clip-examples">
      <label for={label}>Example</label>
      <button
        type="button" class="quiet" data-control="previous" aria-label="Previous example" aria-disabled={position <= 0}
        onClick={() => step(position - 1, 'previous')}
      >←</button>
      <input
        id={label} type="range" min={1} max={files.length} value={position + 1} data-control="slider"
        aria-valuetext={`${titleOf(files[position])}, ${position + 1} of ${files.length}`}
        onChange={event => step(event.currentTarget.valueAsNumber - 1, 'slider')}
      />
      <button
        type="button" class="quiet" data-control="next" aria-label="Next example"
        aria-disabled={position >= files.length - 1}
        onClick={() => step(position + 1, 'next')}
      >→</button>
      <output for={label}>{position + 1} of {files.length}</output>
    </div>
  );
}

function titleOf(file: VideoStatus | undefined): string {
  return file ? file.definition.title ?? file.definition.id : 'this file';
}

/** What can be attributed as a whole, in an order that does not change. */
function filesOf(videos: readonly VideoStatus[]): VideoStatus[] {
  return videos.filter(video => !video.isLive && video.state !== 'failed')
    .sort((a, b) => titleOf(a).localeCompare(titleOf(b)) || a.definition.id.localeCompare(b.definition.id));
}
