import { useEffect, useMemo, useRef, useState } from 'preact/hooks';
import { address } from '../../address';
import { announce } from '../../announce';
import { api, type ServerProblem } from '../../api/client';
import type { ModelStatistics, StatisticsReport } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import { useLoad } from '../../components/useLoad';
import { download } from '../../download';
import { clock, count, duration } from '../../words';
import { changeQuestion } from './changeQuestion';
import { BandsPanel, DriftPanel, ScalesPanel, spanWords, TransitionsPanel } from './Classes';
import { Controls } from './Controls';
import { csvOf } from './exported';
import { HeatMapPanel } from './HeatMap';
import { Moments } from './Moments';
import { chosenLength, mergePositions, positionsOf, windowLengths, windowsOf } from './numbers';
import { ExtremesPanel, MeansPanel } from './Positions';
import { readQuestion, spansOf, statisticsQuery, type Cell, type Question, type Spans } from './question';
import { SeriesPanel } from './Series';
import './statistics.css';

const REFRESH_MS = 30_000;
/** What the server counts in unless it is told otherwise; the first report says. */
const USUAL_BUCKET_SECONDS = 600;

interface Answer {
  report: StatisticsReport;
  /** What was asked, to tell when another question is under way. */
  key: string;
  at: number;
}

/** What many windows say together: of any period, any videos. */
export function StatisticsPage() {
  const { query } = address.value;
  const question = useMemo(() => readQuestion(query), [query]);
  const [now, setNow] = useState(Date.now);
  const [bucketSeconds, setBucketSeconds] = useState(USUAL_BUCKET_SECONDS);
  const spans = spansOf(question, now, bucketSeconds);
  const asked = statisticsQuery(question, spans);
  const key = JSON.stringify(asked);
  const videos = useLoad('videos', api.videos);
  const started = useRef(0);
  const { data, problem, isLoading, reload } = useLoad<Answer>(`${key} ${now}`, async signal => {
    const begun = performance.now();
    const report = await api.statistics(asked, signal);
    started.current = performance.now() - begun;
    setBucketSeconds(report.bucketSeconds);
    return { report, key, at: Date.now() };
  });
  useRefresh(spans.period.to === null || spans.period.to > now, started, () => setNow(Date.now()));

  const model = data ? chosenModel(data.report.models, question) : null;
  const isStale = data !== null && data.key !== key;
  return (
    <div class="stats" aria-busy={isLoading && (data === null || isStale)}>
      <div class="stats-top">
        <h1>Statistics</h1>
        {model && <Export report={data!.report} model={model} question={question} />}
      </div>
      <Controls question={question} videos={videos.data ?? []} models={data?.report.models ?? []} model={model}
        lengths={model ? windowLengths(model.classes) : []} length={model && lengthOf(model, question)}
        period={spans.period} />
      {problem && data && !isStale && (
        <p class="stats-warning" role="status">
          These are the numbers of {clock(data.at)}: {problem.detail}{' '}
          <button type="button" class="quiet" onClick={reload}>Try again</button>
        </p>
      )}
      {data === null || problem && isStale
        ? problem ? <Refused problem={problem} retry={reload} /> : <Notice kind="loading" title="Counting" />
        : model === null
          ? (
            <Notice kind="empty" title="No windows in this period" action={question.period === 'all' ? undefined
              : { text: 'All that is stored', do: () => changeQuestion({ period: 'all', cell: null }) }}>
              Nothing was attributed {spanWords(spans.period)}{question.videos.length > 0 ? ' in these videos' : ''}.
              A video’s first window counts when it is full.
            </Notice>
          )
          : (
            <div class={isStale ? 'stats-stale' : undefined}>
              <p class="hint figures stats-scope">
                {count(windowsOf(model), 'window')} of{' '}
                {question.videos.length === 0 ? 'all videos' : count(question.videos.length, 'video')}
                {', '}{spanWords(spans.period)}; {model.model}, {model.score}. Counted in steps of
                {' '}{duration(1000 * data.report.bucketSeconds)}; as of {clock(data.at)}.
              </p>
              <Panels model={model} bucketSeconds={data.report.bucketSeconds} question={question} spans={spans} />
            </div>
          )}
    </div>
  );
}

/** A video in the address may have been removed since. */
function Refused({ problem, retry }: { problem: ServerProblem; retry: () => void }) {
  if (problem.status !== 404) return <ProblemNotice problem={problem} retry={retry} />;
  return (
    <Notice kind="problem" title="Not there"
      action={{ text: 'All videos', do: () => changeQuestion({ videos: [], cell: null }) }}>
      {problem.detail}
    </Notice>
  );
}

function chosenModel(models: readonly ModelStatistics[], { model, score }: Question): ModelStatistics | null {
  return models.find(m => m.model === model && m.score === score)
    ?? models.toSorted((a, b) => windowsOf(b) - windowsOf(a))[0] ?? null;
}

function lengthOf(model: ModelStatistics, question: Question): number | null {
  return chosenLength(windowLengths(model.classes), question.window);
}

