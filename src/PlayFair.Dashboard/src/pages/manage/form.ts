import type { ModelInfo, Pace, ScoreName, Transport, VideoDefinition } from '../../api/contracts';
import { ID_PATTERN, kindOf } from './source';

/** What stands in the form; numbers as they were typed. */
export interface VideoForm {
  source: string;
  transport: Transport;
  pace: Pace;
  loop: boolean;
  title: string;
  group: string;
  /** null: the suggested one. */
  id: string | null;
  model: string;
  rateHz: string;
  window: string;
  stride: string;
  /** Sampled values are wanted also where exact ones are feasible. */
  isSampled: boolean;
  samples: string;
  iterations: string;
  seed: string;
  score: ScoreName;
  /** As a definition has them: `top`, `topK`, names and indices. */
  classes: readonly string[];
}

/** In the order in which they stand in the form; names are those of the definition's members. */
export const LABELS = {
  source: 'Source',
  transport: 'Transport',
  pace: 'Pace',
  loop: 'Loop',
  title: 'Title',
  id: 'Id',
  group: 'Group',
  model: 'Model',
  rateHz: 'Frames a second',
  window: 'Window',
  classes: 'Classes',
  samples: 'Samples',
  iterations: 'Iterations',
  stride: 'Stride',
  score: 'Score',
  seed: 'Seed',
} as const;

export type Field = keyof typeof LABELS;
export type NumberField = 'rateHz' | 'window' | 'stride' | 'samples' | 'iterations' | 'seed';
export type Problems = Partial<Record<Field, string>>;

export const ADVANCED: readonly Field[] = ['samples', 'iterations', 'stride', 'score', 'seed'];

export const HIDDEN = '***';

export function newForm(model: ModelInfo): VideoForm {
  return {
    source: '', transport: 'tcp', pace: 'source', loop: false,
    title: '', group: '', id: null,
    model: model.name, rateHz: '8', window: '16', stride: '1',
    isSampled: false, samples: '256', iterations: '4', seed: '0', score: model.score, classes: ['top3'],
  };
}

export function formOf(definition: VideoDefinition): VideoForm {
  const { id, title, samples } = definition;
  return {
    source: definition.source,
    transport: definition.transport,
    pace: definition.pace,
    loop: definition.loop,
    title: title === id ? '' : title ?? '',
    group: definition.group ?? '',
    id,
    model: definition.model ?? '',
    rateHz: String(definition.rateHz),
    window: String(definition.window),
    stride: String(definition.stride),
    isSampled: samples !== undefined && samples !== null,
    samples: String(samples ?? 256),
    iterations: String(definition.iterations),
    seed: String(definition.seed),
    score: definition.score ?? 'softmax-of-mean',
    classes: definition.classes,
  };
}

/** The part of a definition that costs something; numbers that are none are named in `problems`. */
export function computationOf(form: VideoForm): { computation: Partial<VideoDefinition>; problems: Problems } {
  const problems: Problems = {};
  const number = (field: NumberField) => {
    const isEmpty = form[field].trim() === '';
    const value = isEmpty ? Number.NaN : Number(form[field]);
    const isRight = field === 'rateHz' ? Number.isFinite(value) : Number.isSafeInteger(value);
    if (!isRight || (field === 'seed' && value < 0)) {
      const expected = field === 'rateHz' ? 'a number'
        : field === 'seed' ? 'a whole number of 0 or more'
        : 'a whole number';
      problems[field] = isEmpty ? `Expected ${expected}.` : `${form[field]} is not ${expected}.`;
    }
    return value;
  };
  const computation: Partial<VideoDefinition> = {
    model: form.model,
    rateHz: number('rateHz'),
    window: number('window'),
    stride: number('stride'),
    ...form.isSampled && { samples: number('samples') },
    iterations: number('iterations'),
    seed: number('seed'),
    score: form.score,
    classes: [...form.classes],
  };
  if (form.classes.length === 0) problems.classes = 'Expected the highest scores, or at least one class.';
  return { computation, problems };
}

/**
 * The whole definition that the form describes.
 * @param original What is changed; null: the video is new.
 */
export function definitionOf(form: VideoForm, id: string, original: VideoDefinition | null): VideoDefinition {
  const title = form.title.trim();
  const group = form.group.trim();
  return {
    ...computationOf(form).computation as VideoDefinition,
    id,
    // As it was, where that is what the server hides secrets in: it knows that nothing was changed.
    source: form.source === original?.source ? form.source : form.source.trim(),
    ...title !== '' && { title },
    ...group !== '' && { group },
    pace: form.pace,
    loop: form.loop,
    transport: form.transport,
    ...original?.paused !== undefined && { paused: original.paused },
  };
}

