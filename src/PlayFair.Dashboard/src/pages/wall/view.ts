import { address, setQuery } from '../../address';
import { announce } from '../../announce';
import { formatView, parseView, type WallView } from './arrange';

const KEY = 'playfair.wall';

/** What the address says the wall shows. */
export function currentView(): WallView {
  return parseView(address.value.query);
}

/** Changes what is shown, in the address and for the next visit; full screen is for this visit alone. */
export function changeView(change: Partial<WallView>): void {
  const view = { ...parseView(address.peek().query), ...change };
  const query = formatView(view);
  const kept = Object.entries({ ...query, kiosk: null })
    .flatMap(([name, value]) => value === null ? [] : [[name, value]]);
  if (kept.length === 0) localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, new URLSearchParams(kept as [string, string][]).toString());
  setQuery(query);
}

/** An address that asks for nothing in particular gets what was chosen last. */
export function recallView(): void {
  const { query } = address.value;
  const kept = localStorage.getItem(KEY);
  if (kept === null || Object.keys(formatView(parseView(new URLSearchParams()))).some(name => query.has(name))) return;
  setQuery(formatView(parseView(new URLSearchParams(kept))));
}

export function showAll(): void {
  // The button that did it goes away, and must not take the focus with it.
  (document.querySelector<HTMLElement>('.wall-filter') ?? document.getElementById('main')!).focus();
  changeView({ text: '', states: [] });
  announce('All videos are shown.');
}
