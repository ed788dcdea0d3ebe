import { signal } from '@preact/signals';
import type { Session } from './api/contracts';

/** Who the user is to the server; null until it has said so. */
export const session = signal<Session | null>(null);

/** Whether the server belongs to a cluster, as far as it has said. */
export const hasCluster = signal(false);

/** Whether the user may add, change and remove videos. */
export function mayManage(): boolean {
  return session.value?.role === 'manage';
}
