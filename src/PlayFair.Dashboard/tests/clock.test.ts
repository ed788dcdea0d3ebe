import { expect, test, vi } from 'vitest';
import { noteServerTime, serverTime } from '../src/api/clock';

test('the time of the server is told by its answers, where the clocks differ by more than the header can tell', () => {
  vi.useFakeTimers({ now: Date.parse('2026-01-31T12:00:00.400Z') });
  noteServerTime('Sat, 31 Jan 2026 12:00:01 GMT');
  expect(serverTime()).toBe(Date.now());
  noteServerTime('Sat, 31 Jan 2026 11:59:00 GMT');
  expect(serverTime()).toBe(Date.parse('2026-01-31T11:59:00.000Z'));
  noteServerTime(null);
  expect(serverTime()).toBe(Date.parse('2026-01-31T11:59:00.000Z'));
  vi.useRealTimers();
});
