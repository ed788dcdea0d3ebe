import { describe, expect, test } from 'vitest';
import { correction, drift, filmTime, sourceTime } from '../src/pages/video/history/playback';

describe('the film', () => {
  test('begins again when its source does', () => {
    expect(filmTime(7.5, 2.75)).toBeCloseTo(2);
    expect(filmTime(7.5, null)).toBe(7.5);
    expect(filmTime(5.5, 2.75)).toBe(0);
    expect(filmTime(3 * 2.75 - 1e-9, 2.75)).toBe(0);
  });

  test('is as far from its source as the shorter way round', () => {
    expect(drift(0.1, 2.7, 2.75)).toBeCloseTo(0.15);
    expect(drift(2.7, 2.85, 2.75)).toBeCloseTo(-0.15);
    expect(drift(5, 4, null)).toBe(1);
  });

  test('is left alone while it is near, and sent where it belongs when it is not', () => {
    expect(correction(1.2, 1, null, 10)).toBeNull();
    expect(correction(1.31, 1, null, 10)).toBe(1);
    expect(correction(0.1, 12.7, 2.75, 2.75)).toBeCloseTo(12.7 - 4 * 2.75);
    expect(correction(0.1, 13.6, 2.75, 2.75)).toBeNull();
    expect(correction(0, 99, null, 15.2)).toBe(15.2);
  });

  test('stands for the moment in the loop that is looked at', () => {
    expect(sourceTime(1, 27.6, 2.75)).toBeCloseTo(28.5);
    expect(sourceTime(2.7, 27.6, 2.75)).toBeCloseTo(27.45);
    expect(sourceTime(0.05, 5.48, 2.75)).toBeCloseTo(5.55);
    expect(sourceTime(2.7, 0.1, 2.75)).toBeCloseTo(2.7);
    expect(sourceTime(4, 0, null)).toBe(4);
  });
});
