import type { ServerProblem } from '../../api/client';
import type { AttributionUpdate, VideoPlan } from '../../api/contracts';
import { bytes, grouped, quantity } from '../../words';
import { costWords, estimateTime, exactWords } from './cost';

/**
 * What the video will cost, as the server reckons it.
 * @param isCurrent Whether the plan is that of what stands in the form now.
 */
export function CostPanel({ plan, problem, isCurrent, running, askExact }: {
  plan: VideoPlan | null;
  problem: ServerProblem | null;
  isCurrent: boolean;
  running: readonly AttributionUpdate[];
  askExact: () => void;
}) {
  if (problem !== null || plan === null) {
    return (
      <section class="panel manage-cost" aria-labelledby="manage-cost-title">
        <h2 id="manage-cost-title">What it costs</h2>
        <p class="hint" role="status">{problem === null ? 'The server is asked.' : problem.field === undefined
          ? problem.detail : 'Known when what is marked is right.'}</p>
      </section>
    );
  }
  const exact = exactWords(plan);
  const estimate = estimateTime(plan, running);
  const facts: [string, string][] = [
    ['Values', plan.isExact ? 'exact' : 'sampled'],
    ['Evaluations a step', grouped(plan.evaluationsPerUpdate)],
    ['Evaluations a second', quantity(plan.evaluationsPerSecond)],
    ['Of the first window', grouped(plan.firstEvaluations)],
    ['Updates a second', quantity(plan.updatesPerSecond)],
    ['Window', `${quantity(plan.windowSeconds)} s`],
    ['Memory kept', bytes(plan.bytes)],
  ];
  return (
    <section class={`panel manage-cost${isCurrent ? '' : ' manage-cost-old'}`} aria-labelledby="manage-cost-title">
      <h2 id="manage-cost-title">What it costs</h2>
      <p>{costWords(plan)}</p>
      {exact && <p class="hint">{exact.words}</p>}
      {exact?.isFeasible && <button type="button" class="quiet" onClick={askExact}>Take exact values</button>}
      <dl class="manage-facts">
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value}</dd></div>)}
      </dl>
      {estimate && (
        <p class="hint">
          Going by what this server’s videos take now, about {quantity(estimate.millisecondsPerUpdate)} ms an
          update{estimate.coreShare >= 0.005 && <>: {quantity(100 * estimate.coreShare)} % of a processor core</>}.
          {estimate.coreShare > 1 && ' That is more than one core can do: a live source will be computed '
            + 'with fewer samples or at a lower rate.'}
        </p>
      )}
    </section>
  );
}