/** What is wrong and needs no server to be known. */
export function problemsOf(
  form: VideoForm, id: string, original: VideoDefinition | null, taken: ReadonlySet<string>): Problems {
  const problems: Problems = {};
  const source = form.source.trim();
  if (source === '') {
    problems.source = 'Expected a file on the server or an address.';
  } else if (original?.source.includes(HIDDEN) && source !== original.source && source.includes(HIDDEN)) {
    problems.source = `The address was changed and still has ${HIDDEN} in it, where the server keeps a secret that it `
      + 'shows to nobody. Write it out, or leave the address as it was.';
  } else if (kindOf(source) === null) {
    problems.source = `${source.split(':')[0]}: is none of the schemes that are read: rtsp, rtmp, http, https, srt, `
      + 'udp, file, v4l2, synthetic. Write ./ before the name of a file that looks so.';
  }
  if (original === null) {
    if (id !== '' && !ID_PATTERN.test(id))
      problems.id = 'Expected 1 to 64 of a–z, 0–9, -, _ and ., beginning with a letter or digit.';
    else if (id === '' && source !== '') problems.id = 'Expected an id.';
    else if (taken.has(id)) problems.id = `There is a video ‘${id}’ already.`;
  }
  return { ...problems, ...computationOf(form).problems };
}

/** The server's words about a field, with the field's name as the form has it. */
export function inFormWords(detail: string, field: Field): string {
  const rest = detail.startsWith(field) ? detail.slice(field.length) : null;
  return rest !== null && /^( is |: )/.test(rest) ? LABELS[field] + rest : detail;
}

export function isField(name: string | undefined): name is Field {
  return name !== undefined && name in LABELS;
}

// ---- classes

/** K of the `topK` among the requests; 0 where there is none. */
export function topCount(classes: readonly string[], names: readonly string[]): number {
  return Math.max(0, ...classes.map(request => topOf(request, names) ?? 0));
}

/** The requests with another `topK`; 0: without. */
export function withTopCount(classes: readonly string[], names: readonly string[], count: number): string[] {
  const position = classes.findIndex(request => topOf(request, names) !== null);
  const others = classes.filter(request => topOf(request, names) === null);
  if (count > 0) others.splice(Math.max(0, position), 0, `top${count}`);
  return others;
}

/** The requests that name classes. */
export function namedClasses(classes: readonly string[], names: readonly string[]): string[] {
  return classes.filter(request => topOf(request, names) === null);
}

/** A request's class: its index in the model; null: the model has none such. */
export function classIndex(request: string, names: readonly string[]): number | null {
  const text = request.trim().toLowerCase();
  const named = names.findIndex(name => name.toLowerCase() === text);
  if (named >= 0) return named;
  return /^\d{1,9}$/.test(text) && Number(text) < names.length ? Number(text) : null;
}

function topOf(request: string, names: readonly string[]): number | null {
  // A class may be called "top": names come first.
  if (classIndex(request, names) !== null) return null;
  const match = /^top(\d*)$/i.exec(request.trim());
  return match && (match[1] === '' ? 1 : Number(match[1]));
}

// ---- what a change does

/** What a change will interrupt, in words. */
export function interruption(before: VideoDefinition, after: VideoDefinition): { changes: Field[]; words: string } {
  const isSame = (field: Field) => text(before, field) === text(after, field);
  const changes = (Object.keys(LABELS) as Field[]).filter(field => field !== 'id' && !isSame(field));
  if (changes.length === 0) return { changes, words: 'Nothing is changed yet.' };
  if (changes.every(field => field === 'title' || field === 'group'))
    return { changes, words: 'Nothing is interrupted.' };
  const isFile = kindOf(after.source) === 'file';
  const goesOn = isFile && changes.every(field => ['title', 'group', 'pace', 'transport'].includes(field));
  const what = goesOn
    ? 'The file is opened again and goes on after its last update.'
    : isFile
      ? 'The file is read again from its start, and its updates go on with the next number.'
      : 'The source is opened again, and there are no updates until its window is full.';
  const stays = goesOn ? '' : ' What is stored stays.';
  return { changes, words: `${before.paused ? 'When the video is resumed: ' : ''}${what}${stays}` };
}

function text(definition: VideoDefinition, field: Field): string {
  switch (field) {
    // Shown, a video without a title has its id.
    case 'title': return definition.title || definition.id;
    case 'group': return definition.group ?? '';
    default: return JSON.stringify(definition[field] ?? null);
  }
}
