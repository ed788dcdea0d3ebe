// Files of what is shown.
import type { AttributionUpdate } from '../../api/contracts';
import type { Comparison } from './compare';

/** `door-update-17.csv` */
export function fileName(update: AttributionUpdate, extension: string): string {
  return `${update.video.replace(/[^\w.-]+/g, '-')}-update-${update.sequence}.${extension}`;
}

/**
 * One row for each frame (RFC 4180): φ of the classes compared, each with its standard errors where there are any, and
 * δ of a contrast. Numbers have every digit that the API gave.
 */
export function csv(update: AttributionUpdate, { classes, series, symbol }: Comparison): string {
  const columns = [
    ...classes.flatMap(({ reported }) => reported === null ? [] : [
      { head: `esv ${reported.name}`, values: reported.esv },
      ...reported.standardErrors ? [{ head: `standard_error ${reported.name}`, values: reported.standardErrors }] : [],
    ]),
    ...symbol === 'δ' ? series.map(({ name, values }) => ({ head: `contrast ${name}`, values })) : [],
  ];
  const rows = [
    ['position', 'frame_index', 'frame_time_seconds', ...columns.map(({ head }) => head)],
    ...update.frameIndices.map((index, i) =>
      [String(i), String(index), String(update.frameTimes[i]), ...columns.map(({ values }) => String(values[i]))]),
  ];
  return rows.map(row => `${row.map(field).join(',')}\r\n`).join('');
}

function field(text: string): string {
  return /[",\r\n]/.test(text) ? `"${text.replaceAll('"', '""')}"` : text;
}
