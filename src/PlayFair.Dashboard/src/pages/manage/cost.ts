import type { AttributionUpdate, VideoPlan } from '../../api/contracts';
import { count, grouped, quantity } from '../../words';

/** What a video will compute, in a sentence or two. */
export function costWords(plan: VideoPlan): string {
  const { definition, isExact, evaluationsPerUpdate, evaluationsPerSecond } = plan;
  const often = `${count(evaluationsPerUpdate, 'evaluation')} of the head for each update, `
    + `${quantity(evaluationsPerSecond)} a second.`;
  if (isExact) return `Exact values: ${often}`;
  const samples = definition.samples ?? 0;
  const what = `Sampled values, from ${count(samples, 'subsequence')} of each size`;
  return definition.iterations > 1
    ? `${what}, ${grouped(definition.iterations)} times over for standard errors: ${often}`
    : `${what}, once, so that there are no standard errors: ${often}`;
}

/** What to know about exact values where the window is too long for them, or they were not wanted. */
export function exactWords(
  { definition, isExact, maxWindowExact }: VideoPlan): { isFeasible: boolean; words: string } | null {
  if (isExact || maxWindowExact === undefined || maxWindowExact === null) return null;
  const isFeasible = definition.window <= maxWindowExact;
  const most = `up to ${count(maxWindowExact, 'frame')} with this model.`;
  return {
    isFeasible,
    words: isFeasible ? `Exact values would be feasible: ${most}` : `Exact values are feasible ${most}`,
  };
}

export interface TimeEstimate {
  millisecondsPerUpdate: number;
  /** Of one processor core, in [0, …). */
  coreShare: number;
}

/**
 * How long this server will take, going by the last updates of its videos with this model and method; null without any.
 * An evaluation takes much the same time in all of them; the median is not misled by one that had to wait.
 */
export function estimateTime(plan: VideoPlan, running: readonly AttributionUpdate[]): TimeEstimate | null {
  const each = running
    .filter(({ model, standardError, evaluationCount, timings }) =>
      model.startsWith(`${plan.definition.model} `) && (standardError === 'exact') === plan.isExact
      && evaluationCount > 0 && timings.attribution > 0)
    .map(({ evaluationCount, timings }) => timings.attribution / evaluationCount)
    .sort((a, b) => a - b);
  if (each.length === 0) return null;
  const millisecondsPerUpdate = each[Math.floor((each.length - 1) / 2)] * plan.evaluationsPerUpdate;
  return { millisecondsPerUpdate, coreShare: millisecondsPerUpdate * plan.updatesPerSecond / 1000 };
}
