import { expect, test } from 'vitest';
import type { AttributionUpdate, ReportedClass } from '../src/api/contracts';
import {
  classOrder, compare, counts, efficiency, efficiencyHolds, firstPair, frameAtPosition, frameSummary, missingWords,
  movedByKey, scoreDomain, thinned, toggled,
} from '../src/pages/video/compare';
import type { View } from '../src/pages/video/view';

const view = (change: Partial<View> = {}): View =>
  ({ at: null, frame: null, classes: null, contrast: null, zoom: null, axis: null, clip: null, ...change });

const reported = (index: number, score: number, esv: number[], standardErrors?: number[]): ReportedClass =>
  ({ index, name: `class ${index}`, score, prior: 0.1, esv, ...standardErrors && { standardErrors } });

const update = (classes: ReportedClass[]): AttributionUpdate => ({
  schema: 'playfair.update/1', video: 'v', sequence: 7, arrivedAt: '', computedAt: '', model: 'm 1', score: 'logit',
  standardError: 'exact', rateHz: 8, frameIndices: [10, 11], frameTimes: [1, 1.125], topClass: 3, classes,
  evaluationCount: 4, droppedFrames: 0, timings: { decode: 0, features: 0, attribution: 0, total: 0 },
});

const three = update([
  reported(3, 0.5, [0.3, 0.1]), reported(5, 0.3, [0.25, -0.05], [0.01, 0.02]), reported(1, 0.2, [0, 0.1]),
]);
const unknown = (index: number) => `unreported ${index}`;

test('without a choice the top class of each window is compared', () => {
  const { classes, series, isChosen } = compare(three, view(), unknown);
  expect(classes.map(c => c.index)).toEqual([3]);
  expect(series).toEqual([{ name: 'class 3', values: [0.3, 0.1], style: 0 }]);
  expect(isChosen).toBe(false);
});

test('a class keeps its colour when one before it is not reported', () => {
  const { classes, series, missing } = compare(three, view({ classes: [9, 5] }), unknown);
  expect(classes.map(c => [c.name, c.style])).toEqual([['unreported 9', 0], ['class 5', 1]]);
  expect(series).toEqual([{ name: 'class 5', values: [0.25, -0.05], errors: [0.01, 0.02], style: 1 }]);
  expect(missing.map(c => c.index)).toEqual([9]);
});

test('a class that is not reported keeps its row, which says so', () => {
  const shown = compare(three, view({ classes: [9] }), unknown);
  expect(shown.rows).toEqual([{ name: 'unreported 9', style: 0, line: null }]);
  expect(missingWords(shown, three)).toBe('not among the 3 classes that this update reports');
  expect(missingWords(compare(three, view({ contrast: [3, 9] }), unknown), three))
    .toBe('no contrast: “unreported 9” is not among the 3 classes that this update reports');
});

test('a contrast is the difference of A and B, without errors', () => {
  const { series, symbol, classes } = compare(three, view({ contrast: [5, 3] }), unknown);
  expect(symbol).toBe('δ');
  expect(series).toHaveLength(1);
  expect(series[0]!.name).toBe('class 5 − class 3');
  expect(series[0]!.values[0]).toBeCloseTo(-0.05, 12);
  expect(series[0]!.errors).toBeUndefined();
  expect(classes.map(c => c.letter)).toEqual(['A', 'B']);
});

test('a contrast with a class that is not reported shows nothing and names it', () => {
  const { series, missing } = compare(three, view({ contrast: [3, 9] }), unknown);
  expect(series).toEqual([]);
  expect(missing.map(c => c.name)).toEqual(['unreported 9']);
});

test('a click adds a class to the top class, and removes it again', () => {
  const shown = compare(three, view(), unknown);
  expect(toggled(shown, view(), 5, 'class 5').change).toEqual({ classes: [3, 5] });
  const two = view({ classes: [3, 5] });
  expect(toggled(compare(three, two, unknown), two, 3, 'class 3').change).toEqual({ classes: [5] });
});

