/** Below this the two clocks are the same: the header tells whole seconds. */
const LEAST_OFFSET_MS = 1500;

let offset = 0;

/** Takes the Date header of an answer. */
export function noteServerTime(date: string | null): void {
  const difference = Date.parse(date ?? '') - Date.now();
  if (!Number.isNaN(difference)) offset = Math.abs(difference) < LEAST_OFFSET_MS ? 0 : difference;
}

/** What the server's clock shows at a time of this one, to a second: both in milliseconds since the epoch. */
export function serverTime(local = Date.now()): number {
  return local + offset;
}
