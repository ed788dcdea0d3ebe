import type { ModelInfo } from '../../api/contracts';
import { count, grouped } from '../../words';

/** What a model's temporal head is. */
export function headWords({ head, maxScale, hiddenSize }: ModelInfo): string {
  switch (head) {
    case 'trn': {
      const scales = maxScale ? `${count(maxScale, 'scale')} (n_max = ${maxScale})` : 'several scales';
      return `Multi-scale TRN, ${scales}${hiddenSize ? `, ${grouped(hiddenSize)} hidden units each` : ''}`;
    }
    case 'tsn': return 'TSN: a linear layer on each frame, averaged; blind to the order of frames';
    case 'onnx': return 'An ONNX file that takes any number of frames';
    default: return head;
  }
}

/** 91.46 % top-1 */
export function accuracyWords({ metric, value }: NonNullable<ModelInfo['accuracy']>): string {
  return `${Number((100 * value).toFixed(2))} % ${metric}`;
}

/** `videoCount` → `Video count` */
export function memberWords(name: string): string {
  const words = name.replaceAll(/[_-]+/g, ' ').replaceAll(/(?<=[a-z\d])(?=[A-Z])/g, ' ').toLowerCase();
  return words.charAt(0).toUpperCase() + words.slice(1);
}

/** A value as text; null: it has members or items of its own. */
export function leafWords(value: unknown): string | null {
  switch (typeof value) {
    case 'string': return value;
    case 'number': return String(value);
    case 'boolean': return value ? 'yes' : 'no';
    case 'object':
      if (value === null) return 'not said';
      return Array.isArray(value) && value.every(item => typeof item !== 'object') ? value.join(', ') : null;
    default: return String(value);
  }
}
