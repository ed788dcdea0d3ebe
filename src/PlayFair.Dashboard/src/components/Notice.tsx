import type { ComponentChildren } from 'preact';
import type { ServerProblem } from '../api/client';
import './notice.css';

/** What stands where something else would: nothing there yet, loading, or why it is not there. */
export function Notice({ kind, title, children, action }: {
  kind: 'loading' | 'empty' | 'problem';
  title: string;
  children?: ComponentChildren;
  action?: { text: string; do: () => void } | undefined;
}) {
  return (
    <div class={`notice notice-${kind}`} role={kind === 'problem' ? 'alert' : 'status'}>
      {kind === 'loading' && <span class="notice-spinner" aria-hidden="true" />}
      <p class="notice-title">{title}</p>
      {children && <div class="notice-words">{children}</div>}
      {action && <button type="button" class="quiet" onClick={action.do}>{action.text}</button>}
    </div>
  );
}

export function ProblemNotice({ problem, retry }: { problem: ServerProblem; retry?: () => void }) {
  const title = problem.status === 0 ? 'No connection'
    : problem.status === 404 ? 'Not there'
    : problem.status === 403 ? 'Not allowed'
    : 'That did not work';
  return (
    <Notice kind="problem" title={title} action={retry && { text: 'Try again', do: retry }}>{problem.detail}</Notice>
  );
}
