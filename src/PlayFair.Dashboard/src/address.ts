import { signal } from '@preact/signals';

/**
 * Where the page is, all of it in the part of the address after '#', which needs nothing of the server:
 * `#/videos/door?at=17&classes=3,5`.
 */
export interface Address {
  /** Decoded: `['videos', 'door']`; empty on the wall. */
  readonly path: readonly string[];
  readonly query: URLSearchParams;
}

// Browsers limit how often a page may rewrite its address; a pointer sweeping over frames would exceed that.
const WRITE_DELAY_MS = 300;

export const address = signal<Address>(read());

let writing: ReturnType<typeof setTimeout> | undefined;

addEventListener('hashchange', () => {
  clearTimeout(writing);
  address.value = read();
});

function read(): Address {
  const [path = '', query = ''] = location.hash.slice(1).split('?', 2);
  return { path: path.split('/').filter(part => part !== '').map(decode), query: new URLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

/** The address of a page, for links. */
export function href(path: readonly string[], query: Record<string, string | number | null | undefined> = {}): string {
  return format(path, changed(new URLSearchParams(), query));
}

/** Goes to a page, as a link would. */
export function go(path: readonly string[], query: Record<string, string | number | null | undefined> = {}): void {
  location.hash = href(path, query);
}

/** Changes parts of the query in place: what is shown changes at once, the browser's address a moment later. */
export function setQuery(changes: Record<string, string | number | null | undefined>): void {
  const { path, query } = address.peek();
  address.value = { path, query: changed(new URLSearchParams(query), changes) };
  clearTimeout(writing);
  writing = setTimeout(
    () => history.replaceState(null, '', format(address.peek().path, address.peek().query)), WRITE_DELAY_MS);
}

function changed(query: URLSearchParams, changes: Record<string, string | number | null | undefined>): URLSearchParams {
  for (const [name, value] of Object.entries(changes)) {
    if (value === null || value === undefined || value === '') query.delete(name);
    else query.set(name, String(value));
  }
  return query;
}

function format(path: readonly string[], query: URLSearchParams): string {
  // Commas and colons are legal here, and easier to read and to type.
  const text = query.toString().replaceAll('%2C', ',').replaceAll('%3A', ':');
  return `#/${path.map(encodeURIComponent).join('/')}${text && `?${text}`}`;
}
