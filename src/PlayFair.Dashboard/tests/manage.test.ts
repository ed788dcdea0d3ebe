import { describe, expect, it } from 'vitest';
import type { AttributionUpdate, ModelInfo, VideoDefinition, VideoPlan } from '../src/api/contracts';
import { costWords, estimateTime, exactWords } from '../src/pages/manage/cost';
import {
  classIndex, computationOf, definitionOf, formOf, inFormWords, interruption, namedClasses, newForm, problemsOf,
  topCount, withTopCount,
} from '../src/pages/manage/form';
import { kindOf, suggestId } from '../src/pages/manage/source';

const NAMES = ['opening something', 'closing something', 'top'];

const MODEL: ModelInfo = {
  name: 'moves-trn', version: '1.0.0', description: '', head: 'trn', maxScale: 8, featureSize: 256,
  score: 'softmax-of-mean', classes: NAMES, isDefault: true, prior: [0.5, 0.25, 0.25], inputWidth: 112, inputHeight: 84,
  scores: ['softmax-of-mean', 'mean-of-softmax', 'logit'],
};

/** As the server completes a definition. */
const DOOR: VideoDefinition = {
  id: 'door', title: 'door', source: 'rtsp://***@camera/1', model: 'moves-trn', rateHz: 7.5, window: 24, stride: 2,
  samples: 128, iterations: 3, seed: 9, score: 'logit', classes: ['closing something', 'top5'], pace: 'source',
  loop: false, transport: 'udp',
};

const plan = (change: Partial<VideoPlan> = {}): VideoPlan => ({
  definition: DOOR, isExact: false, evaluationsPerUpdate: 1536, firstEvaluations: 9000, evaluationsPerSecond: 5760,
  updatesPerSecond: 3.75, windowSeconds: 3.2, bytes: 1e6, maxWindowExact: 19, ...change,
});

const none: ReadonlySet<string> = new Set();

describe('the kind of a source', () => {
  it.each([
    ['/srv/a.mp4', 'file'], ['a.mp4', 'file'], ['C:\\films\\a.mp4', 'file'], ['file:///srv/a.mp4', 'file'],
    ['RTSP://camera/1', 'rtsp'], ['rtsps://camera/1', 'rtsp'], ['rtmp://host/live/key', 'rtmp'],
    ['https://host/live.m3u8?x=1', 'hls'], ['https://host/film.mp4', 'http'], ['http://host/?x=a.m3u8', 'http'],
    ['srt://host:9000', 'srt'], ['udp://:5000', 'udp'], ['v4l2:/dev/video0', 'webcam'], ['/dev/video0', 'webcam'],
    ['synthetic:7', 'synthetic'], ['ftp://host/a.mp4', null], ['  ', null],
  ])('of %s is %s', (source, kind) => expect(kindOf(source)).toBe(kind));
});

describe('the suggested id', () => {
  it.each([
    ['/srv/Front Door.MP4', 'front-door'], ['/srv/clips/', 'clips'], ['/srv/.hidden', 'hidden'],
    ['clip.tar.gz', 'clip.tar'],
    ['C:\\films\\A b.mkv', 'a-b'], ['rtsp://user:secret@Camera.local:554/key', 'camera.local'],
    ['rtmp://host/live/key', 'host'],
    ['srt://[::1]:9000', '1'], ['synthetic:7?fps=12', 'synthetic-7'], ['v4l2:/dev/video0', 'v4l2-dev-video0'],
    ['/srv/видео.mp4', 'video'], ['', ''],
  ])('of %s is %s', (source, id) => expect(suggestId(source, none)).toBe(id));

  it('is none that is taken', () =>
    expect(suggestId('/srv/door.mp4', new Set(['door', 'door-2']))).toBe('door-3'));

  it('is never too long', () =>
    expect(suggestId(`${'x'.repeat(300)}.mp4`, new Set(['x'.repeat(60)]))).toBe(`${'x'.repeat(60)}-2`));
});

describe('the form', () => {
  it('describes what it was filled from', () => {
    const { title, ...rest } = DOOR;
    expect(definitionOf(formOf(DOOR), 'door', DOOR)).toEqual(rest);
    const named = { ...DOOR, title: 'Door', group: 'north', paused: true };
    expect(definitionOf(formOf(named), 'door', named)).toEqual(named);
  });

  it('of a new video has defaults that the server takes, and leaves the samples to it', () => {
    const form = { ...newForm(MODEL), source: ' synthetic:1 ' };
    expect(problemsOf(form, 'synthetic-1', null, none)).toEqual({});
    expect(definitionOf(form, 'synthetic-1', null)).toEqual({
      id: 'synthetic-1', source: 'synthetic:1', model: 'moves-trn', rateHz: 8, window: 16, stride: 1, iterations: 4,
      seed: 0, score: 'softmax-of-mean', classes: ['top3'], pace: 'source', loop: false, transport: 'tcp',
    });
  });

  it('names every number that is none', () => {
    const form = {
      ...newForm(MODEL), rateHz: '', window: '1.5', stride: 'x', isSampled: true, samples: '1e400', seed: '-1',
    };
    expect(Object.keys(computationOf(form).problems).sort()).toEqual(['rateHz', 'samples', 'seed', 'stride', 'window']);
    expect(computationOf({ ...form, isSampled: false }).problems.samples).toBeUndefined();
  });

  it('refuses ids that are malformed or taken, of new videos only', () => {
    const form = { ...newForm(MODEL), source: 'a.mp4' };
    expect(problemsOf(form, 'Door', null, none).id).toMatch(/Expected/);
    expect(problemsOf(form, '', null, none).id).toBeDefined();
    expect(problemsOf(form, 'door', null, new Set(['door'])).id).toMatch(/already/);
    expect(problemsOf({ ...formOf(DOOR) }, 'door', DOOR, new Set(['door'])).id).toBeUndefined();
  });

  it('keeps a hidden secret, but not in an address that was changed', () => {
    const form = formOf(DOOR);
    expect(problemsOf(form, 'door', DOOR, none).source).toBeUndefined();
    expect(definitionOf(form, 'door', DOOR).source).toBe('rtsp://***@camera/1');
    expect(problemsOf({ ...form, source: 'rtsp://***@camera/2' }, 'door', DOOR, none).source).toMatch(/\*\*\*/);
    expect(problemsOf({ ...form, source: 'rtsp://u:p@camera/2' }, 'door', DOOR, none).source).toBeUndefined();
  });

  it('calls a field as its label does, whichever way the server names it', () => {
    expect(inFormWords('rateHz is 0; expected 0.01 to 120.', 'rateHz'))
      .toBe('Frames a second is 0; expected 0.01 to 120.');
    expect(inFormWords('window: found a text, expected a number.', 'window'))
      .toBe('Window: found a text, expected a number.');
    expect(inFormWords('sourceless words', 'source')).toBe('sourceless words');
  });
});

