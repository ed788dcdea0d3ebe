import { expect, test } from 'vitest';
import type { AttributionUpdate } from '../src/api/contracts';
import { compare } from '../src/pages/video/compare';
import { csv, fileName } from '../src/pages/video/exporting';

const update: AttributionUpdate = {
  schema: 'playfair.update/1', video: 'door/1', sequence: 7, arrivedAt: '', computedAt: '', model: 'm 1',
  score: 'logit',
  standardError: 'sampled', rateHz: 8, frameIndices: [10, 12], frameTimes: [1, 1.25], topClass: 3, evaluationCount: 4,
  droppedFrames: 0, timings: { decode: 0, features: 0, attribution: 0, total: 0 },
  classes: [
    { index: 3, name: 'so "dropping", it', score: 1, prior: 0, esv: [0.041666668, -1e-9], standardErrors: [0.5, 0.25] },
    { index: 4, name: '=1+1', score: 1, prior: 0, esv: [1, 2] },
  ],
};

const comparison = (change: object) => compare(
  update, { at: null, frame: null, classes: null, contrast: null, zoom: null, axis: null, clip: null, ...change }, String);

test('a file of values has a row for each frame, every digit, and errors beside their values', () => {
  expect(csv(update, comparison({})).split('\r\n')).toEqual([
    'position,frame_index,frame_time_seconds,"esv so ""dropping"", it","standard_error so ""dropping"", it"',
    '0,10,1,0.041666668,0.5',
    '1,12,1.25,-1e-9,0.25',
    '',
  ]);
});

test('a contrast is written with both of its classes', () => {
  const [head, first] = csv(update, comparison({ contrast: [4, 3] })).split('\r\n');
  expect(head).toContain('esv =1+1,');
  expect(head).toContain('"contrast =1+1 − so');
  expect(first).toBe('0,10,1,1,0.041666668,0.5,0.958333332');
});

test('a file is named after its video and update, in characters that every system takes', () => {
  expect(fileName(update, 'csv')).toBe('door-1-update-7.csv');
});
