import { signal } from '@preact/signals';

const KEY = 'playfair.token';

/** The token that the user gave; null: none. Kept for the tab, or for the browser if asked to. */
export const token = signal<string | null>(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY));

export function signIn(value: string, remember: boolean): void {
  (remember ? localStorage : sessionStorage).setItem(KEY, value);
  token.value = value;
}

export function signOut(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
  token.value = null;
}
