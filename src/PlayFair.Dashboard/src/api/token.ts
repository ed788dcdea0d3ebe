import { signal } from '@preact/signals';

const KEY = 'playfair.token';

/** The token that the user gave; null: none. Kept for the tab, or for the browser if asked to. */
export const token = signal<string | null>(sessionStorage.getItem(KEY) ?? localStorage.getItem(KEY));

/** Why the server took no token any more, in its words, after it had taken one; null: it still does. */
export const refusal = signal<string | null>(null);

export function signIn(value: string, remember: boolean): void {
  forgetStored();
  (remember ? localStorage : sessionStorage).setItem(KEY, value);
  refusal.value = null;
  token.value = value;
}

export function signOut(): void {
  forgetStored();
  refusal.value = null;
  token.value = null;
}

function forgetStored(): void {
  sessionStorage.removeItem(KEY);
  localStorage.removeItem(KEY);
}
