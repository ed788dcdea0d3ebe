import { useEffect } from 'preact/hooks';
import { follow, videoOf } from '../../live/feed';
import { HistoryPanel } from './HistoryPanel';
import { WindowPanels } from './WindowPanels';

/** One video: what it is doing, the window attributed, and its whole history. */
export function VideoPage({ id }: { id: string }) {
  useEffect(() => follow([id], null), [id]);
  const video = videoOf(id);
  return (
    <>
      <h1>{video.status.value?.definition.title ?? id}</h1>
      <WindowPanels video={video} />
      <HistoryPanel video={video} />
    </>
  );
}
