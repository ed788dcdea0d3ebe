import { api, type ServerProblem } from '../../api/client';
import type { AttributionUpdate, ClipAttribution } from '../../api/contracts';
import { useLoad } from '../../components/useLoad';
import type { LiveVideo } from '../../live/feed';

/** What the authors' dashboard began with, and how far its slider went. */
export const CLIP_FRAMES = { least: 1, usual: 8, most: 16 };

/** A clip attributed as a whole as an update of sequence −1, so that what shows windows shows it too. */
export function updateOfClip(id: string, clip: ClipAttribution): AttributionUpdate {
  const classes = clip.classes
    .map(({ index, name, score, prior, esv, standardErrors }) =>
      ({ index, name, score, prior, esv, ...standardErrors && { standardErrors } }))
    .sort((a, b) => b.score - a.score || a.index - b.index);
  const { decodeSeconds, featureSeconds, attributionSeconds, totalSeconds } = clip.timings;
  return {
    schema: 'playfair.update/1',
    video: id,
    sequence: -1,
    arrivedAt: '',
    computedAt: '',
    model: `${clip.model.name} ${clip.model.version}`,
    score: clip.settings.score,
    standardError: clip.standardError === 'exact' ? 'exact' : 'sampled',
    rateHz: 0,
    frameIndices: clip.frames.map(f => f.index),
    frameTimes: clip.frames.map(f => f.timeSeconds ?? Number.NaN),
    topClass: classes[0]?.index ?? -1,
    classes,
    evaluationCount: clip.evaluationCount,
    droppedFrames: 0,
    timings: {
      decode: 1000 * decodeSeconds, features: 1000 * featureSeconds, attribution: 1000 * attributionSeconds,
      total: 1000 * totalSeconds,
    },
  };
}

/** As {@link Shown}, of a clip. */
export interface ShownClip {
  /** null until there is one; while another is computed, the one shown before. */
  update: AttributionUpdate | null;
  /** How many frames were asked for. */
  frames: number;
  isLive: false;
  problem: ServerProblem | null;
  isLoading: boolean;
  retry: () => void;
}

/** The whole file in so many frames; frames null: nothing. */
export function useClip(video: LiveVideo, frames: number | null): ShownClip | null {
  const asked = useLoad(frames === null ? null : `${video.id} ${frames}`, async signal =>
    updateOfClip(video.id, await api.clip(video.id, { frames: frames! }, signal)));
  if (frames === null) return null;
  const update = asked.data?.video === video.id && asked.problem === null ? asked.data : null;
  return { update, frames, isLive: false, problem: asked.problem, isLoading: asked.isLoading, retry: asked.reload };
}
