import { expect, test } from 'vitest';
import type { VideoState, VideoStatus } from '../src/api/contracts';
import { noWindowWords, qualityWords, stateWords } from '../src/pages/video/state';

const NOW = Date.parse('2026-01-02T03:04:05Z');

const status = (state: VideoState, more: Partial<VideoStatus> = {}): VideoStatus => ({
  definition: {
    id: 'v', source: 's', rateHz: 8, window: 16, stride: 1, iterations: 4, seed: 0, classes: ['top3'], pace: 'source',
    loop: false, transport: 'tcp',
  },
  state, since: '2026-01-02T03:00:00Z', failedAttempts: 0, isLive: true, model: 'm 1', framesInWindow: 5,
  decodedFrames: 9, sampledFrames: 9, droppedFrames: 0, updatesPerSecond: 0, quality: { level: 0, rateHz: 8 }, ...more,
});

test('a source that reconnects says why, when it is tried again and how often that failed', () => {
  expect(stateWords(status('reconnecting', {
    reason: 'connection refused', nextAttemptAt: '2026-01-02T03:04:39.2Z', failedAttempts: 21,
  }), NOW)).toBe('Connection refused. Next attempt in 35 s; 21 attempts failed.');
  expect(stateWords(status('reconnecting', { nextAttemptAt: '2026-01-02T03:04:01Z', failedAttempts: 1 }), NOW))
    .toBe('Trying again now; 1 attempt failed.');
});

test('a source that is live needs no words unless there are any', () => {
  expect(stateWords(status('live'), NOW)).toBe('');
  expect(stateWords(status('live', { reason: 'the file is corrupt: 1 frame lost' }), NOW))
    .toBe('The file is corrupt: 1 frame lost.');
});

test('a stalled source says for how long', () => {
  expect(stateWords(status('stalled', { lastUpdateAt: '2026-01-02T03:03:55Z' }), NOW)).toContain('(10 s)');
});

test('every state has a title and words while there is no window', () => {
  const states: VideoState[] = ['connecting', 'live', 'stalled', 'reconnecting', 'ended', 'failed', 'paused'];
  const said = states.map(state => noWindowWords(status(state), NOW));
  expect(new Set(said.map(({ title }) => title)).size).toBe(states.length);
  expect(said.every(({ words }) => words.length > 0)).toBe(true);
});

test('a window that fills says how far it is', () => {
  const { title, filled } = noWindowWords(status('live'), NOW);
  expect(title).toBe('The window fills: 5 of 16 frames');
  expect(filled).toBeCloseTo(5 / 16, 12);
});

test('reduced quality says to what and why', () => {
  expect(qualityWords(status('live'))).toBe('full');
  expect(qualityWords(status('live', { quality: { level: 2, samples: 64, rateHz: 4, reason: 'updates came late' } })))
    .toBe('reduced: updates came late');
  expect(qualityWords(status('live', { quality: { level: 2, samples: 64, rateHz: 4 } })))
    .toBe('reduced to 4 Hz, m = 64');
});
