import type { ClassStatistics, ModelStatistics } from '../../api/contracts';
import { plain, signed } from '../../../drawing/esv-drawing.js';
import { clock, count, grouped } from '../../words';
import { changeQuestion } from './changeQuestion';
import { heatLook } from './HeatMap';
import {
  bandTable, driftRows, percent, scaleRows, transitionRows, type Band, type BandCell,
} from './numbers';
import { countedWindows, Headings, Panel, Scroll, useFirst } from './Panel';
import type { Cell, Question, Span } from './question';

/** How many of the frames support the class on top, by class and by how sure the model was. */
export function BandsPanel({ model, of, cell, open }: {
  model: ModelStatistics; of: number | null; cell: Cell | null; open: (cell: Cell) => void;
}) {
  const { bands, rows, overall } = bandTable(model.predictions);
  const shown = of === null ? rows : rows.filter(row => row.index === of);
  const [first, more] = useFirst(shown, 12, 'classes');
  const counted = shown.reduce((sum, row) => sum + row.windowCount, 0);
  const isLogit = model.score === 'logit';
  return (
    <Panel name="bands" title="Share of supporting frames by class and confidence"
      how={isLogit
        ? `Of the frames of the windows in which the class was on top, the share with φ > 0; logits have no bands of
          confidence.`
        : `Of the frames of the windows in which the class was on top with a score in the band, the share with φ > 0: a
          low share says that few frames carry the decision.`}
      counted={count(counted, 'window')}
      empty={shown.length === 0 ? 'The class was never on top in the period.' : undefined}>
      <Scroll>
        <table class="bands">
          <Headings of={['Class on top', ...bands.map(band => bandWords(band, isLogit)), 'Windows']} />
          <tbody>
            {of === null && rows.length > 1 && (
              <tr class="bands-overall">
                <th scope="row">All, weighted by windows</th>
                {overall.map((value, i) => <BandValue key={i} value={value} />)}
                <td>{grouped(counted)}</td>
              </tr>
            )}
            {first.map(row => (
              <tr key={row.index}>
                <th scope="row">{row.name}</th>
                {row.cells.map((value, i) => {
                  const { from, to } = bands[i];
                  return (
                    <BandValue key={i} value={value} label={`${row.name}, ${bandWords(bands[i], isLogit)}`}
                      isChosen={cell?.kind === 'top' && cell.class === row.index && cell.scoreFrom === from}
                      open={() => open({ kind: 'top', class: row.index, scoreFrom: from, scoreTo: to })} />
                  );
                })}
                <td>{grouped(row.windowCount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
    </Panel>
  );
}

function bandWords({ from, to }: Band, isLogit: boolean): string {
  return isLogit ? 'any score' : `${from}\u2013${to}`;
}

function BandValue({ value, label, isChosen, open }: {
  value: BandCell | null; label?: string; isChosen?: boolean; open?: () => void;
}) {
  if (value === null) return <td class="bands-none"><span aria-label="no window">–</span></td>;
  const content = <>{percent(value.supportingShare)} <small>{grouped(value.windowCount)}</small></>;
  const look = heatLook(value.supportingShare);
  return (
    <td>
      {open
        ? (
          <button type="button" {...look} aria-pressed={isChosen} onClick={open}
            aria-label={`${label}: ${percent(value.supportingShare)}, ${count(value.windowCount, 'window')}; moments`}>
            {content}
          </button>
        )
        : <span {...look}>{content}</span>}
    </td>
  );
}

/** Which class followed which. */
export function TransitionsPanel({ model, of, withSelf, names, cell, open }: {
  model: ModelStatistics; of: number | null; withSelf: boolean; names: (index: number) => string;
  cell: Cell | null; open: (cell: Cell) => void;
}) {
  const rows = transitionRows(model.transitions, of, withSelf);
  const [first, more] = useFirst(rows, 12, 'transitions');
  const total = rows.reduce((sum, row) => sum + row.count, 0);
  const most = Math.max(1, ...rows.map(row => row.count));
  return (
    <Panel name="transitions" title="Class transitions"
      how={`How often the class on top was followed by another one in the next window; the share is of all transitions
        from the first class, those to itself included.`}
      counted={count(total, 'transition')}
      empty={model.transitions.length === 0 ? 'No two windows that join in the period.' : undefined}
      controls={
        <label class="check">
          <input type="checkbox" checked={withSelf}
            onChange={event => changeQuestion({ withSelf: event.currentTarget.checked })} />
          A class followed by itself
        </label>
      }>
      {rows.length === 0 ? (
        <p class="stats-empty">The class on top never changed{of === null ? '' : ' from or to this one'}.</p>
      ) : (
        <Scroll>
          <table class="ranked ranked-pairs">
            <Headings of={['From', 'To', 'Times', 'Share']} />
            <tbody>
              {first.map(({ from, to, count: times, share }) => (
                <tr key={`${from} ${to}`} aria-current={isOf(cell, from, to) || undefined}>
                  <th scope="row">{names(from)}</th>
                  <td class="ranked-name">{from === to ? <span class="hint">itself</span> : names(to)}</td>
                  <td class="ranked-bar">
                    <Track share={times / most} />
                    <button type="button" class="stats-link"
                      aria-label={`${names(from)} to ${names(to)}: ${grouped(times)} times; moments`}
                      onClick={() => open({ kind: 'transition', class: from, next: to })}>
                      {grouped(times)}
                    </button>
                  </td>
                  <td>{percent(share)}</td>
                </tr>
              ))}
            </tbody>
          </table>
        </Scroll>
      )}
      {more}
    </Panel>
  );
}

/** A bar in a table, as long as its share of the longest. */
function Track({ share }: { share: number }) {
  return <span class="ranked-track" aria-hidden="true"><span style={{ inlineSize: `${100 * share}%` }} /></span>;
}

function isOf(cell: Cell | null, from: number, to: number): boolean {
  return cell?.kind === 'transition' && cell.class === from && cell.next === to;
}

/** How large values are, by window length. */
export function ScalesPanel({ classes, of, isOverall }: {
  classes: readonly ClassStatistics[]; of: string; isOverall: boolean;
}) {
  const rows = scaleRows(classes);
  const most = Math.max(Number.MIN_VALUE, ...rows.map(row => row.meanAbsoluteEsv));
  return (
    <Panel name="scales" title="Mean |φ| by window length"
      how={`How much a frame contributes on average, whatever the sign; as a longer window divides its score among more
        frames, less is to be expected of each.`}
      counted={`${of}: ${countedWindows(rows.reduce((sum, row) => sum + row.windowCount, 0), isOverall)}`}
      empty={rows.length === 0 ? 'No window of this class in the period.' : undefined}>
      <Scroll>
        <table class="ranked">
          <Headings of={['Frames', 'Mean |φ|', 'Supporting share', 'Windows']} />
          <tbody>
            {rows.map(row => (
              <tr key={row.windowLength}>
                <th scope="row">{row.windowLength}</th>
                <td class="ranked-bar">
                  <Track share={row.meanAbsoluteEsv / most} />
                  <span>{plain(row.meanAbsoluteEsv)}</span>
                </td>
                <td>{percent(row.supportingShare)}</td>
                <td>{grouped(row.windowCount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
    </Panel>
  );
}

/** How the scores of each class changed against the reference period. */
export function DriftPanel({ model, of, question, reference }: {
  model: ModelStatistics; of: number | null; question: Question; reference: Span | null;
}) {
  const rows = driftRows(of === null ? model.classes : model.classes.filter(c => c.index === of));
  const [first, more] = useFirst(rows, 12, 'classes');
  const then = model.classes.filter(c => of === null || c.index === of).length - rows.length;
  const changed = rows.filter(row => row.verdict !== 'no change').length;
  return (
    <Panel name="drift" title="Drift: how scores changed"
      how={`Each class’s scores in the period against those in the reference: an index of stability (PSI) below 0.1 is
        commonly read as no change, 0.1 to 0.25 as some, above as a large one; KS is the largest distance between the
        two distributions, 0 to 1.`}
      counted={`${count(changed, 'class', 'classes')} of ${grouped(rows.length)} changed`}
      empty={reference === null
        ? question.reference === 'none' ? 'Choose what to compare with, above.'
          : 'All of time has nothing before it: choose a period, or a reference of your own.'
        : rows.length === 0
          ? `No class was reported both now and in the reference, ${spanWords(reference)}.`
          : undefined}>
      <p class="hint">Reference: {reference && spanWords(reference)}.</p>
      <Scroll>
        <table class="drift">
          <Headings of={['Class', 'Verdict', 'PSI', 'KS', 'Mean score now', 'Difference', 'Windows now', 'Then']} />
          <tbody>
            {first.map(row => (
              <tr key={row.index}>
                <th scope="row">{row.name}</th>
                <td class={`drift-verdict drift-${row.verdict.split(' ')[0]}`}><span>{row.verdict}</span></td>
                <td>{plain(row.populationStabilityIndex)}</td>
                <td>{plain(row.kolmogorovSmirnov)}</td>
                <td>{plain(row.meanScore)}</td>
                <td>{signed(row.meanDifference)}</td>
                <td>{grouped(row.windowCount)}</td>
                <td>{grouped(row.referenceCount)}</td>
              </tr>
            ))}
          </tbody>
        </table>
      </Scroll>
      {more}
      {then > 0 && <p class="hint">{count(then, 'class', 'classes')} reported now but not in the reference.</p>}
    </Panel>
  );
}

/** 14:00:00 to 15:00:00; an open end is the first or the newest update. */
export function spanWords({ from, to }: Span): string {
  if (from === null && to === null) return 'all that is stored';
  return `${from === null ? 'the first' : moment(from)} to ${to === null ? 'now' : moment(to)}`;
}

function moment(at: number): string {
  // Buckets begin on whole minutes.
  return clock(at).replace(/:00$/, '');
}
