// Quantities as people read them. Values of φ and scores are written by the drawing code (plain, signed, time).
import type { VideoState } from './api/contracts';

const THIN = '\u202f';

/** 12 345 */
export function grouped(value: number): string {
  return Math.round(value).toLocaleString('en').replaceAll(',', THIN);
}

/** Three significant digits, without an exponent up to a thousand millions: 0.35, 12.5, 1 250, 3.2 M. */
export function quantity(value: number): string {
  if (value >= 1e9) return `${(value / 1e9).toPrecision(3)}${THIN}G`;
  if (value >= 1e6) return `${(value / 1e6).toPrecision(3)}${THIN}M`;
  if (value >= 1000) return grouped(value);
  return String(Number(value.toPrecision(3)));
}

export function bytes(value: number): string {
  const units = ['B', 'kB', 'MB', 'GB', 'TB'];
  let unit = 0;
  let rest = value;
  for (; rest >= 1000 && unit < units.length - 1; unit++) rest /= 1000;
  return `${unit === 0 ? rest : rest.toPrecision(3)} ${units[unit]}`;
}

/** A span of time in its two largest units: 8 s, 3 min 20 s, 2 h 5 min, 3 d 4 h. */
export function duration(milliseconds: number): string {
  const seconds = Math.max(0, Math.round(milliseconds / 1000));
  if (seconds < 60) return `${seconds} s`;
  const parts: [number, string][] = [
    [Math.floor(seconds / 86400), 'd'], [Math.floor(seconds / 3600) % 24, 'h'],
    [Math.floor(seconds / 60) % 60, 'min'], [seconds % 60, 's'],
  ];
  const first = parts.findIndex(([amount]) => amount > 0);
  return parts.slice(first, first + 2).filter(([amount]) => amount > 0)
    .map(([amount, unit]) => `${amount} ${unit}`).join(' ');
}

/** A moment in the user's own time zone: 14:03:07 today, else with its date. */
export function clock(iso: string | number | Date, withTenths = false): string {
  const { date, time } = parts(new Date(iso), withTenths);
  return new Date(iso).toDateString() === new Date().toDateString() ? time : `${date} ${time}`;
}

/** A moment with its date, whatever day it is, for what is kept: 2026-01-31 14:03:07.2 */
export function moment(iso: string | number | Date): string {
  const { date, time } = parts(new Date(iso), true);
  return `${date} ${time}`;
}

function parts(moment: Date, withTenths: boolean): { date: string; time: string } {
  const pad = (value: number) => String(value).padStart(2, '0');
  return {
    date: `${moment.getFullYear()}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`,
    time: `${pad(moment.getHours())}:${pad(moment.getMinutes())}:${pad(moment.getSeconds())}`
      + (withTenths ? `.${Math.floor(moment.getMilliseconds() / 100)}` : ''),
  };
}

export function count(number: number, one: string, many = `${one}s`): string {
  return `${grouped(number)} ${number === 1 ? one : many}`;
}

export const STATE_WORDS: Record<VideoState, string> = {
  connecting: 'connecting',
  live: 'live',
  stalled: 'stalled',
  reconnecting: 'reconnecting',
  ended: 'ended',
  failed: 'failed',
  paused: 'paused',
};

/** Whether updates come; of other states the last rate told is of the past. */
export function isRunning(state: VideoState): boolean {
  return state === 'live' || state === 'stalled';
}
