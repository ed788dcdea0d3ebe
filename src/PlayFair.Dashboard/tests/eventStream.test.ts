import { afterEach, beforeEach, expect, test, vi } from 'vitest';

vi.mock('../src/api/token', () => ({ token: { peek: () => null }, refusal: { value: null } }));

const { EventParser, EventStream } = await import('../src/api/eventStream');
type StreamEvent = import('../src/api/eventStream').StreamEvent;

const status = (id: string) => `event: status\ndata: {"definition":{"id":"${id}"}}\n\n`;
const update = (sequence: number) => `event: update\nid: ${sequence}\ndata: {"video":"a","sequence":${sequence}}\n\n`;

/** Connections that the stream made, each with the headers sent and a way to answer and to break it. */
let connections: { headers: Headers; send: (text: string) => void; end: () => void }[] = [];

beforeEach(() => {
  vi.useFakeTimers();
  connections = [];
  vi.stubGlobal('fetch', (_url: string, { headers, signal }: { headers: Headers; signal: AbortSignal }) => {
    const encoder = new TextEncoder();
    let controller!: ReadableStreamDefaultController<Uint8Array>;
    const body = new ReadableStream<Uint8Array>({ start: c => { controller = c; } });
    signal.addEventListener('abort', () => { try { controller.error(signal.reason); } catch { /* It has ended. */ } });
    connections.push({ headers, send: text => controller.enqueue(encoder.encode(text)), end: () => controller.close() });
    return Promise.resolve(new Response(body));
  });
});

afterEach(() => {
  vi.useRealTimers();
  vi.unstubAllGlobals();
});

function open() {
  const events: StreamEvent[] = [];
  const states: string[] = [];
  const stream = new EventStream({
    videos: ['a'], onEvent: event => events.push(event), onConnection: ({ state }) => states.push(state),
  });
  return { events, states, stream };
}

test('a connection that is lost goes on after the last event', async () => {
  const { events, states, stream } = open();
  await vi.advanceTimersByTimeAsync(0);
  expect(connections[0].headers.get('Last-Event-ID')).toBeNull();
  connections[0].send(status('a') + update(7));
  await vi.advanceTimersByTimeAsync(0);
  connections[0].end();
  await vi.advanceTimersByTimeAsync(600);
  expect(connections[1].headers.get('Last-Event-ID')).toBe('7');
  connections[1].send(update(8));
  await vi.advanceTimersByTimeAsync(0);
  expect(events.filter(e => e.kind === 'update').map(e => e.update.sequence)).toEqual([7, 8]);
  expect(states).toEqual(['connecting', 'open', 'waiting', 'connecting', 'open']);
  stream.close();
});

test('a connection without a sign of life is given up, and one that slept for long begins with the newest', async () => {
  const { stream } = open();
  await vi.advanceTimersByTimeAsync(0);
  connections[0].send(update(7));
  await vi.advanceTimersByTimeAsync(0);
  vi.setSystemTime(Date.now() + 3_600_000);
  await vi.advanceTimersByTimeAsync(41_000);
  expect(connections).toHaveLength(2);
  expect(connections[1].headers.get('Last-Event-ID')).toBeNull();
  stream.close();
});

test('events are read from pieces of any length', () => {
  const text = `: alive\n${status('a')}${update(1)}event: gap\ndata: {"video":"a","fromSequence":2,"toSequence":3}\n\n${update(4)}`;
  for (const length of [1, 2, 7, text.length]) {
    const kinds: string[] = [];
    const ids: string[] = [];
    const parser = new EventParser(event => kinds.push(event.kind), id => ids.push(id));
    for (let i = 0; i < text.length; i += length) parser.push(text.slice(i, i + length));
    expect(kinds).toEqual(['status', 'update', 'gap', 'update']);
    expect(ids).toEqual(['1', '4']);
  }
});
