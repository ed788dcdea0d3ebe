import { signal } from '@preact/signals';

/** What screen readers are told last: the page's one polite live region shows it, unseen. */
export const announcement = signal('');

export function announce(text: string): void {
  announcement.value = text;
}
