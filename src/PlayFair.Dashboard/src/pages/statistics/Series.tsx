import { useSignal, type Signal } from '@preact/signals';
import { useMemo } from 'preact/hooks';
import type { ModelStatistics } from '../../api/contracts';
import { SeriesIcon } from '../../components/SeriesIcon';
import { STYLE_COUNT } from '../../../drawing/esv-drawing.js';
import { clock, count, duration, grouped } from '../../words';
import { axisPercent, binSeries, percent, roundMaximum, type Bin } from './numbers';
import { Headings, Panel, useFirst } from './Panel';

/** More bars than this would be thinner than the eye tells apart on a laptop. */
const MOST_BINS = 120;

interface Row {
  index: number;
  total: number;
}

/** How often each class was on top, over time: a row for each, one time axis for all. */
export function SeriesPanel({ model, bucketSeconds, of, names }: {
  model: ModelStatistics; bucketSeconds: number; of: number | null; names: (index: number) => string;
}) {
  const { bins, lengthSeconds } = useMemo(
    () => binSeries(model.series, bucketSeconds, MOST_BINS), [model.series, bucketSeconds]);
  const windowCount = bins.reduce((sum, bin) => sum + bin.windowCount, 0);
  const totals = new Map<number, number>();
  for (const { topCounts } of bins)
    for (const [index, times] of topCounts) totals.set(index, (totals.get(index) ?? 0) + times);
  const rows = [...totals].map(([index, total]) => ({ index, total }))
    .filter(({ index }) => of === null || index === of)
    .sort((a, b) => b.total - a.total || a.index - b.index);
  const [first, more] = useFirst(rows, 8, 'classes');
  const at = useSignal<number | null>(null);
  const most = roundMaximum(bins.flatMap(bin => rows.map(({ index }) => shareOf(bin, index) ?? 0)));
  return (
    <Panel name="series" title="Class frequency over time"
      how={`The share of windows with the class on top, in steps of ${duration(lengthSeconds * 1000)}; a full bar is
        ${axisPercent(most)}, and a gap is a time without windows.`}
      counted={count(windowCount, 'window')}
      empty={rows.length === 0 ? 'No class was on top in the period.' : undefined}
      table={() => <SeriesTable bins={bins} rows={rows} names={names} />}>
      <div class="series">
        {first.map(row => (
          <SeriesRow key={row.index} row={row} bins={bins} most={most} name={names(row.index)} at={at}
            windowCount={windowCount} />
        ))}
        <Scrubber bins={bins} lengthSeconds={lengthSeconds} at={at} rows={first} names={names} />
      </div>
      <SeriesTime at={at} bins={bins} lengthSeconds={lengthSeconds} />
      {more}
    </Panel>
  );
}

function shareOf(bin: Bin, index: number): number | null {
  return bin.windowCount === 0 ? null : (bin.topCounts.get(index) ?? 0) / bin.windowCount;
}

function SeriesRow({ row: { index, total }, bins, most, name, at, windowCount }: {
  row: Row; bins: readonly Bin[]; most: number; name: string; at: Signal<number | null>; windowCount: number;
}) {
  const path = bins.map((bin, i) => {
    const share = shareOf(bin, index) ?? 0;
    return share === 0 ? '' : `M${i + 0.05} 100V${(100 - 100 * share / most).toFixed(2)}h0.9V100z`;
  }).join('');
  return (
    <div class="series-row">
      <span class="series-name"><SeriesIcon style={index} />{name}</span>
      <svg class={`series-bars series-${index % STYLE_COUNT}`} viewBox={`0 0 ${bins.length} 100`}
        preserveAspectRatio="none" aria-hidden="true">
        <path d={path} />
      </svg>
      <SeriesValue at={at} bins={bins} index={index} total={total} windowCount={windowCount} />
    </div>
  );
}

