import { useState } from 'preact/hooks';
import type { SiloState } from '../../api/contracts';
import { Notice } from '../../components/Notice';
import '../../components/stateBadge.css';
import { bytes, clock, count, duration, grouped, quantity } from '../../words';
import { loadShare, matches, type SeenSilo, type Trouble } from './silos';

/** From so many silos on there is a search field. */
const SEARCHED = 9;

/** A row for each silo, those first that something is wrong with. */
export function Silos({ seen, answeredBy }: { seen: readonly SeenSilo[]; answeredBy: string }) {
  const [search, setSearch] = useState('');
  const shown = seen.filter(one => matches(one, search));
  return (
    <section class="cluster-silos" aria-labelledby="cluster-silos">
      <div class="cluster-head">
        <h2 id="cluster-silos">Silos</h2>
        {seen.length >= SEARCHED && (
          <input type="search" aria-label="Search silos" placeholder="Search name, state, accelerator, version"
            value={search} onInput={event => setSearch(event.currentTarget.value)} />
        )}
      </div>
      <div class="panel cluster-table-box">
        <table class="cluster-table">
          <caption class="unseen">{count(shown.length, 'silo')}{search.trim() !== '' && ' found'}</caption>
          <thead>
            <tr>
              <th scope="col">Silo</th>
              <th scope="col">State</th>
              <th scope="col">Load</th>
              <th scope="col" title="What its process took over the last seconds">Cores used</th>
              <th scope="col">Memory</th>
              <th scope="col">Videos</th>
              <th scope="col">Updates/s</th>
              <th scope="col">Accelerator</th>
              <th scope="col">Version</th>
              <th scope="col">Heard of</th>
            </tr>
          </thead>
          <tbody>
            {shown.map(one => <Row key={one.silo.address} seen={one} answers={one.silo.name === answeredBy} />)}
          </tbody>
        </table>
        {shown.length === 0 && (
          <Notice kind="empty" title="No silo has these words" action={{ text: 'Show all', do: () => setSearch('') }} />
        )}
      </div>
    </section>
  );
}

function Row({ seen: { silo, troubles, isReplaced, silence }, answers }: { seen: SeenSilo; answers: boolean }) {
  const isDead = silo.state === 'dead';
  const rowClass = troubles.length > 0 ? 'cluster-row-wrong' : isReplaced ? 'cluster-row-old' : undefined;
  return (
    <tr class={rowClass}>
      <th scope="row">
        {silo.name}
        <span class="cluster-sub">
          <code>{silo.address}</code>
          {answers && !isDead && <>, answers here</>}
        </span>
      </th>
      <td data-label="State">
        <SiloBadge state={silo.state} />
        {silo.startedAt && !isDead && <span class="cluster-sub">since {clock(silo.startedAt)}</span>}
        {isReplaced && <span class="cluster-sub">started again since</span>}
        {troubles.map(trouble => WORDS[trouble] && (
          <span key={trouble} class="cluster-sub cluster-warned">{WORDS[trouble]}</span>
        ))}
      </td>
      {isDead ? <td colSpan={5} class="cluster-nothing">–</td> : (
        <>
          <td data-label="Load"><Load silo={silo} /></td>
          <td data-label="Cores used" class="cluster-figure">{quantity(silo.usedCores)}</td>
          <td data-label="Memory" class="cluster-figure">{bytes(silo.memoryBytes)}</td>
          <td data-label="Videos" class="cluster-figure">{grouped(silo.videoCount)}</td>
          <td data-label="Updates/s" class="cluster-figure">{quantity(silo.updatesPerSecond)}</td>
        </>
      )}
      <td data-label="Accelerator">{silo.accelerator ?? (isDead ? '–' : 'none')}</td>
      <td data-label="Version">{silo.version ?? '–'}</td>
      <td data-label="Heard of" class="figures">{silence === null ? 'never' : `${duration(silence)} ago`}</td>
    </tr>
  );
}

/** What the state does not say itself. */
const WORDS: Partial<Record<Trouble, string>> = { silent: 'not heard of', overloaded: 'more than it can do' };

/** Signs of the same shapes as those of videos. */
const SIGNS: Record<SiloState, string> = {
  joining: 'state-connecting', active: 'state-live', leaving: 'state-stalled', dead: 'state-failed',
};

function SiloBadge({ state }: { state: SiloState }) {
  return <span class={`state ${SIGNS[state]}`}><span class="state-sign" aria-hidden="true" />{state}</span>;
}

/** A bar of what a silo's videos take of its cores; more than all of them breaks its end. */
function Load({ silo }: { silo: SeenSilo['silo'] }) {
  const share = loadShare(silo);
  const words = `${quantity(silo.loadCores)} of ${quantity(silo.capacityCores)} cores`;
  return (
    <span class="cluster-load">
      <span class={`cluster-bar${share !== null && share > 1 ? ' cluster-bar-over' : ''}`} aria-hidden="true">
        <span style={{ width: `${100 * Math.min(1, share ?? 0)}%` }} />
      </span>
      <span class="figures">
        {words}{share !== null && <span class="cluster-share">{Math.round(100 * share)} %</span>}
      </span>
    </span>
  );
}
