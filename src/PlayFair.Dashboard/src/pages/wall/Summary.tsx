import type { ReadonlySignal } from '@preact/signals';
import { useEffect } from 'preact/hooks';
import { api } from '../../api/client';
import { useLoad } from '../../components/useLoad';
import { count, grouped, quantity } from '../../words';

export interface Totals {
  videos: number;
  live: number;
  attention: number;
  updatesPerSecond: number;
}

/** The wall in one line. */
export function Summary({ totals }: { totals: ReadonlySignal<Totals> }) {
  const { videos, live, attention, updatesPerSecond } = totals.value;
  return (
    <>
      <div class="wall-summary">
        <h1>Wall</h1>
        <ul class="wall-totals figures" aria-label="Summary">
          <li>{count(videos, 'video')}</li>
          <li>{grouped(live)} live</li>
          <li class={attention > 0 ? 'wall-attention' : undefined}>
            {attention === 0 ? 'none needs attention'
              : `${grouped(attention)} ${attention === 1 ? 'needs' : 'need'} attention`}
          </li>
          <li>{quantity(updatesPerSecond)} updates/s</li>
        </ul>
      </div>
      <StoreProblem />
    </>
  );
}

const STATUS_MS = 10_000;

/** Streams go on where the store fails, so that nothing else on the wall would tell. */
function StoreProblem() {
  const status = useLoad('status', signal => api.status(signal));
  useEffect(() => {
    const timer = setTimeout(status.reload, STATUS_MS);
    return () => clearTimeout(timer);
  });
  const store = status.data?.store;
  if (!store || (store.isHealthy && store.unstoredUpdateCount === 0)) return null;
  return (
    <p class="wall-interruption" role="alert">
      <span>
        {store.isHealthy ? 'The store was interrupted.'
          : `The store does not work: ${store.problem ?? 'it says not why'}`}
        {store.unstoredUpdateCount > 0
          && ` ${count(store.unstoredUpdateCount, 'update is', 'updates are')} not stored.`}
        {!store.isHealthy && ' The streams go on; their history does not.'}
      </span>
    </p>
  );
}
