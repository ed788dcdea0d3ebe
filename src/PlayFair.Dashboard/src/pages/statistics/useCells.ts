import { useSignal, type Signal } from '@preact/signals';
import type { RefObject } from 'preact';
import { useLayoutEffect, useRef } from 'preact/hooks';

export type At = readonly [row: number, column: number];

/**
 * A table of cells to walk over with pointer or keyboard: the cell read out, the one chosen, and the one that Tab comes
 * to. Cells are elements with `data-cell="row column"` and tabIndex −1 in the box; there may be thousands, so that
 * none of this draws them again.
 */
export function useCells(rows: number, columns: number, chosen: At | null, open: (at: At) => void): {
  box: RefObject<HTMLDivElement | null>;
  /** The cell under the pointer or the focus; null: none. */
  read: Signal<At | null>;
  handlers: Record<string, (event: never) => void>;
} {
  const box = useRef<HTMLDivElement>(null);
  const read = useSignal<At | null>(null);
  const home = useRef<Element | null>(null);

  const cellAt = ([row, column]: At) => box.current!.querySelector<HTMLElement>(`[data-cell="${row} ${column}"]`);
  const setHome = (cell: HTMLElement | null) => {
    if (home.current === cell) return;
    home.current?.setAttribute('tabindex', '-1');
    cell?.setAttribute('tabindex', '0');
    home.current = cell;
  };
  useLayoutEffect(() => {
    if (home.current === null || !box.current!.contains(home.current)) setHome(cellAt([0, 0]));
    read.value = null;
  }, [rows, columns]);

  const place = chosen?.join(' ');
  useLayoutEffect(() => {
    const cell = chosen && cellAt(chosen);
    cell?.setAttribute('aria-selected', 'true');
    return () => cell?.removeAttribute('aria-selected');
  }, [place, rows, columns]);

  const handlers = {
    onPointerOver: (event: PointerEvent) => { read.value = whereOf(event.target) ?? read.peek(); },
    onPointerLeave: () => {
      const focused = document.activeElement;
      read.value = box.current!.contains(focused) ? whereOf(focused) : null;
    },
    onFocusIn: (event: FocusEvent) => {
      const at = whereOf(event.target);
      if (at === null) return;
      read.value = at;
      setHome(cellAt(at));
    },
    onFocusOut: () => { read.value = null; },
    onClick: (event: MouseEvent) => {
      const at = whereOf(event.target);
      if (at === null) return;
      cellAt(at)?.focus({ preventScroll: true });
      open(at);
    },
    onKeyDown: (event: KeyboardEvent) => {
      const at = whereOf(event.target);
      if (at === null || event.altKey || event.metaKey) return;
      if (event.key === 'Enter' || event.key === ' ') {
        event.preventDefault();
        open(at);
        return;
      }
      const next = neighbour(event.key, at, rows, columns, event.ctrlKey);
      if (next === null) return;
      event.preventDefault();
      cellAt(next)?.focus();
    },
  };
  return { box, read, handlers };
}

function whereOf(target: EventTarget | null): At | null {
  const text = (target as Element | null)?.closest?.('[data-cell]')?.getAttribute('data-cell');
  if (!text) return null;
  const [row, column] = text.split(' ').map(Number);
  return [row, column];
}

/** Where a key leads from a cell, as in every grid; null: the key is none of these. */
export function neighbour(
  key: string, [row, column]: At, rows: number, columns: number, isControl: boolean,
): At | null {
  switch (key) {
    case 'ArrowLeft': return [row, Math.max(0, column - 1)];
    case 'ArrowRight': return [row, Math.min(columns - 1, column + 1)];
    case 'ArrowUp': return [Math.max(0, row - 1), column];
    case 'ArrowDown': return [Math.min(rows - 1, row + 1), column];
    case 'Home': return [isControl ? 0 : row, 0];
    case 'End': return [isControl ? rows - 1 : row, columns - 1];
    case 'PageUp': return [Math.max(0, row - 8), column];
    case 'PageDown': return [Math.min(rows - 1, row + 8), column];
    default: return null;
  }
}
