// What a video's source does, in sentences.
import type { VideoStatus } from '../../api/contracts';
import { clock, count, duration, grouped, quantity } from '../../words';

/** Why the video is in its state and what comes next; nothing where that goes without saying. */
export function stateWords(status: VideoStatus, now: number): string {
  const { state, reason, nextAttemptAt, failedAttempts, lastUpdateAt } = status;
  switch (state) {
    case 'connecting': return sentence(reason ?? 'The source is being opened');
    case 'live': return reason ? sentence(reason) : '';
    case 'stalled': {
      const since = lastUpdateAt ? ` since ${clock(lastUpdateAt)} (${duration(now - Date.parse(lastUpdateAt))})` : '';
      return join(reason && sentence(reason), `No frame has come${since}; after 20 s it connects again.`);
    }
    case 'reconnecting': {
      const seconds = nextAttemptAt ? Math.ceil((Date.parse(nextAttemptAt) - now) / 1000) : 0;
      const when = seconds > 0 ? `Next attempt in ${duration(seconds * 1000)}` : 'Trying again now';
      const failed = failedAttempts > 0 ? `; ${count(failedAttempts, 'attempt')} failed` : '';
      return join(reason && sentence(reason), `${when}${failed}.`);
    }
    case 'ended': return sentence(reason ?? 'The file was read to its end');
    case 'failed': return sentence(reason ?? 'It cannot go on');
    case 'paused': return sentence(reason ?? 'It was paused: nothing is read, what was computed stays');
  }
}

/** What stands in place of the window while there is none. */
export function noWindowWords(status: VideoStatus, now: number):
  { kind: 'loading' | 'empty' | 'problem'; title: string; words: string; filled: number | null } {
  const { state, framesInWindow, definition: { window, rateHz } } = status;
  const words = stateWords(status, now);
  const filling = `${framesInWindow} of ${window} frames`;
  switch (state) {
    case 'connecting': return { kind: 'loading', title: 'Connecting to the source', words, filled: null };
    case 'live': return {
      kind: 'loading', title: `The window fills: ${filling}`,
      words: join(words, 'Its values are computed as soon as it is full.'), filled: framesInWindow / window,
    };
    case 'stalled': return {
      kind: 'problem', title: 'The source is stalled', words: join(words, `The window has ${filling}.`), filled: null,
    };
    case 'reconnecting': return { kind: 'problem', title: 'The source cannot be reached', words, filled: null };
    case 'ended': return {
      kind: 'empty', title: 'The file ended before its window was full',
      words: `A window has ${count(window, 'frame')}, sampled ${quantity(rateHz)} times a second; `
        + `the file had ${grouped(status.sampledFrames)}.`,
      filled: null,
    };
    case 'failed': return { kind: 'problem', title: 'The source failed', words, filled: null };
    case 'paused': return { kind: 'empty', title: 'Paused before its window was full', words, filled: null };
  }
}

/** `full`, or what is computed instead and why. */
export function qualityWords({ quality: { level, samples, rateHz, reason } }: VideoStatus): string {
  if (level === 0) return 'full';
  if (reason) return `reduced: ${reason}`;
  const parts = [`${quantity(rateHz)} Hz`, ...samples === undefined ? [] : [`m = ${grouped(samples)}`]];
  return `reduced to ${parts.join(', ')}`;
}

function sentence(text: string): string {
  const whole = text.charAt(0).toUpperCase() + text.slice(1);
  return /[.!?…]$/.test(whole) ? whole : `${whole}.`;
}

function join(...parts: (string | undefined)[]): string {
  return parts.filter(part => part).join(' ');
}
