import { api } from '../api/client';
import type { VideoDefinition, VideoStatus } from '../api/contracts';
import { announce } from '../announce';
import { forget, takeStatus } from './feed';

// What users do to videos from anywhere on the page: the server is asked, and the page and screen readers are told.

export function titleOf({ id, title }: Pick<VideoDefinition, 'id' | 'title'>): string {
  return title || id;
}

/** Pauses a video or goes on with it. */
export async function setPaused({ definition }: VideoStatus, paused: boolean): Promise<void> {
  takeStatus(await api.change({ ...definition, paused }));
  announce(`${titleOf(definition)} is ${paused ? 'paused' : 'resumed'}.`);
}

/** Removes a video with its history. */
export async function remove({ definition }: VideoStatus): Promise<void> {
  await api.remove(definition.id);
  forget(definition.id);
  announce(`${titleOf(definition)} was removed.`);
}

/** Whether there is anything to pause: a file attributed to its end has nothing. */
export function mayPause(status: VideoStatus): boolean {
  return !isPaused(status) && status.state !== 'ended';
}

export function isPaused({ definition, state }: VideoStatus): boolean {
  return definition.paused ?? state === 'paused';
}
