import type { ComponentChildren } from 'preact';
import { useId, useLayoutEffect, useRef, useState } from 'preact/hooks';
import './confirmDialog.css';

/**
 * Asks before something that cannot be undone. The harmless button has the focus; Escape is the same.
 * @param onConfirm May take its time; where it fails, the dialog stays and says why.
 */
export function ConfirmDialog({ title, confirm, children, onConfirm, onClose }: {
  title: string;
  confirm: string;
  children: ComponentChildren;
  onConfirm: () => Promise<void>;
  onClose: () => void;
}) {
  const dialog = useRef<HTMLDialogElement>(null);
  const id = useId();
  const [isBusy, setBusy] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  useLayoutEffect(() => {
    const shown = dialog.current!;
    shown.showModal();
    // Closed and not merely taken away, the dialog gives the focus back to where it was.
    return () => shown.close();
  }, []);

  const run = async () => {
    if (isBusy) return;
    setBusy(true);
    setProblem(null);
    try {
      await onConfirm();
      dialog.current?.close();
    } catch (error) {
      setProblem((error as Error).message);
      setBusy(false);
    }
  };

  return (
    <dialog class="confirm" ref={dialog} aria-labelledby={`${id}-title`} aria-describedby={`${id}-words`}
      onClose={onClose}>
      <h2 id={`${id}-title`}>{title}</h2>
      <div class="confirm-words" id={`${id}-words`}>{children}</div>
      {problem && <p class="field-problem" role="alert">{problem}</p>}
      <div class="confirm-buttons">
        <button type="button" class="quiet" autofocus onClick={() => dialog.current!.close()}>Cancel</button>
        <button type="button" class="strong danger" aria-disabled={isBusy} onClick={() => void run()}>
          {isBusy ? 'One moment' : confirm}
        </button>
      </div>
    </dialog>
  );
}
