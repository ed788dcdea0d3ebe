import { describe, expect, it } from 'vitest';
import type { ModelInfo } from '../src/api/contracts';
import { accuracyWords, headWords, leafWords, memberWords } from '../src/pages/models/modelWords';

const head = (change: Partial<ModelInfo>) => headWords(change as ModelInfo);

describe('what a model is, in words', () => {
  it('says the head with its sizes, as far as they are known', () => {
    expect(head({ head: 'trn', maxScale: 8, hiddenSize: 128 }))
      .toBe('Multi-scale TRN, 8 scales (n_max = 8), 128 hidden units each');
    expect(head({ head: 'trn', maxScale: 1 })).toBe('Multi-scale TRN, 1 scale (n_max = 1)');
    expect(head({ head: 'tsn' })).toMatch(/order/);
    expect(head({ head: 'other' })).toBe('other');
  });

  it('gives the accuracy in per cent, to two decimals at most', () => {
    const accuracy = { metric: 'top-1', frames: 8, split: '', videoCount: 960 };
    expect(accuracyWords({ ...accuracy, value: 0.9146 })).toBe('91.46 % top-1');
    expect(accuracyWords({ ...accuracy, value: 0.57 })).toBe('57 % top-1');
  });

  it('reads names of members and values of any kind', () => {
    expect(memberWords('videoCount')).toBe('Video count');
    expect(memberWords('learning_rate')).toBe('Learning rate');
    expect([leafWords('x'), leafWords(0.5), leafWords(true), leafWords(null), leafWords([1, 'a'])])
      .toEqual(['x', '0.5', 'yes', 'not said', '1, a']);
    expect(leafWords({ a: 1 })).toBeNull();
    expect(leafWords([{ a: 1 }])).toBeNull();
  });
});
