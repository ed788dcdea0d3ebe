import type { ComponentChildren } from 'preact';
import { useEffect, useState } from 'preact/hooks';
import { announce } from '../../announce';
import { api } from '../../api/client';
import { serverTime } from '../../api/clock';
import type { ClusterStatus } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { hasCluster } from '../../session';
import { count, duration, grouped, quantity } from '../../words';
import { Grains } from './Grains';
import { Places } from './Places';
import { Silos } from './Silos';
import { seenSilos, totalsOf, TROUBLES, type SeenSilo, type Trouble } from './silos';
import './cluster.css';

const REFRESH_MS = 3000;

/** The silos of the cluster, what is wrong with them, and what runs where. */
export function ClusterPage() {
  const [turn, setTurn] = useState(0);
  const asked = useLoad(`cluster ${turn}`, async signal => {
    const status = await api.cluster(signal);
    hasCluster.value = status !== null;
    return { status, at: serverTime() };
  });
  useEffect(() => {
    // Nobody sees a hidden tab age.
    const timer = setInterval(() => { if (!document.hidden) setTurn(n => n + 1); }, REFRESH_MS);
    return () => clearInterval(timer);
  }, []);
  return (
    <div class="cluster">
      <h1>Cluster</h1>
      {asked.problem && <ProblemNotice problem={asked.problem} retry={asked.reload} />}
      {asked.data === null ? !asked.problem && <Notice kind="loading" title="Asking the cluster" />
        : asked.data.status === null ? <NoCluster />
        : <Cluster status={asked.data.status} at={asked.data.at} />}
    </div>
  );
}

function NoCluster() {
  return (
    <Notice kind="empty" title="There is no cluster">
      One process runs all videos of this server. Started with <code>playfair silo</code>, several share them.
    </Notice>
  );
}

/** @param at When the server answered, by its clock. */
function Cluster({ status, at }: { status: ClusterStatus; at: number }) {
  const seen = seenSilos(status, at);
  return (
    <>
      <Summary status={status} seen={seen} />
      <Troubles status={status} seen={seen} />
      <Silos seen={seen} answeredBy={status.answeredBy} />
      <Places status={status} />
      <Grains grains={status.grains} />
    </>
  );
}

/** The cluster in one line. */
function Summary({ status: { name, videoCount, unplacedVideoCount }, seen }: {
  status: ClusterStatus; seen: readonly SeenSilo[];
}) {
  const { active, silos, updatesPerSecond, loadCores, capacityCores } = totalsOf(seen);
  return (
    <ul class="cluster-totals figures" aria-label="Summary">
      <li>{name}</li>
      <li>{active < silos && `${grouped(active)} of `}{count(silos, 'silo')} active</li>
      <li>{count(videoCount, 'video')}</li>
      <li class={unplacedVideoCount > 0 ? 'cluster-attention' : undefined}>
        {unplacedVideoCount === 0 ? 'none without a silo' : `${grouped(unplacedVideoCount)} without a silo`}
      </li>
      <li>{quantity(updatesPerSecond)} updates/s</li>
      <li>{quantity(loadCores)} of {quantity(capacityCores)} cores expected in use</li>
    </ul>
  );
}

// ---- what is wrong

const HEADINGS: Record<Trouble, (number: number) => string> = {
  dead: number => number === 1 ? 'A silo is dead' : `${grouped(number)} silos are dead`,
  silent: number => number === 1 ? 'A silo is not heard of' : `${grouped(number)} silos are not heard of`,
  overloaded: number =>
    number === 1 ? 'A silo has more than it can do' : `${grouped(number)} silos have more than they can do`,
  leaving: number => number === 1 ? 'A silo is leaving' : `${grouped(number)} silos are leaving`,
};

const CONSEQUENCES: Record<Trouble, string> = {
  dead: 'The others take over its videos.',
  silent: 'It is slow, stopped or cut off; when the others agree that it is gone they take over its videos.',
  overloaded: 'Its videos come late or with less quality; another silo would take some of them.',
  leaving: 'Its videos move to others, without losing an update.',
};

/** So many silos are named; the table has all of them. */
const NAMED = 6;

function Troubles({ status: { unplacedVideoCount }, seen }: { status: ClusterStatus; seen: readonly SeenSilo[] }) {
  const troubles = TROUBLES.map(trouble => ({ trouble, those: seen.filter(one => one.troubles.includes(trouble)) }))
    .filter(({ those }) => those.length > 0);
  const headings = troubles.map(({ trouble, those }) => HEADINGS[trouble](those.length));
  if (unplacedVideoCount > 0) headings.push(count(unplacedVideoCount, 'video has no silo', 'videos have no silo'));
  const words = headings.join('. ');
  useEffect(() => { if (words !== '') announce(`${words}.`); }, [words]);
  if (headings.length === 0) return <p class="cluster-well">Nothing is wrong: every silo answers and has room.</p>;
  return (
    <section class="cluster-troubles" aria-label="What is wrong">
      <ul>
        {troubles.map(({ trouble, those }, i) => (
          <Wrong key={trouble} heading={headings[i]!} consequence={CONSEQUENCES[trouble]}>
            {those.slice(0, NAMED).map(one => detailOf(trouble, one)).join('; ')}
            {those.length > NAMED && `; and ${grouped(those.length - NAMED)} more`}
          </Wrong>
        ))}
        {unplacedVideoCount > 0 && (
          <Wrong heading={headings.at(-1)!} consequence="Another silo takes over from the one that is gone." />
        )}
      </ul>
    </section>
  );
}

function Wrong({ heading, consequence, children }: {
  heading: string; consequence: string; children?: ComponentChildren;
}) {
  return (
    <li>
      <p class="cluster-wrong">{heading}</p>
      {children && <p class="figures">{children}</p>}
      <p class="hint">{consequence}</p>
    </li>
  );
}

function detailOf(trouble: Trouble, { silo, silence }: SeenSilo): string {
  switch (trouble) {
    case 'dead':
      return `${silo.name}, ${silence === null ? 'never heard of' : `last heard of ${duration(silence)} ago`}`;
    case 'silent': return `${silo.name}, for ${duration(silence!)}`;
    case 'overloaded':
      return `${silo.name}, ${quantity(silo.loadCores)} of ${quantity(silo.capacityCores)} cores`;
    case 'leaving': return `${silo.name}, ${count(silo.videoCount, 'video')} left`;
  }
}
