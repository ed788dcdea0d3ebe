import { useState } from 'preact/hooks';
import { contrast, plain, role, signed, time } from '../../../drawing/esv-drawing.js';
import type { AttributionUpdate } from '../../api/contracts';
import { LetterIcon, SeriesIcon } from '../../components/SeriesIcon';
import { count, grouped, quantity } from '../../words';
import {
  counts, difference, efficiency, efficiencyHolds, plusMinus, type Comparison, type Efficiency,
} from './compare';
import { currentView, framePosition } from './view';
import { useComparison } from './WindowPanels';

/** What the window's drawings are made of: sums, how it was computed, every number, and how to read them. */
export function WindowNumbers({ update, isLive = false, facts = [] }: {
  update: AttributionUpdate;
  isLive?: boolean;
  /** What is known besides: terms and their values. */
  facts?: readonly (readonly [string, string])[];
}) {
  const view = currentView();
  const comparison = useComparison(update, view);
  return (
    <div class="window-numbers">
      <EfficiencyPanel update={update} comparison={comparison} />
      <section class="panel window-facts" aria-labelledby="window-facts-heading">
        <h2 id="window-facts-heading">{update.sequence < 0 ? 'This clip' : 'This update'}</h2>
        <dl>
          {[...updateFacts(update), ...facts].map(([term, value]) => (
            <div key={term}><dt>{term}</dt><dd>{value}</dd></div>
          ))}
        </dl>
      </section>
      <AllNumbers update={update} comparison={comparison} position={framePosition(update, view)} isLive={isLive} />
      <Words />
    </div>
  );
}

function EfficiencyPanel({ update, comparison }: { update: AttributionUpdate; comparison: Comparison }) {
  const { holds, largest } = efficiencyHolds(update.classes);
  const of = count(update.classes.length, 'reported class', 'reported classes');
  const [answer, rest] = holds ? ['✓ Yes. ', `for ${of}; the largest gap is ${plain(largest)}.`]
    : update.standardError === 'exact' ? ['✗ No. ', `fails: over ${of} the largest gap is ${plain(largest)}.`]
    : ['≈ Nearly. ', `holds for exact values; over ${of} of sampled ones the largest gap is ${plain(largest)}.`];
  const isFailed = !holds && update.standardError === 'exact';
  const [a, b] = comparison.classes.map(c => c.reported);
  return (
    <section class="panel window-efficiency" aria-labelledby="window-efficiency-heading">
      <h2 id="window-efficiency-heading">Do the values add up?</h2>
      <p>
        <b class={isFailed ? 'window-fails' : undefined}>{answer}</b>
        Σφ = <i>f</i>(X) − <i>f</i>(∅) {rest}
      </p>
      {comparison.symbol === 'δ' && a && b && (
        <Sum name={comparison.series[0]!.name} counted={counts(comparison.series[0]!.values, 'δ')} letter="δ"
          of={difference(efficiency(a), efficiency(b))} />
      )}
      {comparison.classes.map(c => c.reported && (
        <Sum key={c.index} icon={c.letter ? <LetterIcon letter={c.letter} /> : <SeriesIcon style={c.style} />}
          name={c.name} counted={counts(c.reported.esv, 'φ')} letter="φ" of={efficiency(c.reported)} />
      ))}
    </section>
  );
}

function Sum({ icon, name, counted, letter, of: { sum, score, prior, gap } }: {
  icon?: preact.ComponentChildren; name: string; counted: string; letter: 'φ' | 'δ'; of: Efficiency;
}) {
  const [d, text] = letter === 'δ' ? ['Δ', signed] : ['', plain];
  const terms: [string, string][] = [
    [`Σ${letter}`, signed(sum)], [`${d}f(X)`, text(score)], [`${d}f(∅)`, text(prior)], ['gap', signed(gap)],
  ];
  return (
    <div class="window-sum">
      <p>{icon}<b>{name}</b><span class="window-counts">{counted}</span></p>
      <dl>{terms.map(([term, value]) => <div key={term}><dt>{term}</dt><dd>{value}</dd></div>)}</dl>
    </div>
  );
}

