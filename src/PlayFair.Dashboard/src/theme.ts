import { effect, signal } from '@preact/signals';

export type Theme = 'auto' | 'light' | 'dark';

const KEY = 'playfair.theme';

export const theme = signal<Theme>((localStorage.getItem(KEY) as Theme | null) ?? 'auto');

effect(() => {
  if (theme.value === 'auto') localStorage.removeItem(KEY);
  else localStorage.setItem(KEY, theme.value);
  document.documentElement.dataset['theme'] = theme.value;
});
