import { address, setQuery } from '../../address';
import type { AttributionUpdate } from '../../api/contracts';
import { instant, isoOf } from './history/axis';

/**
 * What the video page shows; all of it is in the page's address, so that a copied address restores the exact view:
 * `#/videos/door?at=17&frame=431&classes=3,5&contrast=3,5&from=…&to=…`.
 */
export interface View {
  /** The update shown, by its sequence number; null: the newest, as it comes. */
  at: number | null;
  /** The frame looked at, by its index in the video; null: the window's newest. */
  frame: number | null;
  /** Classes compared, in the order chosen; null: the top class of each window. */
  classes: readonly number[] | null;
  /** The classes A and B of δ = φ^A − φ^B, shown in place of φ; null: φ. */
  contrast: readonly [number, number] | null;
  /** The part of the history that the timeline shows, milliseconds since the epoch; null: all of it. */
  zoom: readonly [number, number] | null;
  /** The timeline's axis; null: time of arrival, or of the video where a file is read faster than it plays. */
  axis: 'arrival' | 'video' | null;
  /** The whole file (or a span of it) attributed with so many frames, in place of a window; null: a window. */
  clip: number | null;
}

/** The view that the address describes; what makes no sense in it is left out. */
export function currentView(): View {
  const { query } = address.value;
  const classes = whole(query.get('classes'));
  const contrast = whole(query.get('contrast'));
  const zoom = [query.get('from'), query.get('to')].map(text => instant(text ?? ''));
  const axis = query.get('axis');
  return {
    at: whole(query.get('at'))[0] ?? null,
    frame: whole(query.get('frame'))[0] ?? null,
    classes: classes.length > 0 ? [...new Set(classes)] : null,
    contrast: contrast.length === 2 ? [contrast[0], contrast[1]] : null,
    zoom: zoom[0] < zoom[1] ? [zoom[0], zoom[1]] : null,
    axis: axis === 'arrival' || axis === 'video' ? axis : null,
    clip: whole(query.get('clip'))[0] ?? null,
  };
}

export function changeView(change: Partial<View>): void {
  const query: Record<string, string | number | null> = {};
  if ('at' in change) query['at'] = change.at ?? null;
  if ('frame' in change) query['frame'] = change.frame ?? null;
  if ('classes' in change) query['classes'] = change.classes?.join(',') ?? null;
  if ('contrast' in change) query['contrast'] = change.contrast?.join(',') ?? null;
  if ('axis' in change) query['axis'] = change.axis ?? null;
  if ('clip' in change) query['clip'] = change.clip ?? null;
  if ('zoom' in change) {
    query['from'] = change.zoom ? isoOf(change.zoom[0]) : null;
    query['to'] = change.zoom ? isoOf(change.zoom[1]) : null;
  }
  setQuery(query);
}

/** Position in the window of the frame looked at; the newest where it is not in the window. */
export function framePosition(update: AttributionUpdate, view: View): number {
  const position = view.frame === null ? -1 : update.frameIndices.indexOf(view.frame);
  return position < 0 ? update.frameIndices.length - 1 : position;
}

/** @returns The whole numbers in a list; nothing where there is anything else in it. */
function whole(text: string | null): number[] {
  const parts = (text ?? '').split(',');
  return parts.every(part => /^\d{1,15}$/.test(part)) ? parts.map(Number) : [];
}
