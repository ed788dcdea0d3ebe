import { useEffect, useState } from 'preact/hooks';
import { go, href } from '../../address';
import { serverTime } from '../../api/clock';
import type { VideoStatus } from '../../api/contracts';
import { StateBadge } from '../../components/StateBadge';
import { VideoActions } from '../../components/VideoActions';
import type { LiveVideo } from '../../live/feed';
import { hasCluster } from '../../session';
import { count, duration, isRunning, quantity } from '../../words';
import { qualityWords, stateWords } from './state';

/** Which video this is and how its source does. */
export function VideoHeader({ video }: { video: LiveVideo }) {
  const status = video.status.value;
  const title = status?.definition.title ?? video.id;
  useEffect(() => { document.title = `${title} · PlayFair`; }, [title]);
  return (
    <header class="video-head">
      <nav class="video-trail" aria-label="Where this is">
        <a href={href([])}><span aria-hidden="true">‹ </span>Wall</a>
        {status?.definition.group && <span>{status.definition.group}</span>}
      </nav>
      {status && <div class="video-edit"><VideoActions status={status} layout="menu" onRemoved={() => go([])} /></div>}
      <div class="video-title">
        <h1>{title}</h1>
        {status && <StateBadge state={status.state} />}
      </div>
      {status && <StateLine status={status} gaps={video.gaps.value} />}
      {status && <Figures status={status} />}
    </header>
  );
}

/** Counts down to the next attempt. */
function StateLine({ status, gaps }: { status: VideoStatus; gaps: number }) {
  const now = useNow(status.state === 'reconnecting' || status.state === 'stalled');
  // Without a window its place says it.
  const words = status.lastSequence === undefined ? '' : stateWords(status, now);
  return (
    <>
      {words && <p class={`video-reason video-reason-${status.state}`}>{words}</p>}
      {gaps > 0 && (
        <p class="video-reason">{count(gaps, 'update')} that came while this page was cut off can no longer be had.</p>
      )}
    </>
  );
}

function Figures({ status }: { status: VideoStatus }) {
  const { definition, latency, quality } = status;
  const every = definition.stride === 1 ? 'each' : `every ${definition.stride}`;
  const rows: [string, string, string?][] = [
    ['Model', status.model],
    ['Rate', isRunning(status.state) ? `${quantity(status.updatesPerSecond)} updates/s` : '–',
      `${quantity(definition.rateHz)} frames a second, an update for ${every}`],
    ['Latency', latency ? `${milliseconds(latency.p50Ms)}, 95 % below ${milliseconds(latency.p95Ms)}` : 'not known yet',
      'From a frame’s arrival to its published update, over the last minute'],
    ['Dropped', count(status.droppedFrames, 'frame'),
      'Sampled frames left out because the machine could not keep up'],
    ['Quality', qualityWords(status), quality.reason],
    ['Source', definition.source],
  ];
  if (status.silo !== undefined || hasCluster.value)
    rows.push(['Silo', status.silo ?? 'none at the moment', 'The process of the cluster that runs it']);
  return (
    <dl class="video-figures">
      {rows.map(([term, value, title]) => (
        <div key={term} title={title}><dt>{term}</dt><dd>{value}</dd></div>
      ))}
    </dl>
  );
}

function milliseconds(value: number): string {
  return value < 10_000 ? `${quantity(value)} ms` : duration(value);
}

/** The server's time, every second while it is needed. */
export function useNow(isTicking: boolean): number {
  const [, tick] = useState(0);
  useEffect(() => {
    if (!isTicking) return;
    const timer = setInterval(() => tick(n => n + 1), 1000);
    return () => clearInterval(timer);
  }, [isTicking]);
  return serverTime();
}
