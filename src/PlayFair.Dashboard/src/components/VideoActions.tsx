import { useId, useRef, useState } from 'preact/hooks';
import { href } from '../address';
import { announce } from '../announce';
import type { VideoStatus } from '../api/contracts';
import { isPaused, mayPause, remove, setPaused, titleOf } from '../live/changes';
import { mayManage } from '../session';
import { ConfirmDialog } from './ConfirmDialog';
import './videoActions.css';

/**
 * Pause or resume, change and remove one video; nothing for those who may only view.
 * @param layout `row`: buttons side by side; `menu`: one small button that opens them.
 * @param onRemoved Where to go when the video is gone; the focus goes to the page's content unless this moves it.
 */
export function VideoActions({ status, layout = 'row', onRemoved }: {
  status: VideoStatus;
  layout?: 'row' | 'menu';
  onRemoved?: () => void;
}) {
  const id = useId();
  const menu = useRef<HTMLDivElement>(null);
  const [isBusy, setBusy] = useState(false);
  const [isRemoving, setRemoving] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  if (!mayManage()) return null;

  const { definition } = status;
  const title = titleOf(definition);
  const paused = isPaused(status);

  const toggle = async () => {
    if (isBusy) return;
    menu.current?.hidePopover();
    setBusy(true);
    setProblem(null);
    try {
      await setPaused(status, !paused);
    } catch (error) {
      setProblem(`${title} cannot be ${paused ? 'resumed' : 'paused'}: ${(error as Error).message}`);
    } finally {
      setBusy(false);
    }
  };

  // Row after row, names tell which video; in a menu, the menu's does.
  const labels = (verb: string) => layout === 'row'
    ? { children: verb, 'aria-label': `${verb} ${title}` }
    : { children: `${verb} the video` };
  const buttons = (
    <>
      {(paused || mayPause(status)) && (
        <button type="button" class="quiet" aria-disabled={isBusy} onClick={() => void toggle()}
          {...labels(paused ? 'Resume' : 'Pause')} />
      )}
      <a class="button" href={href(['videos', definition.id, 'edit'])} {...labels('Change')} />
      <button type="button" class="quiet" {...labels('Remove')} onClick={() => {
        menu.current?.hidePopover();
        setRemoving(true);
      }} />
    </>
  );

  return (
    <div class="actions">
      {layout === 'row' ? buttons : (
        <>
          <button type="button" class="quiet actions-open" popovertarget={id} aria-label={`Actions for ${title}`}
            onClick={event => placeBelow(menu.current!, event.currentTarget)}>
            <span aria-hidden="true">⋯</span>
          </button>
          <div class="actions-menu" role="group" aria-label={`Actions for ${title}`} id={id} popover="auto" ref={menu}>
            {buttons}
          </div>
        </>
      )}
      {problem && <p class="field-problem" role="alert">{problem}</p>}
      {isRemoving && (
        <RemoveDialog statuses={[status]} onClose={() => setRemoving(false)} onRemoved={() => {
          document.getElementById('main')!.focus({ preventScroll: true });
          onRemoved?.();
        }} />
      )}
    </div>
  );
}

/** The second step of removing videos. */
export function RemoveDialog({ statuses, onClose, onRemoved }: {
  statuses: readonly VideoStatus[];
  onClose: () => void;
  onRemoved?: () => void;
}) {
  // As asked: those that are removed leave the page's list while the others still wait.
  const [asked] = useState(statuses);
  const titles = asked.map(({ definition }) => titleOf(definition));
  const one = titles.length === 1;
  return (
    <ConfirmDialog
      title={one ? `Remove ${titles[0]}?` : `Remove ${titles.length} videos?`}
      confirm={one ? 'Remove it and its history' : `Remove ${titles.length} videos and their history`}
      onClose={onClose}
      onConfirm={async () => {
        await forEachOf(asked, remove);
        if (!one) announce(`${asked.length} videos were removed.`);
        onRemoved?.();
      }}>
      {!one && <ul>{titles.map((title, i) => <li key={asked[i].definition.id}>{title}</li>)}</ul>}
      <p>
        {one ? 'It stops, and its whole history is deleted' : 'They stop, and their whole history is deleted'}: every
        update, frame and picture that is stored. This cannot be undone. To stop reading {one ? 'it' : 'them'} and keep
        the history, pause {one ? 'it' : 'them'} instead.
      </p>
    </ConfirmDialog>
  );
}

/** Does one after the other; those that fail do not keep the rest from it, and are named in the end. */
export async function forEachOf(
  statuses: readonly VideoStatus[], act: (status: VideoStatus) => Promise<void>): Promise<void> {
  const failures: string[] = [];
  for (const status of statuses) {
    try {
      await act(status);
    } catch (error) {
      failures.push(statuses.length === 1
        ? (error as Error).message
        : `${titleOf(status.definition)}: ${(error as Error).message}`);
    }
  }
  if (failures.length > 0) throw new Error(failures.join(' '));
}

function placeBelow(menu: HTMLElement, button: HTMLElement): void {
  const { bottom, right } = button.getBoundingClientRect();
  menu.style.top = `${bottom + 4}px`;
  menu.style.right = `${Math.max(4, document.documentElement.clientWidth - right)}px`;
}
