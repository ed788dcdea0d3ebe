import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import { classBar, plain, setClassBar, type Range } from '../../../drawing/esv-drawing.js';
import type { ReportedClass } from '../../api/contracts';
import { LetterIcon, SeriesIcon } from '../../components/SeriesIcon';
import { classOrder, scoreDomain } from './compare';
import type { View } from './view';
import type { WindowView } from './WindowPanels';

const TOP_CLASSES = 10;

/** Scores of the reported classes; a click compares one. */
export function ClassesPanel({ shown: { update, comparison }, view, toggle }: {
  shown: WindowView; view: View; toggle: (index: number, name: string) => void;
}) {
  const [filter, setFilter] = useState('');
  const [isAll, setAll] = useState(false);
  const [isHeld, setHeld] = useState(false);
  const order = useRef<number[]>([]);
  const ordered = classOrder(update.classes, order.current, isHeld);
  order.current = ordered.map(c => c.index);
  const wanted = filter.trim().toLowerCase();
  const compared = new Map(comparison.classes.map(c => [c.index, c]));
  const listed = wanted === ''
    ? ordered.filter((c, rank) => isAll || rank < TOP_CLASSES || compared.has(c.index))
    : ordered.filter(c => c.name.toLowerCase().includes(wanted));
  const domain = scoreDomain(update.classes);
  const hasMore = update.classes.length > TOP_CLASSES;
  // Rows that change places under the pointer cannot be clicked.
  const hold = { onPointerEnter: () => setHeld(true), onPointerLeave: () => setHeld(false) };
  return (
    <section class="panel window-classes" aria-labelledby="window-classes-heading" {...hold}
      onFocusCapture={() => setHeld(true)} onBlurCapture={() => setHeld(false)}>
      <h2 id="window-classes-heading">Classes</h2>
      <p class="hint window-classes-hint">
        <span>
          {view.contrast ? 'Choose the class B to subtract.' : 'Choose classes to add or remove their curves.'}
        </span>
        <span class="window-prior-key"><span aria-hidden="true" /> prior</span>
      </p>
      {hasMore && (
        <input type="search" aria-label="Filter classes" placeholder="Filter classes" value={filter}
          onInput={event => setFilter(event.currentTarget.value)} />
      )}
      <ul class="window-class-list">
        {listed.map(c => {
          const entry = compared.get(c.index);
          const isCompared = entry !== undefined && (comparison.isChosen || entry.reported !== null);
          return (
            <li key={c.index}>
              <button type="button" class="window-class" aria-pressed={isCompared}
                title={`${c.name}, prior ${plain(c.prior)}`} onClick={() => toggle(c.index, c.name)}>
                {!entry ? <span class="window-no-icon" />
                  : entry.letter ? <LetterIcon letter={entry.letter} /> : <SeriesIcon style={entry.style} />}
                <span class="window-class-name" aria-hidden="true">{c.name}</span>
                <span class="window-class-score" aria-hidden="true">{plain(c.score)}</span>
                <ClassBar of={c} domain={domain} />
                <span class="unseen">{`${c.name}, score ${plain(c.score)}`}</span>
              </button>
            </li>
          );
        })}
        {listed.length === 0 && <li class="hint">No class has this in its name.</li>}
      </ul>
      {hasMore && wanted === '' && (
        <button type="button" class="quiet window-show-all" onClick={() => setAll(!isAll)}>
          {isAll ? `Show the top ${TOP_CLASSES}` : `Show all ${update.classes.length}`}
        </button>
      )}
    </section>
  );
}

function ClassBar({ of: { score, prior }, domain }: { of: ReportedClass; domain: Range }) {
  const box = useRef<HTMLSpanElement>(null);
  const bar = useRef<SVGElement | null>(null);
  useLayoutEffect(() => {
    if (bar.current) setClassBar(bar.current, score, prior, domain);
    else box.current!.append(bar.current = classBar(score, prior, domain));
  });
  return <span class="window-class-bar" ref={box} />;
}
