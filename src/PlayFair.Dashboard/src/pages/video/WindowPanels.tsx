import type { LiveVideo } from '../../live/feed';

/** The window shown: filmstrip, current frame, curves and class scores. */
export function WindowPanels({ video }: { video: LiveVideo }) {
  return <p>{video.latest.value?.sequence}</p>;
}
