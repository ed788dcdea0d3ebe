import { apiUrl, send } from '../../../api/client';
import { token } from '../../../api/token';
import { download } from '../../../download';
import { isoOf } from './axis';

export type ExportFormat = 'csv' | 'jsonl';

/** Where the updates of a period are to be had as a file; without a period all of them. */
export function exportUrl(video: string, format: ExportFormat, period: readonly [number, number] | null): string {
  const [from, to] = period ?? [null, null];
  return apiUrl(`videos/${encodeURIComponent(video)}/export`, {
    format, from: from === null ? null : isoOf(from), to: to === null ? null : isoOf(to),
  });
}

/** `door-2026-01-31T140307Z-2026-01-31T140507Z.csv`; letters that some file system does not take are left out. */
export function fileName(video: string, period: readonly [number, number] | null, ending: string): string {
  const stamp = (at: number) => new Date(at).toISOString().replace(/\.\d+Z$/, 'Z').replaceAll(':', '');
  return `${[video, ...(period ?? []).map(stamp)].join('-')}.${ending}`.replace(/[^\w.\-]+/g, '_');
}

/** Whether a plain link would do, as no token is needed. */
export function isLinkEnough(): boolean {
  return token.peek() === null;
}

/** Fetches with the token and saves; for what links cannot carry. */
export async function fetchAndSave(url: string, name: string): Promise<void> {
  download(await (await send(url)).blob(), name);
}
