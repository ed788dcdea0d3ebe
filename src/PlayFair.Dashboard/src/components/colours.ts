import { useEffect, useState } from 'preact/hooks';
import { theme } from '../theme';

/** Names of colours in the style sheets, without their dashes. */
export type ColourName = 'page' | 'panel' | 'sunk' | 'rule' | 'grid' | 'ink' | 'muted' | 'edge' | 'supporting'
  | 'distracting' | 'warning' | 'warning-edge' | `series-${number}`;

export type Colours = (name: ColourName) => string;

/** The colours of the theme in force as a canvas needs them, read once each. */
function read(): Colours {
  const known = new Map<ColourName, string>();
  const probe = document.createElement('span');
  return name => {
    let colour = known.get(name);
    if (colour === undefined) {
      probe.style.color = `var(--${name})`;
      document.body.append(probe);
      colour = getComputedStyle(probe).color;
      probe.remove();
      known.set(name, colour);
    }
    return colour;
  };
}

/** What drawings on a canvas take their colours from; another one whenever the theme changes. */
export function useColours(): Colours {
  const [colours, setColours] = useState(read);
  const chosen = theme.value;
  useEffect(() => {
    const change = () => setColours(read);
    const media = [matchMedia('(prefers-color-scheme: dark)'), matchMedia('(forced-colors: active)')];
    for (const medium of media) medium.addEventListener('change', change);
    change();
    return () => {
      for (const medium of media) medium.removeEventListener('change', change);
    };
  }, [chosen]);
  return colours;
}
