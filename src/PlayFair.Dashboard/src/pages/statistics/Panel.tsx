import type { ComponentChildren } from 'preact';
import { useId, useState } from 'preact/hooks';
import type { PositionStatistics } from '../../api/contracts';
import { count, grouped } from '../../words';
import type { Cell } from './question';

/** One statistic: its name, how to read it, over how many windows, the drawing, and the same as a table. */
export function Panel({ name, title, how, counted, table, controls, empty, children }: {
  /** Of its style: `stats-…`. */
  name: string;
  title: ComponentChildren;
  how: ComponentChildren;
  counted?: string | undefined;
  /** Made when it is opened: it can be large. */
  table?: (() => ComponentChildren) | undefined;
  controls?: ComponentChildren;
  /** Why there is nothing; stands in place of all else. */
  empty?: ComponentChildren;
  children?: ComponentChildren;
}) {
  const id = useId();
  const [isOpen, setOpen] = useState(false);
  return (
    <section class={`panel stats-panel stats-${name}`} aria-labelledby={id}>
      <div class="stats-head">
        <h2 id={id}>{title}</h2>
        {counted && !empty && <span class="hint figures">{counted}</span>}
      </div>
      <p class="hint stats-how">{how}</p>
      {empty ? <p class="stats-empty">{empty}</p> : (
        <>
          {controls}
          {children}
          {table && (
            <details class="stats-numbers" onToggle={event => setOpen(event.currentTarget.open)}>
              <summary>Numbers</summary>
              {isOpen && <Scroll>{table()}</Scroll>}
            </details>
          )}
        </>
      )}
    </section>
  );
}

/** A table that can be wider than the page; who has no pointer scrolls it when it has the focus. */
export function Scroll({ children }: { children: ComponentChildren }) {
  return <div class="stats-scroll" tabIndex={0} role="group" aria-label="Table">{children}</div>;
}

/** A table's column headings. */
export function Headings({ of }: { of: readonly ComponentChildren[] }) {
  return <thead><tr>{of.map((text, i) => <th key={i} scope="col">{text}</th>)}</tr></thead>;
}

/** Windows of one class, or of all together. */
export function countedWindows(windowCount: number, isOverall: boolean): string {
  return isOverall ? `${grouped(windowCount)} windows × classes` : count(windowCount, 'window');
}

/** What the panels by position show. */
export interface PositionsProps {
  positions: PositionStatistics | null;
  /** Whose windows: a class's name, or all classes. */
  of: string;
  isOverall: boolean;
  cell: Cell | null;
  open: (cell: Cell) => void;
}

export function countedOf(positions: PositionStatistics | null, of: string, isOverall: boolean): string | undefined {
  if (!positions) return undefined;
  return `${of}: ${countedWindows(positions.windowCount, isOverall)} of ${positions.windowLength} frames`;
}

/** The first rows of a long list, and a button for the others. */
export function useFirst<T>(rows: readonly T[], most: number, what: string): [readonly T[], ComponentChildren] {
  const [isAll, setAll] = useState(false);
  // Few more are not worth a button.
  if (rows.length <= most + 2) return [rows, null];
  return [
    isAll ? rows : rows.slice(0, most),
    <button type="button" class="quiet stats-more" aria-expanded={isAll} onClick={() => setAll(!isAll)}>
      {isAll ? `Only the first ${most}` : `All ${grouped(rows.length)} ${what}`}
    </button>,
  ];
}