/** The share at the time looked at, or of the whole period. */
function SeriesValue({ at, bins, index, total, windowCount }: {
  at: Signal<number | null>; bins: readonly Bin[]; index: number; total: number; windowCount: number;
}) {
  const bin = at.value === null ? null : bins[at.value];
  const share = bin ? shareOf(bin, index) : total / windowCount;
  return (
    <span class="series-value figures">
      {share === null ? '–' : percent(share)} <small>{grouped(bin ? bin.topCounts.get(index) ?? 0 : total)}</small>
    </span>
  );
}

/** Lies over all rows' bars: the time looked at, by pointer or arrow keys. */
function Scrubber({ bins, lengthSeconds, at, rows, names }: {
  bins: readonly Bin[];
  lengthSeconds: number;
  at: Signal<number | null>;
  rows: readonly Row[];
  names: (index: number) => string;
}) {
  const bin = at.value === null ? null : bins[at.value];
  const point = (event: PointerEvent) => {
    const { left, width } = (event.currentTarget as Element).getBoundingClientRect();
    at.value = Math.max(0, Math.min(bins.length - 1, Math.floor((event.clientX - left) / width * bins.length)));
  };
  const step = (event: KeyboardEvent) => {
    const last = bins.length - 1;
    const now = at.peek() ?? last;
    const next = { ArrowLeft: now - 1, ArrowDown: now - 1, ArrowRight: now + 1, ArrowUp: now + 1, Home: 0, End: last,
      PageUp: now - 10, PageDown: now + 10 }[event.key];
    if (next === undefined) return;
    event.preventDefault();
    at.value = Math.max(0, Math.min(last, next));
  };
  const spoken = bin && `${binWords(bin, lengthSeconds)}, ${count(bin.windowCount, 'window')}: `
    + rows.filter(({ index }) => bin.topCounts.has(index))
      .map(({ index }) => `${names(index)} ${percent(shareOf(bin, index)!)}`).join(', ');
  return (
    <div class="series-scrub" role="slider" tabIndex={0} aria-label="Time" aria-valuemin={0}
      aria-valuemax={bins.length - 1} aria-valuenow={at.value ?? bins.length - 1}
      aria-valuetext={spoken ?? 'the whole period'} onPointerMove={point} onPointerDown={point}
      onPointerLeave={() => { at.value = null; }} onKeyDown={step} onFocus={() => { at.value ??= bins.length - 1; }}
      onBlur={() => { at.value = null; }}>
      {at.value !== null && (
        <span class="series-line" style={{ insetInlineStart: `${100 * (at.value + 0.5) / bins.length}%` }} />
      )}
    </div>
  );
}

function SeriesTime({ at, bins, lengthSeconds }: {
  at: Signal<number | null>; bins: readonly Bin[]; lengthSeconds: number;
}) {
  const bin = at.value === null ? null : bins[at.value];
  const last = bins.at(-1)!;
  return (
    <p class="series-axis figures">
      {bin ? <span class="series-now">{binWords(bin, lengthSeconds)}: {count(bin.windowCount, 'window')}</span> : (
        <><span>{minute(bins[0].start)}</span><span>{minute(last.start + lengthSeconds * 1000)}</span></>
      )}
    </p>
  );
}

function binWords({ start }: Bin, lengthSeconds: number): string {
  return `${minute(start)} to ${minute(start + lengthSeconds * 1000)}`;
}

function minute(at: number): string {
  return clock(at).slice(0, -3);
}

function SeriesTable({ bins, rows, names }: {
  bins: readonly Bin[]; rows: readonly Row[]; names: (index: number) => string;
}) {
  return (
    <table>
      <Headings of={['From', 'Windows', ...rows.map(({ index }) => names(index))]} />
      <tbody>
        {bins.map(bin => (
          <tr key={bin.start}>
            <th scope="row">{minute(bin.start)}</th>
            <td>{grouped(bin.windowCount)}</td>
            {rows.map(({ index }) => <td key={index}>{grouped(bin.topCounts.get(index) ?? 0)}</td>)}
          </tr>
        ))}
      </tbody>
    </table>
  );
}
