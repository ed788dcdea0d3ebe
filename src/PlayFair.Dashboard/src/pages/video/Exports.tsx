import { useState } from 'preact/hooks';
import { announce } from '../../announce';
import { download } from '../../download';
import { csv, fileName } from './exporting';
import type { WindowView } from './WindowPanels';

/** Saves what is shown as a file. */
export function Exports({ shown, title }: { shown: WindowView; title: string }) {
  const [problem, setProblem] = useState<string | null>(null);
  const save = async (kind: 'png' | 'csv' | 'json') => {
    setProblem(null);
    try {
      const { update, comparison } = shown;
      const blob = kind === 'csv' ? new Blob([csv(update, comparison)], { type: 'text/csv' })
        : kind === 'json' ? new Blob([JSON.stringify(update, null, 2), '\n'], { type: 'application/json' })
        : await (await import('./figure')).figurePng(shown, title);
      download(blob, fileName(update, kind));
      announce(`Saved as ${fileName(update, kind)}`);
    } catch (error) {
      setProblem(`It could not be saved: ${String((error as Error).message)}`);
    }
  };
  const button = (kind: 'png' | 'csv' | 'json', title: string) => (
    <button type="button" class="quiet" title={title} aria-label={`Save as ${kind.toUpperCase()}: ${title}`}
      onClick={() => void save(kind)}>{kind.toUpperCase()}</button>
  );
  return (
    <div class="window-exports" role="group" aria-label="Save what is shown">
      <span class="hint" aria-hidden="true">Save</span>
      {button('png', 'the strip and the curves as a picture')}
      {button('csv', 'the frames’ values of the classes compared')}
      {button('json', 'the update as the API gives it')}
      {problem && <p class="field-problem" role="alert">{problem}</p>}
    </div>
  );
}
