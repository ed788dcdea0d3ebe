import { useEffect, useRef, useState } from 'preact/hooks';
import { href } from '../../address';
import { api, ServerProblem, thumbnailUrl, type Query } from '../../api/client';
import type { ClassStatistics, Moment, MomentsReport, ScoreName } from '../../api/contracts';
import { Notice, ProblemNotice } from '../../components/Notice';
import { plain, time } from '../../../drawing/esv-drawing.js';
import { clock, count, grouped } from '../../words';
import { classesBehind, percent } from './numbers';
import { momentsQuery, writeCell, type Cell, type Shown } from './question';

interface ShownClasses extends Shown {
  classes: readonly ClassStatistics[];
  /** The page's class; null: all together, and one is chosen here. */
  class: number | null;
}

/** The windows behind a cell, newest first, each a link to the moment in its video. */
export function Moments({ cell, shown, names, choose, close }: {
  cell: Cell; shown: ShownClasses; names: (index: number) => string; choose: (cell: Cell) => void; close: () => void;
}) {
  const heading = useRef<HTMLHeadingElement>(null);
  const candidates = classesBehind(cell, shown.classes, shown.window);
  const of = cell.class ?? shown.class ?? candidates[0]?.index ?? null;
  const query = of === null ? null : momentsQuery(cell, of, shown);
  const key = query && JSON.stringify(query);
  const place = writeCell({ ...cell, class: shown.class ?? 0 });
  useEffect(() => heading.current!.focus({ preventScroll: true }), [place]);

  return (
    <aside class="panel moments" aria-label="Moments"
      onKeyDown={event => { if (event.key === 'Escape') close(); }}>
      <div class="moments-head">
        <h2 ref={heading} tabIndex={-1}>Moments</h2>
        <button type="button" class="quiet moments-close" aria-label="Close the moments" onClick={close}>✕</button>
      </div>
      <p class="moments-what">{cellWords(cell, of === null ? null : names(of), names, shown.score)}</p>
      {shown.class === null && 'i' in cell && candidates.length > 0 && (
        <label class="field">
          <span>Class</span>
          <select value={String(of)} onChange={event => choose({ ...cell, class: Number(event.currentTarget.value) })}>
            {candidates.map(({ index, name, share, windowCount }) => (
              <option key={index} value={index}>{name}: {percent(share)} of {grouped(windowCount)}</option>
            ))}
          </select>
        </label>
      )}
      {query === null
        ? <Notice kind="empty" title="No moments">No class has such windows in the period.</Notice>
        : <MomentList key={key} query={query} cell={cell} of={of!} />}
    </aside>
  );
}

function MomentList({ query, cell, of }: { query: Query; cell: Cell; of: number }) {
  const [reports, setReports] = useState<readonly MomentsReport[]>([]);
  const [problem, setProblem] = useState<ServerProblem | null>(null);
  const [isLoading, setLoading] = useState(false);
  const asking = useRef<AbortController | null>(null);
  const list = useRef<HTMLOListElement>(null);

  const load = async (before: string | null, have: readonly MomentsReport[]) => {
    asking.current?.abort();
    const mine = asking.current = new AbortController();
    setLoading(true);
    setProblem(null);
    try {
      const report = await api.moments({ ...query, limit: 20, before }, mine.signal);
      if (mine.signal.aborted) return;
      setReports([...have, report]);
      // The button may be gone now; the first of what came is where to go on reading.
      if (before !== null && report.moments.length > 0) {
        const from = have.reduce((sum, r) => sum + r.moments.length, 0);
        requestAnimationFrame(() => list.current?.querySelectorAll('a')[from]?.focus({ preventScroll: true }));
      }
    } catch (error) {
      if (mine.signal.aborted) return;
      setProblem(error instanceof ServerProblem ? error : new ServerProblem(0, String(error)));
    }
    setLoading(false);
  };
  useEffect(() => {
    void load(null, []);
    return () => asking.current?.abort();
  }, []);

  const moments = reports.flatMap(report => report.moments);
  const scanned = reports.reduce((sum, report) => sum + report.scannedCount, 0);
  const next = reports.at(-1)?.next ?? null;
  if (problem && reports.length === 0) return <ProblemNotice problem={problem} retry={() => void load(null, [])} />;
  if (reports.length === 0) return <Notice kind="loading" title="Searching" />;
  return (
    <>
      <p class="hint figures">
        {count(moments.length, 'moment')}, newest first; {count(scanned, 'update')} searched
        {next === null && ', all there are'}.
      </p>
      {moments.length === 0 && next === null && (
        <Notice kind="empty" title="No moments">
          No update that is still stored is behind this cell; statistics are kept longer than updates.
        </Notice>
      )}
      <ol class="moments-list" ref={list}>
        {moments.map(moment => (
          <li key={`${moment.video} ${moment.sequence}`}><MomentLink moment={moment} cell={cell} of={of} /></li>
        ))}
      </ol>
      {problem && <ProblemNotice problem={problem} />}
      {next !== null && (
        <button type="button" class="quiet" disabled={isLoading} onClick={() => void load(next, reports)}>
          {isLoading ? 'Searching…' : moments.length === 0 ? 'Search further back' : 'More'}
        </button>
      )}
    </>
  );
}

function MomentLink({ moment, cell, of }: { moment: Moment; cell: Cell; of: number }) {
  const [isMissing, setMissing] = useState(false);
  const { video, sequence, arrivedAt, timeSeconds, frameIndex, name, score } = moment;
  const to = {
    at: sequence,
    // Where the cell is about a position, the moment's frame is the one there.
    frame: 'i' in cell ? frameIndex : null,
    classes: cell.kind === 'transition' ? `${of},${cell.next}` : of,
  };
  return (
    <a class="moment" href={href(['videos', video], to)}>
      {isMissing
        ? <span class="moment-picture moment-blank" aria-hidden="true">{frameIndex}</span>
        : <img class="moment-picture" src={thumbnailUrl(video, frameIndex)} alt="" loading="lazy" decoding="async"
            onError={() => setMissing(true)} />}
      <span class="moment-words">
        <b>{video}</b>
        <span class="figures">{clock(arrivedAt)} <span class="hint">at {time(timeSeconds)}</span></span>
        <span class="figures">{name} {plain(score)}</span>
      </span>
    </a>
  );
}

function cellWords(cell: Cell, name: string | null, names: (index: number) => string, score: ScoreName): string {
  const of = name === null ? '' : ` for “${name}”`;
  switch (cell.kind) {
    case 'greater': return `The frame at position ${cell.i} got a larger φ${of} than the one at position ${cell.j}.`;
    case 'most-supporting': return `The frame at position ${cell.i} supported most${of}.`;
    case 'most-distracting': return `The frame at position ${cell.i} distracted most${of}.`;
    case 'supporting': return `The frame at position ${cell.i} had φ > 0${of}.`;
    case 'transition': return `“${names(cell.next)}” followed “${name}” on top.`;
    case 'top':
      return score === 'logit' ? `“${name}” was on top.`
        : `“${name}” was on top with a score in the band ${cell.scoreFrom}\u2013${cell.scoreTo}.`;
  }
}
