import type { AxisKind } from './axis';

/** What a user asked to see. */
export type Jump =
  | { kind: 'sequence'; sequence: number }
  /** Milliseconds since the epoch. */
  | { kind: 'arrival'; at: number }
  | { kind: 'video'; seconds: number }
  | { kind: 'problem'; text: string };

const SEQUENCE = /^#?\s*(\d{1,15})$/;
const DATED = /^(\d{4})-(\d\d)-(\d\d)(?:[T\s]+(\d{1,2}:\d\d(?::\d\d(?:[.,]\d+)?)?)\s*(Z|[+-]\d\d:?\d\d)?)?$/i;
const SECONDS = /^(\d+(?:[.,]\d+)?)\s*s$/i;
const PARTED = /^(\d{1,4}):(\d\d)(?::(\d\d))?([.,]\d+)?$/;

/**
 * Reads what was typed: an update's number (`1701`), a date and time (`2026-01-31 14:03:07`, in the user's time zone or
 * with its own), a time of day (`14:03:07`, `14:03`) or a time of the video (`1:02.5`, `62.5 s`). What could be both is
 * what the axis shows.
 * @param last The newest update's arrival: a time of day is the last one not after it.
 */
export function parseJump(text: string, axis: AxisKind, last: number): Jump {
  const typed = text.trim();
  const sequence = SEQUENCE.exec(typed);
  if (sequence) return { kind: 'sequence', sequence: Number(sequence[1]) };
  const seconds = SECONDS.exec(typed);
  if (seconds) return { kind: 'video', seconds: decimal(seconds[1]!) };
  const dated = DATED.exec(typed);
  if (dated) {
    const [, year, month, day, time = '00:00', zone = ''] = dated;
    const clock = time.padStart(time.indexOf(':') === 1 ? time.length + 1 : time.length, '0').replace(',', '.');
    const at = Date.parse(`${year}-${month}-${day}T${clock}${zone.toUpperCase()}`);
    return Number.isNaN(at) || isOverflowing(Number(year), Number(month), Number(day))
      ? problem(`There is no ${typed}.`) : { kind: 'arrival', at };
  }
  const parted = PARTED.exec(typed);
  if (parted) {
    const [, a, b, c, rest = ''] = parted;
    // 14:03 and 14:03:07 are clocks unless the axis shows the video's time; 1:02.5 is none.
    if (axis === 'arrival' && (c !== undefined || rest === ''))
      return timeOfDay(Number(a), Number(b), Number(c ?? 0) + decimal(`0${rest}`), last, typed);
    const [hours, minutes, whole] = c === undefined ? [0, a, b] : [a, b, c];
    if (Number(whole) > 59 || (c !== undefined && Number(minutes) > 59)) return problem(`${typed} is not a time.`);
    const seconds = 3600 * Number(hours) + 60 * Number(minutes) + Number(whole) + decimal(`0${rest}`);
    return { kind: 'video', seconds };
  }
  return problem(typed === '' ? 'Type a time or the number of an update.'
    : `“${typed}” is neither a time (14:03:07, 2026-01-31 14:03, 1:02.5) nor the number of an update (1701).`);
}

function timeOfDay(hours: number, minutes: number, seconds: number, last: number, typed: string): Jump {
  if (hours > 23 || minutes > 59 || seconds >= 60) return problem(`There is no ${typed} on a clock.`);
  const date = new Date(last);
  date.setHours(hours, minutes, Math.floor(seconds), Math.round(1000 * (seconds % 1)));
  if (date.getTime() > last) date.setDate(date.getDate() - 1);
  return { kind: 'arrival', at: date.getTime() };
}

function isOverflowing(year: number, month: number, day: number): boolean {
  const date = new Date(year, month - 1, day);
  return date.getMonth() !== month - 1 || date.getDate() !== day;
}

function decimal(text: string): number {
  return Number(text.replace(',', '.'));
}

function problem(text: string): Jump {
  return { kind: 'problem', text };
}
