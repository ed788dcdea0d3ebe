import { useEffect, useMemo } from 'preact/hooks';
import { href } from '../../address';
import { api } from '../../api/client';
import type { ServerProblem } from '../../api/client';
import { Notice, ProblemNotice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { connection, follow, forget, takeStatus, videos, type LiveVideo } from '../../live/feed';
import { HistoryPanel } from './HistoryPanel';
import { LiveWindow } from './LiveWindow';
import { VideoHeader } from './VideoHeader';
import './video.css';

/** One video: what it is doing, the window attributed, and its whole history. */
export function VideoPage({ id }: { id: string }) {
  const asked = useLoad(`video ${id}`, async signal => {
    const status = await api.video(id, signal);
    takeStatus(status);
    return status;
  });
  const isGone = asked.problem?.status === 404;
  useEffect(() => {
    if (isGone) forget(id);
  }, [isGone]);
  const video = videos.value.get(id);
  if (!isGone && video && (asked.data !== null || video.status.peek() !== null)) return <Video video={video} />;
  return (
    <>
      <h1 class="unseen">{id}</h1>
      {isGone ? <Missing title={`There is no video “${id}”`}>It was removed, or the address is mistyped.</Missing>
        : asked.data !== null ? <Missing title={`“${id}” was removed`}>Its history went with it.</Missing>
        : asked.problem ? <Retrying problem={asked.problem} retry={asked.reload} />
        : <Notice kind="loading" title="Loading the video" />}
    </>
  );
}

function Missing({ title, children }: { title: string; children: string }) {
  return (
    <Notice kind="empty" title={title}>
      {children} <a href={href([])}>The wall</a> has all videos.
    </Notice>
  );
}

function Retrying({ problem, retry }: { problem: ServerProblem; retry: () => void }) {
  useEffect(() => {
    const timer = setTimeout(retry, 2000);
    return () => clearTimeout(timer);
  });
  return <ProblemNotice problem={problem} retry={retry} />;
}

function Video({ video }: { video: LiveVideo }) {
  useEffect(() => follow([video.id], null), [video.id]);
  // The same element again, so that it does not render with every update.
  const history = useMemo(() => <HistoryPanel video={video} />, [video]);
  return (
    <div class="video">
      <Refusal />
      <VideoHeader video={video} />
      <LiveWindow video={video}>{history}</LiveWindow>
    </div>
  );
}

/** Why nothing comes any more: the server refused the event stream for good. */
function Refusal() {
  const state = connection.value;
  return state.state === 'refused' ? <ProblemNotice problem={state.problem} /> : null;
}
