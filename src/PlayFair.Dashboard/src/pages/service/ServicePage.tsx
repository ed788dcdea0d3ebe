import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { href } from '../../address';
import { api } from '../../api/client';
import { serverTime } from '../../api/clock';
import type { ServiceStatus, VideoState, VideoStatus } from '../../api/contracts';
import { ProblemNotice, Notice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { follow, videos } from '../../live/feed';
import { bytes, clock, count, duration, grouped, quantity, STATE_WORDS } from '../../words';
import './service.css';

const REFRESH_MS = 5000;

/** The service as a whole, and its store. */
export function ServicePage() {
  useEffect(() => follow(null, 0.1), []);
  const [turn, setTurn] = useState(0);
  const asked = useLoad(`service ${turn}`, api.status);
  useEffect(() => {
    // Nobody sees a hidden tab age.
    const timer = setInterval(() => { if (!document.hidden) setTurn(n => n + 1); }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="service">
      <h1>Service</h1>
      {asked.problem && <ProblemNotice problem={asked.problem} retry={asked.reload} />}
      {asked.data ? <Facts status={asked.data} />
        : !asked.problem && <Notice kind="loading" title="Asking the server" />}
    </div>
  );
}

function Facts({ status: { version, startedAt, videoCount, subscriberCount, store } }: { status: ServiceStatus }) {
  return (
    <>
      <section class="panel" aria-labelledby="service-store">
        <h2 id="service-store">Store</h2>
        <Health store={store} />
        {store.path && (
          <dl class="service-facts">
            <Fact name="Database"><code>{store.path}</code></Fact>
            <Fact name="Size, with its log">{bytes(store.bytes)}</Fact>
            <Fact name="Updates stored">{grouped(store.updateCount)}</Fact>
            <Fact name="A stored update">
              {store.updateCount > 0 ? bytes(Math.round(store.bytesPerUpdate)) : 'none yet'}
            </Fact>
            <Fact name="Not stored">
              {store.unstoredUpdateCount === 0 ? 'none since the start' : count(store.unstoredUpdateCount, 'update')}
            </Fact>
          </dl>
        )}
      </section>
      <section class="panel" aria-labelledby="service-process">
        <h2 id="service-process">Server</h2>
        <dl class="service-facts">
          <Fact name="Version">{version}</Fact>
          <Fact name="Up for">{duration(serverTime() - Date.parse(startedAt))}</Fact>
          <Fact name="Started">{clock(startedAt)}</Fact>
          <Fact name="Event streams open">{grouped(subscriberCount)}</Fact>
        </dl>
      </section>
      <Videos total={videoCount} />
    </>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

function Health({ store }: { store: ServiceStatus['store'] }) {
  if (!store.path) {
    return (
      <p class="service-health service-none">
        Nothing is stored: updates go to whoever watches, and only the newest are kept in memory.
      </p>
    );
  }
  return store.isHealthy
    ? <p class="service-health service-good">Every update is stored as it comes.</p>
    : (
      <p class="service-health service-bad" role="alert">
        The last update could not be stored: {store.problem ?? 'the server does not say why.'} Videos and event
        streams go on.
      </p>
    );
}

/** How many videos are in which state, and how much they compute together. */
function Videos({ total }: { total: number }) {
  const statuses = [...videos.value.values()].flatMap(video => video.status.value ?? []);
  const states = (Object.keys(STATE_WORDS) as VideoState[])
    .map(state => ({ state, number: statuses.filter(status => status.state === state).length }))
    .filter(({ number }) => number > 0);
  const sum = (of: (status: VideoStatus) => number) => statuses.reduce((all, status) => all + of(status), 0);
  const reduced = statuses.filter(({ quality }) => quality.level > 0).length;
  return (
    <section class="panel" aria-labelledby="service-videos">
      <h2 id="service-videos">Videos</h2>
      {total === 0 ? <p>There are none. <a href={href(['add'])}>Add a video</a>.</p> : (
        <dl class="service-facts">
          <Fact name="Videos">{grouped(total)}</Fact>
          {states.map(({ state, number }) => <Fact key={state} name={`${STATE_WORDS[state]}`}>{grouped(number)}</Fact>)}
          <Fact name="Updates a second, together">{quantity(sum(status => status.updatesPerSecond))}</Fact>
          <Fact name="Frames dropped">{grouped(sum(status => status.droppedFrames))}</Fact>
          <Fact name="Computed with less, to keep up">{grouped(reduced)}</Fact>
        </dl>
      )}
    </section>
  );
}