function Panels({ model, bucketSeconds, question, spans }: {
  model: ModelStatistics; bucketSeconds: number; question: Question; spans: Spans;
}) {
  const opener = useRef<Element | null>(null);
  const { cell } = question;
  const open = (next: Cell) => {
    opener.current = document.activeElement;
    changeQuestion({ cell: next });
    // On small screens the moments cover the lower half, but not what they are of.
    requestAnimationFrame(() => opener.current?.scrollIntoView({ block: 'nearest' }));
  };
  const close = () => {
    changeQuestion({ cell: null });
    if (opener.current instanceof HTMLElement) opener.current.focus({ preventScroll: true });
    else document.getElementById('main')!.focus({ preventScroll: true });
  };
  const names = useMemo(() => {
    const known = new Map(model.classes.map(c => [c.index, c.name]));
    return (index: number) => known.get(index) ?? `class ${index}`;
  }, [model]);
  const of = question.class;
  const length = lengthOf(model, question);
  const one = of === null ? null : model.classes.find(c => c.index === of) ?? null;
  const classes = useMemo(() => of === null ? model.classes : one ? [one] : [], [model, of]);
  const positions = useMemo(() => {
    if (length === null) return null;
    return of === null ? mergePositions(model.classes, length) : one && positionsOf(one, length);
  }, [model, of, length]);
  const whose = of === null ? 'All classes' : names(of);
  const isOverall = of === null;
  return (
    <div class={`stats-body${cell ? ' stats-with-moments' : ''}${isOverall ? ' stats-all' : ''}`}>
      <div class="stats-panels">
        <HeatMapPanel positions={positions} of={whose} isOverall={isOverall} cell={cell} open={open} />
        <ExtremesPanel positions={positions} of={whose} isOverall={isOverall} cell={cell} open={open} />
        <MeansPanel positions={positions} of={whose} isOverall={isOverall} cell={cell} open={open} />
        <BandsPanel model={model} of={of} cell={cell} open={open} />
        <TransitionsPanel model={model} of={of} withSelf={question.withSelf} names={names} cell={cell} open={open} />
        <SeriesPanel model={model} bucketSeconds={bucketSeconds} of={of} names={names} />
        <ScalesPanel classes={classes} of={whose} isOverall={isOverall} />
        <DriftPanel model={model} of={of} question={question} reference={spans.reference} />
      </div>
      {cell && (
        <Moments cell={cell} names={names} choose={next => changeQuestion({ cell: next })} close={close} shown={{
          videos: question.videos, model: model.model, score: model.score, window: length, period: spans.period,
          classes: model.classes, class: of,
        }} />
      )}
    </div>
  );
}

/** Asks again while somebody looks; a report that takes long to make is asked for less often. */
function useRefresh(isOpen: boolean, took: { current: number }, refresh: () => void): void {
  const current = useRef(refresh);
  current.current = refresh;
  useEffect(() => {
    if (!isOpen) return;
    let timer: ReturnType<typeof setTimeout>;
    let last = Date.now();
    const plan = () => {
      clearTimeout(timer);
      if (document.hidden) return;
      timer = setTimeout(() => {
        last = Date.now();
        current.current();
        plan();
      }, Math.max(0, last + Math.max(REFRESH_MS, 20 * took.current) - Date.now()));
    };
    plan();
    document.addEventListener('visibilitychange', plan);
    return () => {
      clearTimeout(timer);
      document.removeEventListener('visibilitychange', plan);
    };
  }, [isOpen]);
}

function Export({ report, model, question }: { report: StatisticsReport; model: ModelStatistics; question: Question }) {
  const save = (kind: 'csv' | 'json') => {
    const blob = kind === 'csv' ? new Blob([csvOf(model, question.class)], { type: 'text/csv' })
      : new Blob([JSON.stringify(shownOf(report, model, question.class), null, 1), '\n'], { type: 'application/json' });
    const name = `statistics-${new Date().toISOString().slice(0, 19).replaceAll(':', '')}.${kind}`;
    download(blob, name);
    announce(`Saved as ${name}`);
  };
  const button = (kind: 'csv' | 'json', title: string) => (
    <button type="button" class="quiet" title={title} aria-label={`Save as ${kind.toUpperCase()}: ${title}`}
      onClick={() => save(kind)}>{kind.toUpperCase()}</button>
  );
  return (
    <div class="stats-export" role="group" aria-label="Save what is shown">
      <span class="hint" aria-hidden="true">Save</span>
      {button('csv', 'every number shown, one a line')}
      {button('json', 'the report as the API gives it')}
    </div>
  );
}

/** The report of the shown model, and the shown class alone where one is chosen, as the API narrows it. */
function shownOf(report: StatisticsReport, model: ModelStatistics, of: number | null): StatisticsReport {
  if (of === null) return { ...report, models: [model] };
  return {
    ...report,
    models: [{
      ...model,
      classes: model.classes.filter(c => c.index === of),
      predictions: model.predictions.filter(p => p.index === of),
      transitions: model.transitions.filter(t => t.from === of || t.to === of),
      series: model.series.map(bucket => ({
        ...bucket, topCounts: of in bucket.topCounts ? { [of]: bucket.topCounts[of] } : {},
      })),
    }],
  };
}
