import { useMemo, useRef } from 'preact/hooks';
import type { PositionStatistics } from '../../api/contracts';
import { Drawn, useSize } from '../../components/Drawn';
import { curves, signed } from '../../../drawing/esv-drawing.js';
import { grouped } from '../../words';
import { labelStep, range, ReadOut } from './HeatMap';
import { axisPercent, percent, roundMaximum } from './numbers';
import { countedOf, Headings, Panel, type PositionsProps } from './Panel';
import type { Cell } from './question';
import { useCells, type At } from './useCells';

type Kind = 'most-supporting' | 'most-distracting' | 'supporting';

/** Where in a window the largest and the smallest φ are. */
export function ExtremesPanel({ positions, of, isOverall, cell, open }: PositionsProps) {
  return (
    <Panel name="extremes" title="Most supporting and most distracting position"
      how={`Up, in how many of the windows the position had the largest φ, and down, the smallest; where the place in
        the window does not matter, all bars are equal.`}
      counted={countedOf(positions, of, isOverall)}
      empty={positions ? undefined : 'No window of this class and length in the period.'}
      table={() => <PositionTable positions={positions!} />}>
      {positions && (
        <Bars positions={positions} isOverall={isOverall} cell={cell} open={open} rows={[
          { kind: 'most-supporting', words: 'most supporting', counts: positions.mostSupporting },
          { kind: 'most-distracting', words: 'most distracting', counts: positions.mostDistracting },
        ]} />
      )}
    </Panel>
  );
}

/** Mean φ and how often a frame supports, by position. */
export function MeansPanel({ positions, of, isOverall, cell, open }: PositionsProps) {
  return (
    <Panel name="means" title="Mean φ and supporting share by position"
      how={`The curve is the mean φ at each position, above zero where frames support on average; the bars are the share
        of windows in which the frame there supports (φ > 0).`}
      counted={countedOf(positions, of, isOverall)}
      empty={positions ? undefined : 'No window of this class and length in the period.'}
      table={() => <PositionTable positions={positions!} />}>
      {positions && (
        <>
          <MeanCurve positions={positions} />
          <Bars positions={positions} isOverall={isOverall} cell={cell} open={open}
            rows={[{ kind: 'supporting', words: 'supporting', shares: positions.supportingShare }]} />
        </>
      )}
    </Panel>
  );
}

function MeanCurve({ positions: { windowLength: n, meanEsv } }: { positions: PositionStatistics }) {
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  const node = useMemo(() => width === 0 ? null : curves({
    series: [{ name: 'mean φ', values: meanEsv, style: 0 }], labels: range(n).map(String),
    axisTitle: 'Position in the window, 0 the oldest', current: null, width, height,
  }), [meanEsv, n, width, height]);
  const ends = [Math.min(...meanEsv), Math.max(...meanEsv)]
    .map(value => `${signed(value)} at position ${meanEsv.indexOf(value)}`);
  return (
    <div class="stats-curve" ref={box} role="img" aria-label={`Mean φ by position: from ${ends.join(' to ')}`}>
      <Drawn node={node} />
    </div>
  );
}

interface Row {
  kind: Kind;
  words: string;
  counts?: readonly number[];
  shares?: readonly number[];
}

const KEY: Record<Kind, string> = { 'most-supporting': ', up', 'most-distracting': ', down', supporting: ' (φ > 0)' };

/** Bars by position: the first row up, a second one down, on one scale. */
function Bars({ positions, rows, isOverall, cell, open }: {
  positions: PositionStatistics;
  rows: readonly Row[];
  isOverall: boolean;
  cell: Cell | null;
  open: (cell: Cell) => void;
}) {
  const { windowLength: n, windowCount } = positions;
  const shares = rows.map(row => row.shares ?? row.counts!.map(count => count / windowCount));
  const most = roundMaximum(shares.flat());
  const row = rows.findIndex(({ kind }) => kind === cell?.kind);
  const chosen: At | null = row >= 0 && cell && 'i' in cell ? [row, cell.i] : null;
  const { box, read, handlers } = useCells(
    rows.length, n, chosen, ([row, i]) => open({ kind: rows[row].kind, class: null, i }));
  const { width } = useSize(box);
  const every = labelStep(n, width);
  return (
    <>
      <p class="bars-key hint" aria-hidden="true">
        {rows.map(row => <span key={row.kind} class={`bars-key-${row.kind}`}>{row.words}{KEY[row.kind]}</span>)}
      </p>
      <div class="bars" ref={box} role="grid" aria-label={`Bars by position: ${rows.map(row => row.words).join(', ')}`}
        style={{ '--n': n }} {...handlers}>
        {rows.map((row, r) => (
          <div key={row.kind} role="row" class={`bars-row bars-${row.kind}`}>
            <span role="rowheader" class="bars-scale" aria-label={row.words}>
              {axisPercent(most)}
            </span>
            {shares[r].map((share, i) => (
              <span key={i} role="gridcell" class="bars-cell" data-cell={`${r} ${i}`} tabIndex={-1}
                aria-label={`Position ${i} ${row.words}: ${percent(share)}`}>
                <span class="bars-bar" style={{ blockSize: `${(100 * share / most).toFixed(2)}%` }} />
              </span>
            ))}
          </div>
        ))}
        <div class="bars-row bars-labels" aria-hidden="true">
          <span />
          {range(n).map(i => <span key={i}>{i % every === 0 ? i : ''}</span>)}
        </div>
      </div>
      <ReadOut at={read} idle="Point at a bar; Enter or a click lists the moments behind it." text={([r, i]) => {
        const row = rows[r];
        const share = percent(shares[r][i]);
        const windows = `${grouped(windowCount)} windows${isOverall ? ' × classes' : ''}`;
        return row.counts
          ? `Position ${i} was ${row.words} in ${grouped(row.counts[i])} of ${windows}: ${share}.`
          : `Position ${i} was ${row.words} in ${share} of ${windows}.`;
      }} />
    </>
  );
}

function PositionTable({ positions }: { positions: PositionStatistics }) {
  const { windowCount, mostSupporting, mostDistracting, supportingShare, meanEsv } = positions;
  return (
    <table>
      <Headings of={[
        'Position', 'Most supporting', 'Share', 'Most distracting', 'Share', 'Supporting share', 'Mean φ',
      ]} />
      <tbody>
        {meanEsv.map((mean, i) => (
          <tr key={i}>
            <th scope="row">{i}</th>
            <td>{grouped(mostSupporting[i])}</td><td>{percent(mostSupporting[i] / windowCount)}</td>
            <td>{grouped(mostDistracting[i])}</td><td>{percent(mostDistracting[i] / windowCount)}</td>
            <td>{percent(supportingShare[i])}</td><td>{signed(mean)}</td>
          </tr>
        ))}
      </tbody>
    </table>
  );
}
