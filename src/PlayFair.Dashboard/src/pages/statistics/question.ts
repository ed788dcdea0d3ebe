import type { Query } from '../../api/client';
import type { ScoreName } from '../../api/contracts';

export type PeriodName = 'hour' | 'today' | '7d' | 'all';

/** Ends in milliseconds since the epoch; null: open. */
export interface Span {
  from: number | null;
  to: number | null;
}

/** What a cell stands for, to ask for the windows behind it. `class` null: it is chosen in the list of moments. */
export type Cell =
  | { kind: 'greater'; class: number | null; i: number; j: number }
  | { kind: 'most-supporting' | 'most-distracting' | 'supporting'; class: number | null; i: number }
  /** The ends are those of a band of the report, which the server takes for that band. */
  | { kind: 'top'; class: number; scoreFrom: number; scoreTo: number }
  | { kind: 'transition'; class: number; next: number };

/** What is asked of the statistics and shown of them; all of it is in the page's address. */
export interface Question {
  period: PeriodName | Span;
  /** What drift is measured against: the same length just before, nothing, or a period. */
  reference: 'before' | 'none' | Span;
  /** None: all. */
  videos: readonly string[];
  /** null: the one with most windows. */
  model: string | null;
  score: ScoreName | null;
  /** null: all classes together. */
  class: number | null;
  /** Frames in a window; null: the length with most windows. */
  window: number | null;
  /** Whether transitions of a class to itself are shown. */
  withSelf: boolean;
  cell: Cell | null;
}

const PERIODS: readonly string[] = ['hour', 'today', '7d', 'all'] satisfies PeriodName[];
const SCORES: readonly string[] = ['softmax-of-mean', 'mean-of-softmax', 'logit'] satisfies ScoreName[];

/** The question that an address asks; what makes no sense in it is left out. */
export function readQuestion(query: URLSearchParams): Question {
  const period = query.get('period') ?? '7d';
  const span = spanOf(query.get('from'), query.get('to'));
  const reference = query.get('reference');
  const referenceSpan = spanOf(query.get('referenceFrom'), query.get('referenceTo'));
  const score = query.get('score');
  return {
    period: span ?? (PERIODS.includes(period) ? period as PeriodName : '7d'),
    reference: referenceSpan ?? (reference === 'none' ? 'none' : 'before'),
    videos: [...new Set((query.get('videos') ?? '').split(',').filter(id => id !== ''))],
    model: query.get('model'),
    score: SCORES.includes(score ?? '') ? score as ScoreName : null,
    class: whole(query.get('class')),
    window: whole(query.get('window')),
    withSelf: query.get('self') === 'shown',
    cell: readCell(query.get('moments')),
  };
}

/** The parts of the address that say what changed. */
export function writeQuestion(change: Partial<Question>): Record<string, string | number | null> {
  const query: Record<string, string | number | null> = {};
  const { period, reference } = change;
  if (period !== undefined) {
    query['period'] = typeof period === 'string' && period !== '7d' ? period : null;
    [query['from'], query['to']] = typeof period === 'string' ? [null, null] : spanText(period);
  }
  if (reference !== undefined) {
    query['reference'] = reference === 'none' ? 'none' : null;
    [query['referenceFrom'], query['referenceTo']] = typeof reference === 'string' ? [null, null] : spanText(reference);
  }
  if (change.videos !== undefined) query['videos'] = change.videos.join(',') || null;
  for (const name of ['model', 'score', 'class', 'window'] as const)
    if (change[name] !== undefined) query[name] = change[name];
  if (change.withSelf !== undefined) query['self'] = change.withSelf ? 'shown' : null;
  if (change.cell !== undefined) query['moments'] = change.cell && writeCell(change.cell);
  return query;
}

function spanOf(from: string | null, to: string | null): Span | null {
  const [start, end] = [from, to].map(text => {
    const at = Date.parse(text ?? '');
    return Number.isNaN(at) ? null : at;
  }) as [number | null, number | null];
  if (start === null && end === null) return null;
  return start !== null && end !== null && start >= end ? null : { from: start, to: end };
}

function spanText({ from, to }: Span): [string | null, string | null] {
  return [isoOf(from), isoOf(to)];
}

function isoOf(at: number | null): string | null {
  return at === null ? null : new Date(at).toISOString();
}

