import { apiUrl, send, ServerProblem } from '../../api/client';
import { atNextPaint, connection, type LiveVideo } from '../../live/feed';

/** A box that shows a video's newest frame as long as it is on screen. */
interface Slot {
  readonly video: LiveVideo;
  readonly box: Element;
  readonly onPicture: () => void;
  /** `17:431`: update and frame that are shown or were tried last. */
  tried: string;
  /** Frames of the newest window that have no picture, the newest first. */
  missing: number;
  sequence: number;
  loading: AbortController | null;
  startedAt: number;
}

/** A tile's picture changes at most so often. */
const LEAST_AGE_MS = 700;
const PUMP_MS = 100;
/** Browsers allow six connections to a server; the event stream and whatever is clicked need theirs. */
const MOST_AT_ONCE = 3;

const slots = new Set<Slot>();
let pumping: ReturnType<typeof setInterval> | undefined;

/**
 * Shows the video's newest frame, again and again, until stopped. What is shown stays until the next is there and
 * decoded.
 */
export function showThumbnails(video: LiveVideo, box: Element, onPicture: () => void): () => void {
  const slot: Slot = { video, box, onPicture, tried: '', missing: 0, sequence: -1, loading: null, startedAt: 0 };
  slots.add(slot);
  pumping ??= setInterval(pump, PUMP_MS);
  return () => {
    slots.delete(slot);
    slot.loading?.abort();
    if (slots.size > 0) return;
    clearInterval(pumping);
    pumping = undefined;
  };
}

/** Those that have waited longest go first, so that many tiles share what there is evenly. */
function pump(): void {
  if (document.hidden || connection.peek().state !== 'open') return;
  let free = MOST_AT_ONCE;
  for (const { loading } of slots) if (loading) free--;
  if (free <= 0) return;
  const at = performance.now();
  const due = [...slots]
    .filter(slot => slot.loading === null && at - slot.startedAt >= LEAST_AGE_MS && wanted(slot) !== null)
    .sort((a, b) => a.startedAt - b.startedAt);
  for (const slot of due.slice(0, free)) void load(slot, at);
}

/** The frame to ask for; null where all of the newest window is shown or known to have no picture. */
function wanted(slot: Slot): { key: string; frame: number } | null {
  const update = slot.video.latest.peek();
  if (!update) return null;
  const missing = update.sequence === slot.sequence ? slot.missing : 0;
  const frame = update.frameIndices.at(-1 - missing);
  if (frame === undefined) return null;
  const key = `${update.sequence}:${frame}`;
  return key === slot.tried ? null : { key, frame };
}

async function load(slot: Slot, at: number): Promise<void> {
  const { key, frame } = wanted(slot)!;
  const sequence = slot.video.latest.peek()!.sequence;
  if (sequence !== slot.sequence) slot.missing = 0;
  slot.sequence = sequence;
  slot.startedAt = at;
  slot.tried = key;
  const loading = slot.loading = new AbortController();
  try {
    // Not kept: each is shown once, and the browser's cache would fill with them.
    const response = await send(
      apiUrl(`videos/${encodeURIComponent(slot.video.id)}/frames/${frame}/thumbnail`),
      { signal: loading.signal, cache: 'no-store' });
    const url = URL.createObjectURL(await response.blob());
    try {
      const picture = new Image();
      picture.alt = '';
      picture.src = url;
      await picture.decode();
      await atNextPaint();
      if (loading.signal.aborted) return;
      // It is decoded, so that it takes the other's place in one painted frame.
      slot.box.replaceChildren(picture);
      slot.onPicture();
    } finally {
      URL.revokeObjectURL(url);
    }
  } catch (error) {
    if (loading.signal.aborted) return;
    // Pictures of old frames may be gone: an older frame of the window may have been kept.
    if (error instanceof ServerProblem && error.status === 404) slot.missing++;
    else slot.tried = '';
  } finally {
    slot.loading = null;
  }
}
