import type { AttributionUpdate, VideoStatus } from './contracts';
import { apiUrl, send, ServerProblem } from './client';

export type StreamEvent =
  | { kind: 'update'; update: AttributionUpdate }
  | { kind: 'status'; status: VideoStatus }
  | { kind: 'removed'; video: string }
  | { kind: 'gap'; video: string; fromSequence: number; toSequence: number };

export type Connection =
  | { state: 'connecting' }
  | { state: 'open' }
  /** Lost; `attemptAt` is when the next attempt is made, in milliseconds since the epoch. */
  | { state: 'waiting'; reason: string; attemptAt: number }
  | { state: 'refused'; problem: ServerProblem };

export interface StreamOptions {
  /** null: all videos. */
  videos: readonly string[] | null;
  /** At most so many updates a second of each video, the newest; null: every one. */
  rate?: number | null;
  onEvent: (event: StreamEvent) => void;
  onConnection: (connection: Connection) => void;
}

/** What the server sends every 15 s, or more; without anything for longer the connection is dead. */
const SILENCE_MS = 40_000;
/** Whoever heard nothing for longer (the machine slept) begins with the newest: hours of updates would come otherwise. */
const RESUMABLE_MS = 120_000;
const FIRST_DELAY_MS = 500;
const LONGEST_DELAY_MS = 10_000;

/**
 * Server-sent events over fetch, which, unlike EventSource, can carry a token and says why it was refused. A connection that
 * is lost is opened again and goes on after the last event: no update is missed, none comes twice. After two minutes without
 * one it begins with the newest, and the history has what is between.
 */
export class EventStream {
  readonly #stop = new AbortController();
  readonly #options: StreamOptions;
  #lastId: string | null = null;
  #heardAt = Date.now();
  #retry: (() => void) | null = null;

  constructor(options: StreamOptions) {
    this.#options = options;
    void this.#run();
  }

  /** Tries now what would be tried later. */
  retry(): void {
    this.#retry?.();
  }

  close(): void {
    this.#stop.abort();
  }

  async #run(): Promise<void> {
    const { onConnection } = this.#options;
    let delay = FIRST_DELAY_MS;
    while (!this.#stop.signal.aborted) {
      onConnection({ state: 'connecting' });
      let reason = 'The connection was lost.';
      try {
        await this.#connect(() => {
          delay = FIRST_DELAY_MS;
          onConnection({ state: 'open' });
        });
      } catch (error) {
        if (this.#stop.signal.aborted) return;
        if (error instanceof ServerProblem) {
          if (error.status >= 400 && error.status < 500 && error.status !== 429) {
            onConnection({ state: 'refused', problem: error });
            return;
          }
          reason = error.detail;
          delay = Math.max(delay, (error.retryAfterSeconds ?? 0) * 1000);
        }
      }
      if (this.#stop.signal.aborted) return;
      onConnection({ state: 'waiting', reason, attemptAt: Date.now() + delay });
      await this.#wait(delay);
      delay = Math.min(2 * delay, LONGEST_DELAY_MS);
    }
  }

  async #connect(opened: () => void): Promise<void> {
    const { videos, rate } = this.#options;
    const connection = new AbortController();
    const abort = () => connection.abort();
    this.#stop.signal.addEventListener('abort', abort);
    let alarm = setTimeout(abort, SILENCE_MS);
    if (Date.now() - this.#heardAt > RESUMABLE_MS) this.#lastId = null;
    try {
      const headers: HeadersInit = this.#lastId === null ? {} : { 'Last-Event-ID': this.#lastId };
      const response = await send(apiUrl('events', { video: videos, rate }), { headers, signal: connection.signal });
      opened();
      const parser = new EventParser(this.#options.onEvent, id => { this.#lastId = id; });
      // Not through a TextDecoderStream: at hundreds of pieces a second its queues cost more than all else here.
      const decoder = new TextDecoder();
      const reader = response.body!.getReader();
      for (;;) {
        const { done, value } = await reader.read();
        if (done) return;
        this.#heardAt = Date.now();
        clearTimeout(alarm);
        alarm = setTimeout(abort, SILENCE_MS);
        parser.push(decoder.decode(value, { stream: true }));
      }
    } finally {
      clearTimeout(alarm);
      this.#stop.signal.removeEventListener('abort', abort);
      connection.abort();
    }
  }

  #wait(milliseconds: number): Promise<void> {
    return new Promise(resolve => {
      const end = () => {
        clearTimeout(timer);
        this.#stop.signal.removeEventListener('abort', end);
        this.#retry = null;
        resolve();
      };
      const timer = setTimeout(end, milliseconds);
      this.#stop.signal.addEventListener('abort', end);
      this.#retry = end;
    });
  }
}

/** Text in pieces of any length in, events out (WHATWG HTML, "Server-sent events"). */
export class EventParser {
  #rest = '';
  #name = '';
  #id: string | null = null;
  #data: string[] = [];

  constructor(readonly onEvent: (event: StreamEvent) => void, readonly onId: (id: string) => void) {}

  push(text: string): void {
    const lines = (this.#rest + text).split('\n');
    this.#rest = lines.pop()!;
    for (const line of lines) this.#take(line.endsWith('\r') ? line.slice(0, -1) : line);
  }

  #take(line: string): void {
    if (line === '') {
      this.#dispatch();
      return;
    }
    const colon = line.indexOf(':');
    const field = colon < 0 ? line : line.slice(0, colon);
    const value = colon < 0 ? '' : line.slice(line[colon + 1] === ' ' ? colon + 2 : colon + 1);
    if (field === 'event') this.#name = value;
    else if (field === 'id') this.#id = value;
    else if (field === 'data') this.#data.push(value);
  }

  #dispatch(): void {
    const [name, id, data] = [this.#name, this.#id, this.#data.join('\n')];
    this.#name = '';
    this.#id = null;
    this.#data = [];
    if (data !== '') {
      const event = read(name, data);
      if (event) this.onEvent(event);
    }
    // After the event: one that was not taken is asked for again.
    if (id !== null) this.onId(id);
  }
}

function read(name: string, data: string): StreamEvent | null {
  const value: unknown = JSON.parse(data);
  switch (name) {
    case 'update': return { kind: 'update', update: value as AttributionUpdate };
    case 'status': return { kind: 'status', status: value as VideoStatus };
    case 'removed': return { kind: 'removed', ...value as { video: string } };
    case 'gap': return { kind: 'gap', ...value as { video: string; fromSequence: number; toSequence: number } };
    default: return null;
  }
}
