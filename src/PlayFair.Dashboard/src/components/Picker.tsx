import { useEffect, useId, useRef, useState } from 'preact/hooks';
import './picker.css';

export interface Choice {
  value: string;
  text: string;
  note?: string | undefined;
}

/** From so many choices on there is a search field. */
const SEARCHED = 9;

/** A choice of one or of several from a list that can be long: a button that opens the list, with a search. */
export function Picker({ label, summary, choices, chosen, many = false, choose, reset }: {
  label: string;
  /** What is chosen, in words. */
  summary: string;
  choices: readonly Choice[];
  chosen: readonly string[];
  many?: boolean;
  choose: (values: string[]) => void;
  /** What choosing nothing means, e.g. “All videos”. */
  reset: string;
}) {
  const [isOpen, setOpen] = useState(false);
  const [isAtEnd, setAtEnd] = useState(false);
  const [search, setSearch] = useState('');
  const box = useRef<HTMLDivElement>(null);
  const button = useRef<HTMLButtonElement>(null);
  const name = useId();

  useEffect(() => {
    if (!isOpen) return;
    setSearch('');
    (box.current!.querySelector<HTMLInputElement>('.picker-search')
      ?? box.current!.querySelector<HTMLInputElement>('.picker-list input:checked'))?.focus();
    const leave = (event: Event) => {
      if (!box.current!.contains(event.target as Node)) setOpen(false);
    };
    document.addEventListener('pointerdown', leave);
    document.addEventListener('focusin', leave);
    return () => {
      document.removeEventListener('pointerdown', leave);
      document.removeEventListener('focusin', leave);
    };
  }, [isOpen]);

  const open = () => {
    const { left, right } = box.current!.getBoundingClientRect();
    setAtEnd(left + right > innerWidth);
    setOpen(!isOpen);
  };
  const close = () => {
    setOpen(false);
    button.current!.focus();
  };
  const onKeyDown = (event: KeyboardEvent) => {
    if (!isOpen) return;
    const isRadio = event.target instanceof HTMLInputElement && event.target.type === 'radio';
    if (event.key === 'Escape' || event.key === 'Enter' && isRadio) {
      event.preventDefault();
      event.stopPropagation();
      close();
    }
  };
  const toggle = (value: string) => {
    if (!many) choose([value]);
    else choose(chosen.includes(value) ? chosen.filter(one => one !== value) : [...chosen, value]);
  };
  const words = search.toLowerCase().split(/\s+/);
  const found = choices.filter(({ text, note }) => {
    const all = `${text} ${note ?? ''}`.toLowerCase();
    return words.every(word => all.includes(word));
  });

  return (
    <div class="picker field" ref={box} onKeyDown={onKeyDown}>
      <span id={`${name}-label`}>{label}</span>
      <button type="button" class="quiet picker-button" ref={button} aria-expanded={isOpen} aria-haspopup="dialog"
        id={`${name}-button`} aria-labelledby={`${name}-label ${name}-button`} onClick={open}>
        <span>{summary}</span>
      </button>
      {isOpen && (
        <div class={`picker-box${isAtEnd ? ' picker-end' : ''}`} role="dialog" aria-label={label}>
          {choices.length >= SEARCHED && (
            <input type="search" class="picker-search" placeholder="Search" aria-label={`Search ${label.toLowerCase()}`}
              value={search} onInput={event => setSearch(event.currentTarget.value)} />
          )}
          <div class="picker-list" role={many ? 'group' : 'radiogroup'} aria-label={label}>
            <label>
              <input type={many ? 'checkbox' : 'radio'} name={name} checked={chosen.length === 0}
                onChange={() => choose([])} />
              <span>{reset}</span>
            </label>
            {found.map(({ value, text, note }) => (
              <label key={value} onPointerUp={many ? undefined : () => setTimeout(close)}>
                <input type={many ? 'checkbox' : 'radio'} name={name} checked={chosen.includes(value)}
                  onChange={() => toggle(value)} />
                <span>{text}{note && <span class="hint">{note}</span>}</span>
              </label>
            ))}
            {found.length === 0 && <p class="hint">Nothing has “{search}” in its name.</p>}
          </div>
        </div>
      )}
    </div>
  );
}
