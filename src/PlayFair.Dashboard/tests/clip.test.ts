import { beforeAll, describe, expect, test } from 'vitest';
import type { ClipAttribution } from '../src/api/contracts';

describe('a clip', () => {
  // The API's client reads what a browser keeps, and its address.
  let updateOfClip: typeof import('../src/pages/video/clip').updateOfClip;
  beforeAll(async () => {
    const nothing = { getItem: () => null, setItem: () => {}, removeItem: () => {} };
    Object.assign(globalThis, {
      localStorage: nothing, sessionStorage: nothing, location: { hash: '' }, addEventListener: () => {},
      document: { hidden: false, addEventListener: () => {} },
    });
    ({ updateOfClip } = await import('../src/pages/video/clip'));
  });

  const clip = {
    schema: 'playfair.attribution/1',
    model: { name: 'moves-trn', version: '1.0.0' },
    settings: { frameCount: 2, score: 'softmax-of-mean', estimator: 'exact', sampling: 'uniform 2' },
    frames: [{ position: 0, index: 8, timeSeconds: 0.6666 }, { position: 1, index: 24, timeSeconds: 2 }],
    classes: [
      { index: 5, name: 'five', score: 0.2, prior: 0.04, esv: [0.1, 0.06], esvSum: 0.16, efficiencyGap: 0 },
      { index: 3, name: 'three', score: 0.7, prior: 0.04, esv: [0.5, 0.16], esvSum: 0.66, efficiencyGap: 0 },
    ],
    selected: [3], standardError: 'exact', evaluationCount: 3,
    timings: { decodeSeconds: 0.1, featureSeconds: 0.02, attributionSeconds: 0.003, totalSeconds: 0.2 },
    warnings: [],
  } as ClipAttribution;

  test('is shown as a window: all its classes, the highest score first, value by value', () => {
    const update = updateOfClip('opening', clip);
    expect(update.classes.map(c => [c.index, c.score, c.esv])).toEqual([[3, 0.7, [0.5, 0.16]], [5, 0.2, [0.1, 0.06]]]);
    expect([update.topClass, update.sequence, update.standardError]).toEqual([3, -1, 'exact']);
    expect([update.frameIndices, update.frameTimes]).toEqual([[8, 24], [0.6666, 2]]);
    expect(update.timings).toEqual({ decode: 100, features: 20, attribution: 3, total: 200 });
    expect(clip.classes[0]!.index).toBe(5);
  });

  test('keeps its standard errors where it was sampled', () => {
    const classes = clip.classes.map(c => ({ ...c, standardErrors: [0.01, 0.02] }));
    const sampled = { ...clip, standardError: 'sampled', classes };
    expect(updateOfClip('opening', sampled).classes[0]!.standardErrors).toEqual([0.01, 0.02]);
    expect('standardErrors' in updateOfClip('opening', clip).classes[0]!).toBe(false);
  });
});
