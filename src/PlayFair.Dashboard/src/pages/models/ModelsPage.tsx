import { useEffect, useMemo, useState } from 'preact/hooks';
import type { ComponentChildren } from 'preact';
import { classBar, plain } from '../../../drawing/esv-drawing.js';
import { href } from '../../address';
import { api } from '../../api/client';
import type { ModelInfo } from '../../api/contracts';
import { Drawn } from '../../components/Drawn';
import { Notice, ProblemNotice } from '../../components/Notice';
import { hasWords } from '../../components/search';
import { useLoad } from '../../components/useLoad';
import { titleOf } from '../../live/changes';
import { follow, videos } from '../../live/feed';
import { count, grouped } from '../../words';
import { accuracyWords, headWords, leafWords, memberWords } from './modelWords';
import './models.css';

/** The model packages that are installed. */
export function ModelsPage() {
  useEffect(() => follow(null, 0.1), []);
  const asked = useLoad('models', api.models);
  return (
    <div class="models">
      <h1>Models</h1>
      {asked.data !== null ? asked.data.map(model => <Model key={model.name} model={model} />)
        : asked.problem !== null ? <ProblemNotice problem={asked.problem} retry={asked.reload} />
        : <Notice kind="loading" title="Asking for the models" />}
    </div>
  );
}

function Model({ model }: { model: ModelInfo }) {
  const { name, version, description, accuracy, training, frames } = model;
  return (
    <article class="panel models-one" aria-labelledby={`model-${name}`}>
      <header class="models-head">
        <h2 id={`model-${name}`}>{name} <span class="models-version">{version}</span></h2>
        {model.isDefault && <span class="models-default">for videos that name none</span>}
        {description && <p>{description}</p>}
      </header>
      <div class="models-facts-column">
        <dl class="models-facts">
          <Fact name="Accuracy">
            {accuracy ? (
              <>
                <strong>{accuracyWords(accuracy)}</strong>, {count(accuracy.frames, 'frame')} of each of{' '}
                {count(accuracy.videoCount, 'video')}; {accuracy.split}
              </>
            ) : 'not said'}
          </Fact>
          <Fact name="Head">{headWords(model)}</Fact>
          <Fact name="Input">{model.inputWidth} × {model.inputHeight} pixels a frame</Fact>
          <Fact name="Features">{grouped(model.featureSize)} a frame</Fact>
          {frames && (
            <Fact name="A clip">{count(frames, 'frame')}, sampled uniformly, unless another number is asked for</Fact>
          )}
          <Fact name="Scores">
            <ul>
              {model.scores.map(score => (
                <li key={score}>{score}{score === model.score && ' (unless another is named)'}</li>
              ))}
            </ul>
          </Fact>
          <Fact name="Trained">{training ? <Members of={training} /> : 'not said'}</Fact>
          <Fact name="Used by"><UsedBy model={name} /></Fact>
        </dl>
      </div>
      <Classes model={model} />
    </article>
  );
}

function Fact({ name, children }: { name: string; children: ComponentChildren }) {
  return <div><dt>{name}</dt><dd>{children}</dd></div>;
}

/** Whatever a package says, as it says it: members in lists, lists within lists. */
function Members({ of }: { of: object }) {
  return (
    <dl class="models-members">
      {Object.entries(of).map(([name, value]) => (
        <Fact key={name} name={Array.isArray(of) ? `${Number(name) + 1}` : memberWords(name)}>
          {leafWords(value) ?? <Members of={value as object} />}
        </Fact>
      ))}
    </dl>
  );
}

function UsedBy({ model }: { model: string }) {
  const users = [...videos.value.values()].flatMap(video => video.status.value ?? [])
    .filter(({ definition }) => definition.model === model).map(({ definition }) => definition)
    .sort((a, b) => titleOf(a) < titleOf(b) ? -1 : 1);
  if (users.length === 0) return <>no video</>;
  return (
    <ul class="models-users">
      {users.map(definition => (
        <li key={definition.id}><a href={href(['videos', definition.id])}>{titleOf(definition)}</a></li>
      ))}
    </ul>
  );
}

function Classes({ model: { name, classes, prior } }: { model: ModelInfo }) {
  const [search, setSearch] = useState('');
  const largest = Math.max(0, ...prior);
  const isUniform = prior.length > 0 && prior.every(value => Math.abs(value - prior[0]) < 1e-12);
  const rows = useMemo(() => classes.map((className, index) => ({
    className, index, bar: index < prior.length ? classBar(prior[index], prior[index], [0, largest || 1]) : null,
  })), [classes, prior]);
  const found = rows.filter(({ className, index }) => hasWords(`${index} ${className}`, search));
  return (
    <div class="models-classes">
      <div class="models-classes-head">
        <h3>{count(classes.length, 'class', 'classes')}</h3>
        <input type="search" aria-label={`Search classes of ${name}`} placeholder="Search" value={search}
          onInput={event => setSearch(event.currentTarget.value)} />
      </div>
      <p class="hint">
        {prior.length === 0 ? 'The package has no prior.'
          : isUniform ? `All classes are equally frequent in the training set: a prior of ${plain(prior[0])} each.`
          : 'Bars are the prior: how frequent each class is in the training set.'}
      </p>
      {found.length === 0 ? <p class="hint">No class has these words.</p> : (
        <ol class="models-class-list" tabIndex={0} aria-label={`Classes of ${name}`}>
          {found.map(({ className, index, bar }) => (
            <li key={index}>
              <span class="models-index">{index}</span>
              <span>{className}</span>
              <Drawn class="models-bar" node={bar} />
              <span class="models-prior">{prior[index] === undefined ? '' : plain(prior[index])}</span>
            </li>
          ))}
        </ol>
      )}
    </div>
  );
}
