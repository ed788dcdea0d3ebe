import { useRef } from 'preact/hooks';
import { api, ServerProblem } from '../../api/client';
import type { AttributionUpdate } from '../../api/contracts';
import { useLoad } from '../../components/useLoad';
import type { LiveVideo } from '../../live/feed';
import { currentView } from './view';

export interface Shown {
  /** The update that the view is of; while another is fetched, the one shown before. */
  update: AttributionUpdate | null;
  /** Whether the newest update is shown, as it comes. */
  isLive: boolean;
  /** How many updates came after the one shown. */
  behind: number;
  problem: ServerProblem | null;
  isLoading: boolean;
}

/** Updates looked at, so that going back to one costs nothing; the oldest goes first. */
const held = new Map<string, AttributionUpdate>();
const HELD = 64;

/** The newest update, or the one with the sequence number that the address asks for. */
export function useShownUpdate(video: LiveVideo): Shown {
  const { at } = currentView();
  const latest = video.latest.value;
  const before = useRef<AttributionUpdate | null>(null);
  const here = at === null ? latest : heldUpdate(video, at);
  // A refusal is an answer too, so that it is never taken for that of a later question.
  const asked = useLoad(at === null || here ? null : `${video.id} ${at}`, () => ask(video.id, at!));
  const answer = asked.data?.video === video.id && asked.data.at === at ? asked.data : null;
  const found = here ?? answer?.update ?? null;
  const problem = found ? null : answer?.problem ?? null;
  if (found || before.current?.video !== video.id) before.current = found;
  return {
    update: found ?? (problem ? null : before.current),
    isLive: at === null,
    behind: at === null || latest === null ? 0 : Math.max(0, latest.sequence - at),
    problem,
    isLoading: at !== null && found === null && problem === null,
  };
}

interface Answer {
  video: string;
  at: number;
  update?: AttributionUpdate;
  problem?: ServerProblem;
}

/** Questions under way, so that everybody who shows an update asks once. */
const asking = new Map<string, Promise<Answer>>();

function ask(video: string, at: number): Promise<Answer> {
  const key = `${video} ${at}`;
  let answer = asking.get(key);
  if (!answer) {
    answer = askServer(video, at).finally(() => asking.delete(key));
    asking.set(key, answer);
  }
  return answer;
}

async function askServer(video: string, at: number): Promise<Answer> {
  try {
    const [update] = await api.history(video, { fromSequence: at, toSequence: at, limit: 1 });
    if (!update)
      throw new ServerProblem(404, `Update ${at} is not in the history: it was never made, or it is no longer kept.`);
    hold(update);
    return { video, at, update };
  } catch (error) {
    return { video, at, problem: error instanceof ServerProblem ? error : new ServerProblem(0, String(error)) };
  }
}

/** An update that the page has: kept, so that it stays while newer ones push it out of the recent ones. */
export function heldUpdate(video: LiveVideo, sequence: number): AttributionUpdate | null {
  const known = held.get(`${video.id} ${sequence}`);
  if (known) return known;
  const recent = video.recent.find(update => update.sequence === sequence);
  if (recent) hold(recent);
  return recent ?? null;
}

function hold(update: AttributionUpdate): void {
  held.set(`${update.video} ${update.sequence}`, update);
  if (held.size > HELD) held.delete(held.keys().next().value!);
}
