import type { ComponentChildren } from 'preact';
import './field.css';

/** What a control needs to belong to its field. */
export interface ControlProps {
  id: string;
  'aria-describedby': string | undefined;
  'aria-invalid': boolean;
}

/**
 * A control with its label above, a hint and what is wrong with it below.
 * @param name Its name among the fields of the form; its control's id is `field-{name}`.
 */
export function Field({ name, label, hint, problem, children }: {
  name: string;
  label: string;
  hint?: ComponentChildren;
  problem?: string | undefined;
  children: (control: ControlProps) => ComponentChildren;
}) {
  const id = `field-${name}`;
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <div class="field">
      <label for={id}>{label}</label>
      {children({ id, 'aria-describedby': described || undefined, 'aria-invalid': problem !== undefined })}
      {problem && <p class="field-problem" id={`${id}-problem`}>{problem}</p>}
      {hint && <p class="field-hint" id={`${id}-hint`}>{hint}</p>}
    </div>
  );
}

/** A choice of one of a few, side by side. */
export function Choice<T extends string>({ name, label, value, options, hint, problem, onChange }: {
  name: string;
  label: string;
  value: T;
  options: readonly (readonly [T, string])[];
  hint?: ComponentChildren;
  problem?: string | undefined;
  onChange: (value: T) => void;
}) {
  const id = `field-${name}`;
  const described = [problem && `${id}-problem`, hint && `${id}-hint`].filter(Boolean).join(' ');
  return (
    <fieldset class="field" aria-describedby={described || undefined}>
      <legend>{label}</legend>
      <span class="choice">
        {options.map(([option, text], i) => (
          <label key={option}>
            <input type="radio" name={name} id={i === 0 ? id : undefined} checked={option === value}
              onChange={() => onChange(option)} />
            <span>{text}</span>
          </label>
        ))}
      </span>
      {problem && <p class="field-problem" id={`${id}-problem`}>{problem}</p>}
      {hint && <p class="field-hint" id={`${id}-hint`}>{hint}</p>}
    </fieldset>
  );
}
