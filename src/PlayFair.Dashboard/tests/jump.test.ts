import { describe, expect, test } from 'vitest';
import { parseJump } from '../src/pages/video/history/jump';

describe('what is typed to jump', () => {
  const last = new Date(2026, 0, 31, 14, 5).getTime();
  const at = (...parts: [number, number, number, number, number, number?, number?]) => new Date(...parts).getTime();

  test('is an update’s number', () => {
    expect(parseJump(' 1701 ', 'arrival', last)).toEqual({ kind: 'sequence', sequence: 1701 });
    expect(parseJump('#0', 'video', last)).toEqual({ kind: 'sequence', sequence: 0 });
  });

  test('is a time of day, the last one that was', () => {
    expect(parseJump('14:03:07', 'arrival', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 31, 14, 3, 7) });
    expect(parseJump('14:03', 'arrival', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 31, 14, 3) });
    expect(parseJump('9:00:00.5', 'arrival', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 31, 9, 0, 0, 500) });
    expect(parseJump('23:00', 'arrival', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 30, 23, 0) });
  });

  test('is a date and time, here or in a zone of its own', () => {
    expect(parseJump('2026-01-30 9:03', 'video', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 30, 9, 3) });
    expect(parseJump('2026-01-30', 'arrival', last)).toEqual({ kind: 'arrival', at: at(2026, 0, 30, 0, 0) });
    expect(parseJump('2026-01-30T09:03:07.25Z', 'arrival', last))
      .toEqual({ kind: 'arrival', at: Date.UTC(2026, 0, 30, 9, 3, 7, 250) });
    expect(parseJump('2026-01-30T09:03+01:00', 'arrival', last))
      .toEqual({ kind: 'arrival', at: Date.UTC(2026, 0, 30, 8, 3) });
  });

  test('is a time of the video', () => {
    expect(parseJump('1:02.5', 'arrival', last)).toEqual({ kind: 'video', seconds: 62.5 });
    expect(parseJump('62,5 s', 'arrival', last)).toEqual({ kind: 'video', seconds: 62.5 });
    expect(parseJump('1:02', 'video', last)).toEqual({ kind: 'video', seconds: 62 });
    expect(parseJump('1:00:02.5', 'video', last)).toEqual({ kind: 'video', seconds: 3602.5 });
  });

  test('is refused in words where it is no time', () => {
    for (const text of ['', 'noon', '25:00', '14:61', '2026-02-30', '2026-13-01 10:00', '1:2:3', '-5', '1e3'])
      expect(parseJump(text, 'arrival', last), text).toMatchObject({ kind: 'problem' });
    expect(parseJump('1:75.0', 'video', last)).toMatchObject({ kind: 'problem' });
  });
});
