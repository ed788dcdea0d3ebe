import { expect, test } from 'vitest';
import { figureLayout } from '../src/pages/video/figure';

const pictures = (frameCount: number) => [...figureLayout(frameCount, 2, 0, true, 4 / 3).pictures];

test('each frame of a short window has its picture above its bar', () => {
  const { column, curves } = figureLayout(8, 1, 0, false, 4 / 3);
  expect(pictures(8).map(([i]) => i)).toEqual([0, 1, 2, 3, 4, 5, 6, 7]);
  for (const [i, { x, width }] of pictures(8)) expect(x + width / 2).toBeCloseTo(curves.x + (i + 0.5) * column, 6);
});

test.each([1, 8, 32, 33, 64, 512])('pictures of %i frames stand side by side inside the figure', frameCount => {
  const { width } = figureLayout(frameCount, 2, 0, true, 4 / 3);
  const shown = pictures(frameCount);
  expect(shown.length).toBeGreaterThan(0);
  expect(new Set(shown.map(([i]) => i)).size).toBe(shown.length);
  shown.forEach(([i, part], at) => {
    expect(i).toBeLessThan(frameCount);
    expect(part.x).toBeGreaterThanOrEqual(at === 0 ? 0 : shown[at - 1]![1].x + part.width);
    expect(part.x + part.width).toBeLessThanOrEqual(width);
  });
});

test('bars, legend, curves and note follow one another', () => {
  const { captions, lines, legend, curves, note, height } = figureLayout(16, 2, 2, true, 1);
  const heights = [
    captions, ...lines.flatMap(({ heading, bars }) => [heading, bars]), legend, curves.y, note, height,
  ];
  expect(lines).toHaveLength(2);
  expect([...heights].sort((a, b) => a - b)).toEqual(heights);
});
