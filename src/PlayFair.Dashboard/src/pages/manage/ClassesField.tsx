import { useMemo, useState } from 'preact/hooks';
import { hasWords } from '../../components/search';
import { count } from '../../words';
import { classIndex, namedClasses, topCount, withTopCount } from './form';

/** Which classes updates report: the K highest scores of each window, named ones, or both. */
export function ClassesField({ classes, names, model, problem, onChange }: {
  classes: readonly string[];
  /** The model's classes. */
  names: readonly string[];
  model: string;
  problem: string | undefined;
  onChange: (classes: string[]) => void;
}) {
  const [search, setSearch] = useState('');
  const top = topCount(classes, names);
  const named = namedClasses(classes, names);
  const chosen = new Set(named.map(request => classIndex(request, names)));
  const found = useMemo(
    () => names.map((name, index) => ({ name, index })).filter(({ name }) => hasWords(name, search)), [search, names]);

  const toggle = (index: number) => onChange(chosen.has(index)
    ? classes.filter(request => classIndex(request, names) !== index)
    : [...classes, names[index]]);

  return (
    <fieldset class="field manage-classes"
      aria-describedby={`${problem ? 'field-classes-problem ' : ''}field-classes-hint`}>
      <legend>Classes in each update</legend>
      <p class="field-hint" id="field-classes-hint">
        A window’s top class is always among them.
      </p>
      <div class="manage-top">
        <label for="field-classes">The highest</label>
        <input type="number" id="field-classes" inputMode="numeric" min={0} max={names.length} step={1} value={top}
          aria-invalid={problem !== undefined}
          onInput={event => {
            const wanted = Number(event.currentTarget.value);
            if (Number.isInteger(wanted) && wanted >= 0) onChange(withTopCount(classes, names, wanted));
          }} />
        <span>of {count(names.length, 'score')}</span>
      </div>
      {named.length > 0 && (
        <ul class="manage-chips" aria-label="Always reported">
          {named.map(request => {
            const index = classIndex(request, names);
            const name = index === null ? request : names[index];
            return (
              <li key={request} class={index === null ? 'manage-chip manage-chip-unknown' : 'manage-chip'}>
                <span>{name}{index === null && ` (not in ${model})`}</span>
                <button type="button" aria-label={`Do not report ${name} always`}
                  onClick={() => onChange(classes.filter(other => other !== request))}>
                  <span aria-hidden="true">×</span>
                </button>
              </li>
            );
          })}
        </ul>
      )}
      {problem && <p class="field-problem" id="field-classes-problem">{problem}</p>}
      <details class="manage-class-choice">
        <summary>{named.length > 0 ? `Always report others too` : 'Always report some'}</summary>
        <input type="search" aria-label="Search classes" value={search}
          placeholder={`Search ${count(names.length, 'class', 'classes')}`}
          onInput={event => setSearch(event.currentTarget.value)}
          onKeyDown={event => {
            if (event.key !== 'Enter') return;
            event.preventDefault();
            if (found.length === 1) toggle(found[0].index);
          }} />
        <ul class="manage-class-list" aria-label="Classes" tabIndex={-1}>
          {found.map(({ name, index }) => (
            <li key={index}>
              <label class="check">
                <input type="checkbox" checked={chosen.has(index)} onChange={() => toggle(index)} />
                <span>{name}</span>
              </label>
            </li>
          ))}
          {found.length === 0 && <li class="hint">No class has these words.</li>}
        </ul>
      </details>
    </fieldset>
  );
}
