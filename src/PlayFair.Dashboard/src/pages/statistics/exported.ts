import type { ClassStatistics, ModelStatistics } from '../../api/contracts';

/** Of one number of a report, so that a spreadsheet can filter by any. Positions count from 0, as everywhere. */
const COLUMNS = [
  'statistic', 'model', 'score_kind', 'class_index', 'class', 'window_length', 'i', 'j', 'from', 'to', 'value',
  'window_count',
] as const;
type Row = Partial<Record<typeof COLUMNS[number], string | number>>;

/** What the page shows of a report, a number a line (RFC 4180), with every digit that the API gave. */
export function csvOf(model: ModelStatistics, of: number | null): string {
  const names = new Map(model.classes.map(c => [c.index, c.name]));
  const rows: Row[] = [];
  const add = (statistic: string, value: number, row: Row) =>
    rows.push({ statistic, model: model.model, score_kind: model.score, value, ...row });
  const isShown = (index: number) => of === null || index === of;

  for (const shown of model.classes) if (isShown(shown.index)) addClass(shown, add);
  for (const { index, name, bandFrom, bandTo, windowCount, supportingShare } of model.predictions) {
    if (!isShown(index)) continue;
    add('supporting_share_on_top', supportingShare,
      { class_index: index, class: name, from: bandFrom, to: bandTo, window_count: windowCount });
  }
  for (const { from, to, count } of model.transitions)
    if (isShown(from) || isShown(to)) add('transition', count, { from: names.get(from) ?? from, to: names.get(to) ?? to });
  for (const { start, windowCount, topCounts } of model.series) {
    for (const [text, count] of Object.entries(topCounts)) {
      const index = Number(text);
      if (!isShown(index)) continue;
      const name = names.get(index);
      add('top_count_over_time', count,
        { class_index: index, ...name !== undefined && { class: name }, from: start, window_count: windowCount });
    }
  }
  return [COLUMNS, ...rows.map(row => COLUMNS.map(column => field(row[column])))]
    .map(cells => `${cells.join(',')}\r\n`).join('');
}

function addClass(of: ClassStatistics, add: (statistic: string, value: number, row: Row) => void): void {
  const whole = { class_index: of.index, class: of.name, window_count: of.windowCount };
  add('top_count', of.topCount, whole);
  add('mean_score', of.meanScore, whole);
  for (const { windowLength: n, windowCount, ...at } of of.positions) {
    const row = { ...whole, window_length: n, window_count: windowCount };
    add('mean_absolute_esv', at.meanAbsoluteEsv, row);
    at.mostSupporting.forEach((value, i) => add('most_supporting', value, { ...row, i }));
    at.mostDistracting.forEach((value, i) => add('most_distracting', value, { ...row, i }));
    at.supportingShare.forEach((value, i) => add('supporting_share', value, { ...row, i }));
    at.meanEsv.forEach((value, i) => add('mean_esv', value, { ...row, i }));
    at.greaterThan.forEach((value, k) => {
      const [i, j] = [Math.floor(k / n), k % n];
      if (i !== j) add('greater_than', value, { ...row, i, j });
    });
  }
  if (!of.drift) return;
  add('drift_reference_count', of.drift.referenceCount, whole);
  add('drift_mean_difference', of.drift.meanDifference, whole);
  add('drift_kolmogorov_smirnov', of.drift.kolmogorovSmirnov, whole);
  add('drift_population_stability_index', of.drift.populationStabilityIndex, whole);
}

function field(value: string | number | undefined): string {
  if (value === undefined) return '';
  if (typeof value === 'number') return String(value);
  // A name comes from a model; a spreadsheet would take one that begins like this as a formula.
  const text = /^[=+\-@\t\r]/.test(value) ? `'${value}` : value;
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
