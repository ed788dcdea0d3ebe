import { useEffect, useState } from 'preact/hooks';
import { connection, reconnectNow } from './live/feed';

/** Whether what the page shows is live; says when the next attempt is made where it is not. */
export function ConnectionBadge() {
  const state = connection.value;
  const [, tick] = useState(0);
  const isWaiting = state.state === 'waiting';
  useEffect(() => {
    if (!isWaiting) return;
    const timer = setInterval(() => tick(n => n + 1), 500);
    return () => clearInterval(timer);
  }, [isWaiting]);
  switch (state.state) {
    case 'idle': return null;
    case 'open': return <span class="connection connection-open" role="status">Connected</span>;
    case 'connecting': return <span class="connection" role="status">Connecting</span>;
    case 'refused':
      return <span class="connection connection-lost" role="status" title={state.problem.detail}>Refused</span>;
    case 'waiting': {
      const seconds = Math.max(0, Math.ceil((state.attemptAt - Date.now()) / 1000));
      return (
        <span class="connection connection-lost" role="status" title={state.reason}>
          Reconnecting{seconds > 1 ? ` in ${seconds} s` : ''}
          <button type="button" class="quiet" onClick={reconnectNow}>Now</button>
        </span>
      );
    }
  }
}
