import type { ModelStatistics, VideoStatus } from '../../api/contracts';
import { Picker } from '../../components/Picker';
import { count, grouped, STATE_WORDS } from '../../words';
import { changeQuestion } from './changeQuestion';
import type { PeriodName, Question, Span } from './question';

const PERIODS: Record<PeriodName, string> = { hour: 'Last hour', today: 'Today', '7d': 'Last 7 days', all: 'All' };

/** What is asked: all of it goes into the address. */
export function Controls({ question, videos, models, model, lengths, length, period }: {
  question: Question;
  videos: readonly VideoStatus[];
  models: readonly ModelStatistics[];
  model: ModelStatistics | null;
  lengths: readonly { windowLength: number; windowCount: number }[];
  length: number | null;
  /** What the period comes to now; where a period of one's own begins. */
  period: Span;
}) {
  const names = new Map(videos.map(({ definition }) => [definition.id, definition.title ?? definition.id]));
  const chosen = question.videos;
  const choices = [
    ...videos.map(({ definition: { id, title, group }, state }) => ({
      value: id, text: title ?? id, note: [title && id, group, STATE_WORDS[state]].filter(Boolean).join(' · '),
    })),
    ...chosen.filter(id => videos.length > 0 && !names.has(id))
      .map(id => ({ value: id, text: id, note: 'there is no such video now' })),
  ];
  const classes = model?.classes.toSorted((a, b) => b.windowCount - a.windowCount || a.index - b.index) ?? [];
  const of = classes.find(c => c.index === question.class);
  return (
    <form class="stats-controls" aria-label="What to count" onSubmit={event => event.preventDefault()}>
      <PeriodChoice question={question} period={period} />
      <Picker label="Videos" many reset="All videos" choices={choices} chosen={chosen}
        summary={chosen.length === 0 ? 'All videos'
          : chosen.length === 1 ? names.get(chosen[0]) ?? chosen[0]
          : count(chosen.length, 'video')}
        choose={values => changeQuestion({ videos: values, cell: null })} />
      {models.length > 1 && model && (
        <label class="field">
          <span>Model and score</span>
          <select value={`${models.indexOf(model)}`}
            onChange={event => {
              const next = models[Number(event.currentTarget.value)];
              changeQuestion({ model: next.model, score: next.score, class: null, window: null, cell: null });
            }}>
            {models.map((one, i) => <option key={i} value={`${i}`}>{one.model}, {one.score}</option>)}
          </select>
        </label>
      )}
      <Picker label="Class" reset="All classes together"
        chosen={question.class === null ? [] : [String(question.class)]}
        choices={classes.map(({ index, name, windowCount }) =>
          ({ value: String(index), text: name, note: count(windowCount, 'window') }))}
        summary={question.class === null ? 'All classes together' : of?.name ?? `class ${question.class}`}
        choose={([value]) => changeQuestion({ class: value === undefined ? null : Number(value), cell: null })} />
      {lengths.length > 1 && (
        <label class="field">
          <span>Window length</span>
          <select value={String(length)}
            onChange={event => changeQuestion({ window: Number(event.currentTarget.value), cell: null })}>
            {lengths.map(({ windowLength, windowCount }) => (
              <option key={windowLength} value={windowLength}>{windowLength} frames ({grouped(windowCount)})</option>
            ))}
          </select>
        </label>
      )}
      <ReferenceChoice question={question} period={period} />
    </form>
  );
}

function PeriodChoice({ question: { period }, period: now }: { question: Question; period: Span }) {
  const isOwn = typeof period !== 'string';
  return (
    <>
      <label class="field">
        <span>Period</span>
        <select value={isOwn ? 'own' : period} onChange={event => {
          const { value } = event.currentTarget;
          const own = { from: now.from ?? Date.now() - 3_600_000, to: now.to ?? minuteAfter(Date.now()) };
          changeQuestion({ period: value === 'own' ? own : value as PeriodName, cell: null });
        }}>
          {Object.entries(PERIODS).map(([name, text]) => <option key={name} value={name}>{text}</option>)}
          <option value="own">From – to</option>
        </select>
      </label>
      {isOwn && <SpanFields name="" span={period} change={span => changeQuestion({ period: span, cell: null })} />}
    </>
  );
}

function ReferenceChoice({ question: { reference }, period }: { question: Question; period: Span }) {
  const isOwn = typeof reference !== 'string';
  return (
    <>
      <label class="field">
        <span>Compared with</span>
        <select value={isOwn ? 'own' : reference} onChange={event => {
          const { value } = event.currentTarget;
          const to = period.from ?? minuteAfter(Date.now());
          changeQuestion({ reference: value === 'own' ? { from: to - 86_400_000, to } : value as 'before' | 'none' });
        }}>
          <option value="before">The same length before</option>
          <option value="none">Nothing</option>
          <option value="own">From – to</option>
        </select>
      </label>
      {isOwn && <SpanFields name="Compared " span={reference} change={span => changeQuestion({ reference: span })} />}
    </>
  );
}

function SpanFields({ name, span, change }: { name: string; span: Span; change: (span: Span) => void }) {
  const field = (end: 'from' | 'to') => (
    <label class="field">
      <span>{name ? `${name}${end}` : end === 'from' ? 'From' : 'To'}</span>
      <input type="datetime-local" value={localText(span[end])} max={end === 'from' ? localText(span.to) : undefined}
        min={end === 'to' ? localText(span.from) : undefined}
        onChange={event => {
          const at = event.currentTarget.value === '' ? null : new Date(event.currentTarget.value).getTime();
          const next = { ...span, [end]: at };
          const isEmpty = next.from === null && next.to === null;
          if (!isEmpty && (next.from === null || next.to === null || next.from < next.to)) change(next);
        }} />
    </label>
  );
  return <>{field('from')}{field('to')}</>;
}

function minuteAfter(at: number): number {
  return Math.ceil(at / 60_000) * 60_000;
}

/** As the field takes it: in the user's own time zone, to the minute. */
function localText(at: number | null): string {
  if (at === null) return '';
  const moment = new Date(at);
  const pad = (value: number, size = 2) => String(value).padStart(size, '0');
  const day = `${pad(moment.getFullYear(), 4)}-${pad(moment.getMonth() + 1)}-${pad(moment.getDate())}`;
  return `${day}T${pad(moment.getHours())}:${pad(moment.getMinutes())}`;
}
