import type {
  AttributionUpdate, ClipAttribution, ClusterStatus, FrameTrack, ModelInfo, MomentsReport, ServiceStatus, Session,
  SourceProbe, StatisticsReport, Timeline, VideoDefinition, VideoPlan, VideoStatus,
} from './contracts';
import { noteServerTime } from './clock';
import { refusal, token } from './token';

const PREFIX = 'api/v1';

/** The server refused: its problem document (RFC 9457) in words, or that it cannot be reached (status 0). */
export class ServerProblem extends Error {
  constructor(
    readonly status: number,
    readonly detail: string,
    /** The member or parameter that is wrong. */
    readonly field?: string,
    readonly retryAfterSeconds?: number,
  ) {
    super(detail);
  }
}

export type Query = Record<string, string | number | readonly (string | number)[] | null | undefined>;

/** An address of the API; lists repeat their parameter, what is null is left out. */
export function apiUrl(path: string, query: Query = {}): string {
  const parameters = new URLSearchParams();
  for (const [name, value] of Object.entries(query)) {
    for (const one of Array.isArray(value) ? value : [value])
      if (one !== null && one !== undefined) parameters.append(name, String(one));
  }
  const text = parameters.toString();
  return `${PREFIX}/${path}${text && `?${text}`}`;
}

/** An address that the browser loads by itself (pictures, films), which cannot have headers. */
export function loadedUrl(path: string, query: Query = {}): string {
  return apiUrl(path, { ...query, access_token: token.peek() });
}

export function thumbnailUrl(video: string, frameIndex: number, width?: number): string {
  return loadedUrl(`videos/${encodeURIComponent(video)}/frames/${frameIndex}/thumbnail`, { width });
}

export function mediaUrl(video: string): string {
  return loadedUrl(`videos/${encodeURIComponent(video)}/media`);
}

/** Sends a request with the token; throws {@link ServerProblem} for every answer that is none. */
export async function send(url: string, init: RequestInit = {}): Promise<Response> {
  const headers = new Headers(init.headers);
  const sent = headers.get('Authorization') ?? authorization(token.peek());
  if (sent !== null) headers.set('Authorization', sent);
  if (init.body !== undefined) headers.set('Content-Type', 'application/json');
  let response: Response;
  try {
    response = await fetch(url, { ...init, headers });
  } catch (error) {
    if (init.signal?.aborted) throw error;
    throw new ServerProblem(0, 'The server cannot be reached.');
  }
  noteServerTime(response.headers.get('Date'));
  if (!response.ok) {
    const problem = await problemOf(response);
    // Whatever was asked for, nothing else will be given before the user has signed in again.
    if (problem.status === 401 && sent === authorization(token.peek())) refusal.value = problem.detail;
    throw problem;
  }
  return response;
}

function authorization(value: string | null): string | null {
  return value === null ? null : `Bearer ${value}`;
}

async function problemOf(response: Response): Promise<ServerProblem> {
  const retryAfter = Number(response.headers.get('Retry-After') ?? Number.NaN);
  const problem: unknown = await response.json().catch(() => null);
  const { detail, title, field, errors } = (problem ?? {}) as
    { detail?: string; title?: string; field?: string; errors?: string[] };
  return new ServerProblem(
    response.status,
    errors?.join(' ') || detail || title || `The server answered ${response.status} ${response.statusText}.`,
    field,
    Number.isFinite(retryAfter) ? retryAfter : undefined);
}

async function get<T>(path: string, query?: Query, signal?: AbortSignal): Promise<T> {
  return await (await send(apiUrl(path, query), { signal: signal ?? null })).json() as T;
}

async function change<T>(method: string, path: string, body: unknown, signal?: AbortSignal): Promise<T> {
  const response = await send(apiUrl(path), { method, body: JSON.stringify(body), signal: signal ?? null });
  return await response.json() as T;
}

const videoPath = (id: string, rest = '') => `videos/${encodeURIComponent(id)}${rest}`;

/** Times or sequence numbers, both ends included. */
export interface Range {
  from?: string | undefined;
  to?: string | undefined;
  fromSequence?: number | undefined;
  toSequence?: number | undefined;
}

/** The most videos in one answer. */
export const VIDEO_LIMIT = 1000;

/** The API, one method for each address. */
export const api = {
  session: (signal?: AbortSignal) => get<Session>('session', {}, signal),
  /** Who a token makes its bearer. */
  sessionOf: async (value: string) =>
    await (await send(apiUrl('session'), { headers: { Authorization: authorization(value)! } })).json() as Session,
  status: (signal?: AbortSignal) => get<ServiceStatus>('status', {}, signal),
  /** The cluster that the server belongs to; null where one process runs the videos. */
  cluster: async (signal?: AbortSignal) => {
    try {
      return await get<ClusterStatus>('cluster', {}, signal);
    } catch (error) {
      if (error instanceof ServerProblem && error.status === 404) return null;
      throw error;
    }
  },
  models: (signal?: AbortSignal) => get<ModelInfo[]>('models', {}, signal),
  videos: (signal?: AbortSignal) => get<VideoStatus[]>('videos', { limit: VIDEO_LIMIT }, signal),
  /** However many there are, page by page. */
  allVideos: async (signal?: AbortSignal) => {
    const all: VideoStatus[] = [];
    while (true) {
      const after = all.at(-1)?.definition.id;
      const page = await get<VideoStatus[]>('videos', { limit: VIDEO_LIMIT, after }, signal);
      all.push(...page);
      if (page.length < VIDEO_LIMIT) return all;
    }
  },
  video: (id: string, signal?: AbortSignal) => get<VideoStatus>(videoPath(id), {}, signal),
  add: (definition: Partial<VideoDefinition>) => change<VideoStatus>('POST', 'videos', definition),
  change: (definition: Partial<VideoDefinition> & { id: string }) =>
    change<VideoStatus>('PUT', videoPath(definition.id), definition),
  remove: async (id: string) => { await send(apiUrl(videoPath(id)), { method: 'DELETE' }); },
  probe: (source: string, transport: string, signal?: AbortSignal) =>
    change<SourceProbe>('POST', 'probe', { source, transport }, signal),
  plan: (definition: Partial<VideoDefinition>, signal?: AbortSignal) =>
    change<VideoPlan>('POST', 'plan', definition, signal),
  history: (id: string, query: Range & { limit?: number }, signal?: AbortSignal) =>
    get<AttributionUpdate[]>(videoPath(id, '/history'), { ...query }, signal),
  frames: (id: string, query: Range & { fromFrame?: number; limit?: number }, signal?: AbortSignal) =>
    get<FrameTrack[]>(videoPath(id, '/frames'), { ...query }, signal),
  timeline: (id: string, query: Range & { points?: number }, signal?: AbortSignal) =>
    get<Timeline>(videoPath(id, '/timeline'), { ...query }, signal),
  clip: (id: string, query: { frames: number; from?: number | undefined; to?: number | undefined }, signal?: AbortSignal) =>
    get<ClipAttribution>(videoPath(id, '/clip'), query, signal),
  statistics: (query: Query, signal?: AbortSignal) => get<StatisticsReport>('statistics', query, signal),
  moments: (query: Query, signal?: AbortSignal) => get<MomentsReport>('moments', query, signal),
};