function updateFacts(update: AttributionUpdate): [string, string][] {
  const { samples, iterations, timings, frameTimes } = update;
  const isExact = update.standardError === 'exact';
  const isClip = update.sequence < 0;
  const ms = (value: number) => `${quantity(value)} ms`;
  return [
    ['Values', isExact ? 'exact: every subsequence' : 'sampled'],
    ...isExact || samples === undefined ? [] : [['Subsequences of a size, m', grouped(samples)] as [string, string]],
    ...isExact || iterations === undefined ? [] : [['Independent samples, R', grouped(iterations)] as [string, string]],
    ['Score', update.score],
    ['Model', update.model],
    ['Frames', `${update.frameIndices.length}, over ${time(frameTimes.at(-1)! - frameTimes[0]!)}`],
    // A whole clip has neither a rate nor a number.
    ['Sampled', isClip ? 'uniformly over the clip' : `${quantity(update.rateHz)} frames a second`],
    ['Head evaluations', grouped(update.evaluationCount)],
    ['Decoding', ms(timings.decode)],
    ['Features', ms(timings.features)],
    ['Attribution', ms(timings.attribution)],
    ...isClip ? [['In all', ms(timings.total)] as [string, string]] : [
      ['Arrival to result', ms(timings.total)],
      ['Frames dropped before', grouped(update.droppedFrames)],
      ['Number', String(update.sequence)],
    ] as [string, string][],
  ];
}

function AllNumbers({ update, comparison, position, isLive }: {
  update: AttributionUpdate; comparison: Comparison; position: number; isLive: boolean;
}) {
  const [isOpen, setOpen] = useState(false);
  return (
    <details class="panel" onToggle={event => setOpen(event.currentTarget.open)}>
      <summary>All numbers</summary>
      {isOpen && isLive && <p class="hint">They change with every update; pause to read them.</p>}
      {isOpen && <NumbersTable update={update} comparison={comparison} position={position} />}
    </details>
  );
}

function NumbersTable({ update, comparison, position }: {
  update: AttributionUpdate; comparison: Comparison; position: number;
}) {
  const [a, b] = comparison.classes.map(c => c.reported);
  const columns = [
    ...comparison.classes.flatMap(({ index, name, reported }) => reported === null ? [] : [
      { key: String(index), head: `φ ${name}`, values: reported.esv, errors: reported.standardErrors },
    ]),
    ...comparison.symbol === 'δ' && a && b
      ? [{ key: 'contrast', head: 'δ = A − B', values: contrast(a.esv, b.esv), errors: undefined }] : [],
  ];
  return (
    <div class="window-table" role="region" aria-label="All numbers" tabIndex={0}>
      <table>
        <thead>
          <tr>
            <th scope="col">Frame</th><th scope="col">Time</th>
            {columns.map(({ key, head }) => <th key={key} scope="col">{head}</th>)}
          </tr>
        </thead>
        <tbody>
          {update.frameIndices.map((index, i) => (
            <tr key={index} class={i === position ? 'window-current' : undefined}>
              <th scope="row">{index}</th>
              <td>{time(update.frameTimes[i]!)}</td>
              {columns.map(({ key, values, errors }) => (
                <td key={key}>
                  <span class={`number ${role(values[i]!)}`}>{signed(values[i]!)}</span>
                  {errors && <span class="window-error"> {plusMinus(errors[i])}</span>}
                </td>
              ))}
            </tr>
          ))}
        </tbody>
      </table>
    </div>
  );
}

function Words() {
  return (
    <details class="panel">
      <summary>How to read this</summary>
      <dl class="window-words">
        <dt>Window</dt>
        <dd>The last frames sampled, attributed as one clip. With every new frame (or as many as the stride says) the
          oldest leaves and the values are computed anew: an update.</dd>
        <dt>Element Shapley value, <i>φ</i></dt>
        <dd>How much one frame moved the class's score, averaged over all the subsequences of frames it could join.</dd>
        <dt>Supporting, distracting</dt>
        <dd>A frame with <i>φ</i> above zero raised the score: its bar points up, in blue. Otherwise it did not: its bar
          points down, in orange.</dd>
        <dt>Contrast, <i>δ</i></dt>
        <dd><i>φ</i> for class A minus <i>φ</i> for class B: positive where the frame speaks for A rather than
          for B.</dd>
        <dt>Prior, <i>f</i>(∅)</dt>
        <dd>The score with no frame at all: how frequent the class was among the training videos.</dd>
        <dt>Efficiency</dt>
        <dd>The frames' values sum to exactly the score minus the prior; the gap left over is rounding. Of sampled
          values the sum is not always kept, and the gap is then the sampling's.</dd>
        <dt>Standard error, ±</dt>
        <dd>Where values are sampled, how far one typically lies from what ever more samples would give: the length of a
          whisker, and half the height of a curve's band.</dd>
      </dl>
    </details>
  );
}
