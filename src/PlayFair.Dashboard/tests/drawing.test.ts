import { expect, test } from 'vitest';
import {
  contrast, countSupporting, markerPath, plain, seriesDomain, signed, signedBars, steadyDomain, ticks, time,
} from '../drawing/esv-drawing.js';

test('values have four decimals, and an exponent where these would hide them', () => {
  expect([0.35254902, 0, -0.1, 0.00004].map(plain)).toEqual(['0.3525', '0', '−0.1000', '4.0e−5']);
  expect([0.5, -0.5, 0].map(signed)).toEqual(['+0.5000', '−0.5000', '0']);
});

test('times are in seconds below a minute and have minutes and hours above', () => {
  expect([0.48, 59.996, 62.5, 3662.5].map(time)).toEqual(['0.48 s', '1:00.00', '1:02.50', '1:01:02.50']);
});

test('a frame whose value is zero distracts', () => {
  expect(countSupporting([0.1, 0, -0.1])).toBe(1);
});

test('the contrast is the difference of two classes, frame by frame', () => {
  expect(contrast([3, 1], [1, 2])).toEqual([2, -1]);
});

test('the domain of some series holds zero and every error bar', () => {
  const [low, high] = seriesDomain([{ name: 'a', values: [1, 2], errors: [0, 0.5], style: 0 }]);
  expect(low).toBeLessThanOrEqual(0);
  expect(high).toBeGreaterThan(2.5);
});

test('ticks are round numbers inside the domain', () => {
  expect(ticks([-0.11, 0.23], 5).map(({ text }) => text)).toEqual(['−0.1', '0', '+0.1', '+0.2']);
});

test('the range of a sparkline holds every value, with zero always at the same height', () => {
  for (const values of [[0.13, -0.02], [-0.3, -0.4], [0.0004], [12, -7], [0], []]) {
    const [low, high] = steadyDomain(values);
    expect(low / high).toBeCloseTo(-0.35 / 0.65, 12);
    expect(low).toBeLessThanOrEqual(Math.min(0, ...values));
    expect(high).toBeGreaterThanOrEqual(Math.max(0, ...values));
  }
});

test('the range of a sparkline changes in steps, not with every value', () => {
  expect([0.21, 0.25, 0.29].map(value => steadyDomain([value])[1])).toEqual([0.3, 0.3, 0.3].map(end => expect.closeTo(end, 12)));
  expect(steadyDomain([0.31])[1]).toBeCloseTo(0.5, 12);
  expect(steadyDomain([0.8])[1]).toBeCloseTo(1, 12);
});

test('many bars are two paths from the zero line, a value of zero among the distracting', () => {
  expect(signedBars([10, 20, 30], [1, -0.5, 0], 4, value => 50 - 10 * value)).toEqual({
    supporting: 'M8 50h4V40h-4Z',
    distracting: 'M18 50h4V55h-4ZM28 50h4V50h-4Z',
  });
});

test('a marker’s path has the corners of its shape, moved and scaled', () => {
  expect(markerPath(1, 10, 20, 10)).toBe('M1 11L19 11L19 29L1 29Z');
  expect(markerPath(7, 10, 20, 10)).toBe(markerPath(1, 10, 20, 10));
  expect(markerPath(0, 10, 20, 4)).toBe('M6 20a4 4 0 1 0 8 0a4 4 0 1 0 -8 0Z');
});