describe('requested classes', () => {
  it('are the highest scores and named ones, in any order', () => {
    expect(topCount(['Closing something', 'TOP5', 'top2'], NAMES)).toBe(5);
    expect(topCount(['0'], NAMES)).toBe(0);
    expect(namedClasses(['closing something', 'top5', '0'], NAMES)).toEqual(['closing something', '0']);
  });

  it('may name a class that is called like a request', () => {
    expect(topCount(['top'], NAMES)).toBe(0);
    expect(topCount(['top'], ['other'])).toBe(1);
  });

  it('keep their order when the count changes', () => {
    expect(withTopCount(['0', 'top5', '1'], NAMES, 3)).toEqual(['0', 'top3', '1']);
    expect(withTopCount(['0', 'top5', '1'], NAMES, 0)).toEqual(['0', '1']);
    expect(withTopCount(['0'], NAMES, 2)).toEqual(['top2', '0']);
  });

  it('are found by name in any case, by index, or not at all', () => {
    expect(classIndex('CLOSING something', NAMES)).toBe(1);
    expect(classIndex('2', NAMES)).toBe(2);
    expect(classIndex('3', NAMES)).toBeNull();
  });
});

describe('what a change interrupts', () => {
  const file = { ...DOOR, source: '/srv/door.mp4' };

  it('is nothing for title and group', () => {
    expect(interruption(DOOR, { ...DOOR, title: 'Door', group: 'a' }))
      .toEqual({ changes: ['title', 'group'], words: 'Nothing is interrupted.' });
  });

  it('is nothing where nothing is changed', () => {
    const { title, ...untitled } = DOOR;
    expect(interruption(DOOR, untitled).changes).toEqual([]);
  });

  it('is the window of a live source', () =>
    expect(interruption(DOOR, { ...DOOR, transport: 'tcp' }).words).toMatch(/until its window is full/));

  it('is nothing but the reading of a file whose pace changes, and all of it else', () => {
    expect(interruption(file, { ...file, pace: 'fast', title: 'x' }).words).toMatch(/goes on after its last update/);
    expect(interruption(file, { ...file, window: 8 }).words).toMatch(/from its start/);
  });

  it('waits while the video is paused', () =>
    expect(interruption({ ...DOOR, paused: true }, { ...DOOR, window: 8 }).words)
      .toMatch(/^When the video is resumed/));
});

describe('the words for the cost', () => {
  it('say how often the head is evaluated', () => {
    expect(costWords(plan({ isExact: true, evaluationsPerUpdate: 16384, evaluationsPerSecond: 131072 })))
      .toBe('Exact values: 16\u202f384 evaluations of the head for each update, 131\u202f072 a second.');
  });

  it('say what is sampled, and whether there are standard errors', () => {
    expect(costWords(plan())).toContain('128 subsequences of each size, 3 times over for standard errors');
    expect(costWords(plan({ definition: { ...DOOR, iterations: 1, samples: 1 } })))
      .toContain('1 subsequence of each size, once, so that there are no standard errors');
  });

  it('say whether exact values would be feasible', () => {
    expect(exactWords(plan())).toEqual({
      isFeasible: false, words: 'Exact values are feasible up to 19 frames with this model.',
    });
    expect(exactWords(plan({ definition: { ...DOOR, window: 19 } }))!.isFeasible).toBe(true);
    expect(exactWords(plan({ isExact: true }))).toBeNull();
  });
});

describe('the estimated time', () => {
  const update = (change: Partial<AttributionUpdate>) => ({
    video: 'a', model: 'moves-trn 1.0.0', standardError: 'sampled', evaluationCount: 1000, timings: { attribution: 2 },
    ...change,
  }) as AttributionUpdate;

  it('is that of the evaluations of videos alike, whatever one of them had to wait for', () => {
    const estimate = estimateTime(plan(), [
      update({}), update({ evaluationCount: 2000 }),
      update({ timings: { attribution: 900 } as AttributionUpdate['timings'] }),
    ]);
    expect(estimate!.millisecondsPerUpdate).toBeCloseTo(3.072, 10);
    expect(estimate!.coreShare).toBeCloseTo(0.01152, 10);
  });

  it('is not known from other models or methods', () => {
    expect(estimateTime(plan(), [update({ model: 'moves-trn2 1.0.0' }), update({ standardError: 'exact' })]))
      .toBeNull();
    expect(estimateTime(plan(), [])).toBeNull();
  });
});
