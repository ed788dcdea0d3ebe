import { grouped } from '../../words';
import type { GrainCount } from '../../api/contracts';
import { grainTable } from './silos';

/** How many grains of each kind each silo has in memory. */
export function Grains({ grains }: { grains: readonly GrainCount[] }) {
  const { kinds, rows, totals } = grainTable(grains);
  return (
    <section class="panel cluster-grains" aria-labelledby="cluster-grains">
      <h2 id="cluster-grains">Grains in memory</h2>
      {rows.length === 0 ? <p>There are none.</p> : (
        <div class="cluster-grain-box" tabIndex={0} role="group" aria-labelledby="cluster-grains">
          <table class="cluster-grain-table">
            <thead>
              <tr>
                <th scope="col">Silo</th>
                {kinds.map(kind => <th key={kind} scope="col">{kind}</th>)}
              </tr>
              <tr class="cluster-grain-totals">
                <th scope="row">All</th>
                {totals.map((total, i) => <td key={kinds[i]}>{grouped(total)}</td>)}
              </tr>
            </thead>
            <tbody>
              {rows.map(({ silo, counts }) => (
                <tr key={silo}>
                  <th scope="row">{silo}</th>
                  {counts.map((number, i) => (
                    <td key={kinds[i]} class={number === 0 ? 'cluster-zero' : undefined}>{grouped(number)}</td>
                  ))}
                </tr>
              ))}
            </tbody>
          </table>
        </div>
      )}
    </section>
  );
}