function whole(text: string | null): number | null {
  return text !== null && /^\d{1,9}$/.test(text) ? Number(text) : null;
}

/** `greater:14:3:7`, `supporting:any:3`, `top:14:0.2:0.4`, `transition:3:5`. */
export function writeCell(cell: Cell): string {
  const of = cell.class ?? 'any';
  switch (cell.kind) {
    case 'greater': return `greater:${of}:${cell.i}:${cell.j}`;
    case 'top': return `top:${of}:${cell.scoreFrom}:${cell.scoreTo}`;
    case 'transition': return `transition:${of}:${cell.next}`;
    default: return `${cell.kind}:${of}:${cell.i}`;
  }
}

export function readCell(text: string | null): Cell | null {
  const [kind, of, first, second] = (text ?? '').split(':');
  const [index, a, b] = [of, first, second].map(part => whole(part ?? null)) as (number | null)[];
  const isClass = index !== null || of === 'any';
  switch (kind) {
    case 'greater':
      return isClass && a !== null && b !== null && a !== b ? { kind, class: index, i: a, j: b } : null;
    case 'most-supporting':
    case 'most-distracting':
    case 'supporting':
      return isClass && a !== null ? { kind, class: index, i: a } : null;
    case 'transition':
      return index !== null && a !== null ? { kind, class: index, next: a } : null;
    case 'top': {
      const [from, to] = [bound(first), bound(second)];
      return index !== null && from !== null && to !== null ? { kind, class: index, scoreFrom: from, scoreTo: to } : null;
    }
    default: return null;
  }
}

function bound(text: string | undefined): number | null {
  return text !== undefined && /^\d(\.\d{1,3})?$/.test(text) ? Number(text) : null;
}

const HOUR_MS = 3_600_000;

export interface Spans {
  period: Span;
  /** null: nothing to compare with. */
  reference: Span | null;
}

/**
 * The period and its reference with their ends on buckets, which are counted whole: one that asks for part of a
 * bucket gets all of it.
 */
export function spansOf(question: Question, now: number, bucketSeconds: number): Spans {
  const bucket = bucketSeconds * 1000;
  const down = (at: number | null) => at === null ? null : Math.floor(at / bucket) * bucket;
  const up = (at: number | null) => at === null ? null : Math.ceil(at / bucket) * bucket;
  const asked = askedSpan(question.period, now);
  const period = { from: down(asked.from), to: up(asked.to) };
  if (question.reference === 'none') return { period, reference: null };
  if (question.reference !== 'before')
    return { period, reference: { from: down(question.reference.from), to: up(question.reference.to) } };
  if (period.from === null) return { period, reference: null };
  const length = (period.to ?? up(now)!) - period.from;
  return { period, reference: length > 0 ? { from: period.from - length, to: period.from } : null };
}

function askedSpan(period: PeriodName | Span, now: number): Span {
  switch (period) {
    case 'hour': return { from: now - HOUR_MS, to: null };
    case 'today': return { from: new Date(now).setHours(0, 0, 0, 0), to: null };
    case '7d': return { from: now - 7 * 24 * HOUR_MS, to: null };
    case 'all': return { from: null, to: null };
    default: return period;
  }
}

/** What narrows statistics and moments alike. */
export function spanQuery({ from, to }: Span): Query {
  return { from: isoOf(from), to: isoOf(to) };
}

export function statisticsQuery(question: Question, spans: Spans): Query {
  return {
    video: question.videos,
    ...spanQuery(spans.period),
    referenceFrom: isoOf(spans.reference?.from ?? null),
    referenceTo: isoOf(spans.reference?.to ?? null),
  };
}

/** What a cell was drawn from. */
export interface Shown {
  videos: readonly string[];
  model: string;
  score: ScoreName;
  window: number | null;
  period: Span;
}

export function momentsQuery(cell: Cell, of: number, shown: Shown): Query {
  const query: Query = {
    kind: cell.kind, class: of, video: shown.videos, model: shown.model, score: shown.score, ...spanQuery(shown.period),
  };
  switch (cell.kind) {
    case 'greater': return { ...query, i: cell.i, j: cell.j, window: shown.window };
    case 'top': return { ...query, scoreFrom: cell.scoreFrom, scoreTo: cell.scoreTo };
    case 'transition': return { ...query, next: cell.next };
    default: return { ...query, i: cell.i, window: shown.window };
  }
}
