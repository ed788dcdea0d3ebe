import type { VideoState } from '../api/contracts';
import { STATE_WORDS } from '../words';
import './stateBadge.css';

/** A video's state in words, with a sign whose shape differs too. */
export function StateBadge({ state }: { state: VideoState }) {
  return <span class={`state state-${state}`}><span class="state-sign" aria-hidden="true" />{STATE_WORDS[state]}</span>;
}
