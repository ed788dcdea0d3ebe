import { useLayoutEffect, useRef } from 'preact/hooks';
import { markerIcon } from '../../drawing/esv-drawing.js';
import './seriesIcon.css';

/** A class's marker, as it is on its curve. */
export function SeriesIcon({ style }: { style: number }) {
  const box = useRef<HTMLSpanElement>(null);
  useLayoutEffect(() => box.current!.replaceChildren(markerIcon(style)), [style]);
  return <span class="series-icon" ref={box} />;
}

/** A or B of a contrast. */
export function LetterIcon({ letter }: { letter: string }) {
  return <span class="letter-icon" aria-hidden="true">{letter}</span>;
}