test('the last class stays, unless it is one that is not reported', () => {
  const one = view({ classes: [5] });
  expect(toggled(compare(three, one, unknown), one, 5, 'class 5')).toEqual(
    { change: {}, said: 'class 5 stays: at least one class is shown' });
  const lost = view({ classes: [9] });
  expect(toggled(compare(three, lost, unknown), lost, 9, 'nine').change).toEqual({ classes: null });
});

test('in a contrast a click chooses B, and neither A nor B twice', () => {
  const pair = view({ contrast: [3, 5] });
  const shown = compare(three, pair, unknown);
  expect(toggled(shown, pair, 1, 'class 1').change).toEqual({ contrast: [3, 1] });
  expect(toggled(shown, pair, 3, 'class 3').change).toEqual({});
});

test('a contrast starts with the classes compared, or with the best other one', () => {
  expect(firstPair(compare(three, view({ classes: [1, 5] }), unknown), three)).toEqual([1, 5]);
  expect(firstPair(compare(three, view({ classes: [5] }), unknown), three)).toEqual([5, 3]);
  expect(firstPair(compare(three, view({ classes: [8, 9] }), unknown), three)).toEqual([3, 5]);
  const alone = update([reported(3, 0.5, [0.3, 0.1])]);
  expect(firstPair(compare(alone, view(), unknown), alone)).toBeNull();
});

test('rows of classes keep their order while they are held', () => {
  const indices = (isHeld: boolean) => classOrder(three.classes, [1, 5], isHeld).map(c => c.index);
  expect(indices(false)).toEqual([3, 5, 1]);
  expect(indices(true)).toEqual([1, 5, 3]);
});

test('class bars begin at zero, and at the lowest score where there are negative ones', () => {
  expect(scoreDomain(three.classes)[0]).toBe(0);
  expect(scoreDomain([{ ...reported(1, -2, []), prior: -3 }])[0]).toBeLessThan(-3);
});

test('counts are of supporting and distracting frames, or of those for A and B', () => {
  expect(counts([0.1, 0, -1], 'φ')).toBe('1 supporting, 2 distracting');
  expect(counts([0.1, 0.2, -1], 'δ')).toBe('2 for A, 1 for B');
});

test('a frame is read out with its time, its values, their errors and their roles', () => {
  const shown = compare(three, view({ classes: [3, 5] }), unknown);
  expect(frameSummary(three, shown, 1)).toBe(
    'Frame 11, 1.13 s; class 3: φ +0.1000 supporting; class 5: φ −0.0500 ± 0.0200 distracting');
});

test('the gap is what the values of the frames miss of score minus prior', () => {
  expect(efficiency(reported(1, 0.5, [0.3, 0.05])).gap).toBeCloseTo(-0.05, 12);
  expect(efficiencyHolds([reported(1, 0.5, [0.3, 0.1])]).holds).toBe(true);
  const failed = efficiencyHolds([reported(1, 0.5, [0.3, 0.1]), reported(2, 0.5, [0.3, 0.05])]);
  expect(failed.holds).toBe(false);
  expect(failed.largest).toBeCloseTo(0.05, 12);
});

test('keys move the current frame inside the window', () => {
  expect(['ArrowLeft', 'ArrowRight', 'PageUp', 'PageDown', 'Home', 'End', 'a'].map(key => movedByKey(key, 12, 16)))
    .toEqual([11, 13, 2, 15, 0, 15, null]);
});

test('the newest frame is followed, any other stays', () => {
  expect([0, 1].map(position => frameAtPosition(three, position))).toEqual([10, null]);
});

test('pictures of a long window move with it and stay those that they are', () => {
  const first = thinned([0, 2, 4, 6, 8, 10], [], 3);
  expect(first).toEqual([0, 6]);
  expect(thinned([2, 4, 6, 8, 10, 12], first, 3)).toEqual([6, 12]);
  expect(thinned([4, 6, 8, 10, 12, 14], [6, 12], 3)).toEqual([6, 12]);
  // Another width, and another window.
  expect(thinned([4, 6, 8, 10, 12, 14], [6, 12], 2)).toEqual([4, 8, 12]);
  expect(thinned([100, 102, 104], [6, 12], 2)).toEqual([100, 104]);
});
