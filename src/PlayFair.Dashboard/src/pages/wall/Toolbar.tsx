import { count, STATE_WORDS } from '../../words';
import {
  DENSITIES, GROUPINGS, SORTS, type Density, type Grouping, type Sort, type StateFilter, type WallView,
} from './arrange';
import { enterKiosk } from './Kiosk';
import { changeView, showAll } from './view';

const SORT_WORDS: Record<Sort, string> = {
  attention: 'Needs attention first',
  name: 'Name',
  change: 'Latest class change',
  latency: 'Highest latency',
  drops: 'Most dropped frames',
  rate: 'Most updates',
};

const GROUPING_WORDS: Record<Grouping, string> = {
  none: 'Not grouped', group: 'Group', state: 'State', model: 'Model', class: 'Top class',
};

const DENSITY_WORDS: Record<Density, string> = { comfortable: 'Comfortable', dense: 'Dense', wall: 'Fill the screen' };

/** What is shown and how; each control changes the address. */
export function Toolbar({ view, states, shown, total }: {
  view: WallView; states: readonly { state: StateFilter; count: number }[]; shown: number; total: number;
}) {
  const isFiltered = view.text !== '' || view.states.length > 0;
  return (
    <div class="wall-toolbar" role="search" aria-label="Videos shown">
      <input
        type="search" class="wall-filter" placeholder="Filter by name, source or class"
        aria-label="Filter by name, source or class" autocomplete="off" value={view.text}
        onInput={event => changeView({ text: event.currentTarget.value })} />
      <label class="wall-select">
        <span>Sort</span>
        <select value={view.sort} onChange={event => changeView({ sort: event.currentTarget.value as Sort })}>
          {SORTS.map(sort => <option key={sort} value={sort}>{SORT_WORDS[sort]}</option>)}
        </select>
      </label>
      <label class="wall-select">
        <span>Group by</span>
        <select
          value={view.grouping}
          onChange={event => changeView({ grouping: event.currentTarget.value as Grouping })}>
          {GROUPINGS.map(grouping => <option key={grouping} value={grouping}>{GROUPING_WORDS[grouping]}</option>)}
        </select>
      </label>
      <label class="wall-select">
        <span>Tiles</span>
        <select value={view.density} onChange={event => changeView({ density: event.currentTarget.value as Density })}>
          {DENSITIES.map(density => <option key={density} value={density}>{DENSITY_WORDS[density]}</option>)}
        </select>
      </label>
      <button type="button" class="quiet" onClick={enterKiosk}>Full screen</button>
      <div class="wall-states" role="group" aria-label="States">
        {states.map(({ state, count: number }) => (
          <button
            key={state} type="button" class="wall-chip" aria-pressed={view.states.includes(state)}
            onClick={() => toggle(view, state)}>
            {state === 'attention' ? 'needs attention' : STATE_WORDS[state]} <span class="figures">{number}</span>
          </button>
        ))}
        {isFiltered && <span class="hint">{shown} of {count(total, 'video')}</span>}
        {isFiltered && <button type="button" class="wall-clear" onClick={showAll}>Show all</button>}
      </div>
    </div>
  );
}

function toggle(view: WallView, state: StateFilter): void {
  const isChosen = view.states.includes(state);
  changeView({ states: isChosen ? view.states.filter(other => other !== state) : [...view.states, state] });
}

