import { useMemo } from 'preact/hooks';
import type { PositionStatistics } from '../../api/contracts';
import { useSize } from '../../components/Drawn';
import { grouped } from '../../words';
import { diverging, percent, reachOf } from './numbers';
import { countedOf, Headings, Panel, type PositionsProps } from './Panel';
import type { Cell } from './question';
import { useCells, type At } from './useCells';

/** Narrower than this, numbers in cells would touch. */
const VALUE_PX = 27;

/** In how many of the windows the frame at position i got a larger φ than the one at position j. */
export function HeatMapPanel({ positions, of, isOverall, cell, open }: PositionsProps) {
  const n = positions?.windowLength ?? 0;
  return (
    <Panel name="heat" title={<>% <i>φ<sub>i</sub></i> &gt; <i>φ<sub>j</sub></i>: which positions outrank which</>}
      how={<>
        Row <i>i</i>, column <i>j</i>: the share of windows in which the frame at position <i>i</i> got a larger φ than
        the one at <i>j</i>; a blue row is of frames that contribute more than others, and position 0 is the oldest.
      </>}
      counted={countedOf(positions, of, isOverall)}
      empty={positions === null ? 'No window of this class and length in the period.'
        : n === 1 ? 'A window of one frame has no two positions to compare.'
        : positions.greaterThan.length === 0
          ? `Pairs of positions are counted up to 64 frames; these windows have ${n}.`
        : undefined}
      table={() => <HeatTable positions={positions!} />}>
      {positions && <HeatMap positions={positions} isOverall={isOverall} cell={cell} open={open} />}
    </Panel>
  );
}

function HeatMap({ positions, isOverall, cell, open }: {
  positions: PositionStatistics; isOverall: boolean; cell: Cell | null; open: (cell: Cell) => void;
}) {
  const { windowLength: n, windowCount, greaterThan } = positions;
  const chosen: At | null = cell?.kind === 'greater' ? [cell.i, cell.j] : null;
  const { box, read, handlers } = useCells(n, n, chosen, ([i, j]) => {
    if (i !== j) open({ kind: 'greater', class: null, i, j });
  });
  const { width } = useSize(box);
  const hasValues = width / (n + 1) >= VALUE_PX;
  const every = labelStep(n, width);
  const reach = useMemo(() => reachOf(greaterThan.filter((_, k) => k % (n + 1) !== 0)), [positions]);
  const cells = useMemo(() => (
    <>
      <div role="row" class="heat-row">
        <span class="heat-corner" role="columnheader" aria-label="Position i by position j"><i>i</i>╲<i>j</i></span>
        {range(n).map(j => <Label key={j} role="columnheader" position={j} every={every} />)}
      </div>
      {range(n).map(i => (
        <div role="row" class="heat-row" key={i}>
          <Label role="rowheader" position={i} every={every} />
          {range(n).map(j => {
            const share = greaterThan[i * n + j];
            const place = `${i} ${j}`;
            const name = `Position ${i} above position ${j}: ${percent(share)}`;
            return i === j ? (
              <span key={j} role="gridcell" class="heat-cell heat-same" data-cell={place} tabIndex={-1}
                aria-label={`Position ${i} itself`} />
            ) : (
              <span key={j} role="gridcell" {...heatLook(share, reach)} data-cell={place} tabIndex={-1}
                aria-label={hasValues ? undefined : name}>
                {hasValues && (
                  <><span class="unseen">{name}</span><span aria-hidden="true">{Math.round(100 * share)}</span></>
                )}
              </span>
            );
          })}
        </div>
      ))}
    </>
  ), [positions, hasValues, every]);

  return (
    <div class="heat" style={{ '--n': n }}>
      <div class="heat-grid" ref={box} role="grid" {...handlers}
        aria-label={`Share of windows with φi > φj, ${n} by ${n} positions`}>
        {cells}
      </div>
      <ReadOut at={read} idle="Point at a cell, or walk with the arrow keys; Enter lists the moments behind it."
        text={([i, j]) => {
          if (i === j) return `Position ${i} is not compared with itself.`;
          const windows = `${grouped(windowCount)} windows`;
          return `Position ${i} exceeded position ${j} in ${percent(greaterThan[i * n + j])} of ${windows}`
            + `${isOverall ? ', each counted once for every class that it reports' : ''}.`;
        }} />
      <Legend reach={reach} />
    </div>
  );
}

/** Where there is no room for its number it is still read aloud. */
function Label({ role, position, every }: { role: 'rowheader' | 'columnheader'; position: number; every: number }) {
  return (
    <span role={role} class={`heat-label heat-${role}`} aria-label={`Position ${position}`}>
      <span class={position % every === 0 ? undefined : 'unseen'}>{position}</span>
    </span>
  );
}

/** What is under the pointer or the focus, in words; its own component, so that nothing else is drawn again. */
export function ReadOut({ at, idle, text }: { at: { value: At | null }; idle: string; text: (at: At) => string }) {
  const shown = at.value;
  return <p class={`stats-read figures${shown ? '' : ' hint'}`}>{shown ? text(shown) : idle}</p>;
}

function Legend({ reach }: { reach: number }) {
  return (
    <div class="heat-legend figures" aria-hidden="true">
      <span>{percent(0.5 - reach, 0)}</span>
      <span class="heat-scale" />
      <span>{percent(0.5 + reach, 0)} of windows with <i>φ<sub>i</sub></i> &gt; <i>φ<sub>j</sub></i></span>
    </div>
  );
}

function HeatTable({ positions: { windowLength: n, greaterThan } }: { positions: PositionStatistics }) {
  return (
    <table>
      <Headings of={[<><i>i</i>╲<i>j</i></>, ...range(n)]} />
      <tbody>
        {range(n).map(i => (
          <tr key={i}>
            <th scope="row">{i}</th>
            {range(n).map(j => <td key={j}>{i === j ? '' : percent(greaterThan[i * n + j])}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}

/** A cell's colour: the further from 50 %, the more. */
export function heatLook(share: number, reach = 0.5): { class: string; style: Record<string, string> } {
  const from = diverging(share, reach);
  // Not all of the colour, so that black can be read on it in the light theme.
  const mix = 85 * Math.abs(from);
  // From there on the dark theme's colours are too light for white figures; up to there they are too dark for black ones.
  const isStrong = mix > 60.5;
  return {
    class: `heat-cell ${from < 0 ? 'heat-low' : 'heat-high'}${isStrong ? ' heat-strong' : ''}`,
    style: { '--mix': `${mix.toFixed(1)}%` },
  };
}

export function range(n: number): number[] {
  return Array.from({ length: n }, (_, i) => i);
}

/** Every how manyth position is labelled, so that labels do not touch. */
export function labelStep(n: number, width: number): number {
  return [1, 2, 4, 8, 16, 32, 64].find(step => step * width / (n + 1) >= (n > 100 ? 28 : 20)) ?? 128;
}
