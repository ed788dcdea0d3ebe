import { useEffect, useState } from 'preact/hooks';
import { role, signed, time } from '../../../drawing/esv-drawing.js';
import { LetterIcon, SeriesIcon } from '../../components/SeriesIcon';
import { plusMinus } from './compare';
import type { Picture, WindowView } from './WindowPanels';

/** A frame is looked at, and not only passed, when it stays current for so long. */
const SETTLED_MS = 250;

/** The current frame large, with its time and its values. */
export function CurrentFrame({ shown, ratio, largePicture }: {
  shown: WindowView; ratio: number; largePicture?: Picture | undefined;
}) {
  const { update, comparison, position, isLive, picture, goTo } = shown;
  const { rows: lines, symbol, classes } = comparison;
  const frameCount = update.frameIndices.length;
  const index = update.frameIndices[position]!;
  const isFollowing = isLive && position === frameCount - 1;
  const rows = [
    ...lines.map(({ name, style, line }) => ({
      key: `line ${style}`, icon: symbol === 'δ' ? null : <SeriesIcon style={style} />, name, symbol,
      value: line?.values[position], error: line?.errors?.[position],
    })),
    ...symbol === 'φ' ? [] : classes.map(({ reported, letter, name }) => ({
      key: letter!, icon: <LetterIcon letter={letter!} />, name, symbol: 'φ',
      value: reported?.esv[position], error: reported?.standardErrors?.[position],
    })),
  ];
  const step = (text: string, by: number, label: string) => (
    <button type="button" class="window-step" aria-label={label}
      aria-disabled={position + by < 0 || position + by >= frameCount}
      onClick={() => {
        if (position + by >= 0 && position + by < frameCount) goTo(position + by);
      }}>{text}</button>
  );
  return (
    <section class="panel window-detail" aria-labelledby="window-detail-heading">
      <h2 id="window-detail-heading">{isFollowing ? 'Newest frame' : 'Current frame'}</h2>
      <figure>
        <LargePicture index={index} small={picture(position)} ratio={ratio}
          large={isFollowing ? null : largePicture?.(position) ?? null} />
        <figcaption>
          <div class="window-detail-title">
            <span>
              <b>Frame {index}</b>
              <span class="window-detail-time">{time(update.frameTimes[position]!)}</span>
            </span>
            <span class="window-steps">
              {step('‹', -1, 'Previous frame')}
              <span>{position + 1} of {frameCount}</span>
              {step('›', 1, 'Next frame')}
            </span>
          </div>
          <ul class="window-detail-values">
            {rows.map(({ key, icon, name, symbol, value, error }) => (
              <li key={key}>
                <span class="window-detail-name">{icon}{name}</span>
                <span>
                  {value === undefined ? <span class="window-missing">not reported</span>
                    : <span class={`number ${role(value)}`} title={role(value)}><i>{symbol}</i> {signed(value)}</span>}
                  {error !== undefined && <span class="window-error"> {plusMinus(error)}</span>}
                </span>
              </li>
            ))}
          </ul>
        </figcaption>
      </figure>
    </section>
  );
}

/** The frame's thumbnail at once, and its larger picture once the frame is looked at. One element: nothing flickers. */
function LargePicture({ index, small, large, ratio }: {
  index: number; small: string | null; large: string | null; ratio: number;
}) {
  const [loaded, setLoaded] = useState<string | null>(null);
  const [failed, setFailed] = useState<string | null>(null);
  useEffect(() => {
    if (large === null || large === loaded) return;
    const image = new Image();
    const timer = setTimeout(() => {
      image.onload = () => setLoaded(large);
      image.src = large;
    }, SETTLED_MS);
    return () => {
      clearTimeout(timer);
      image.onload = null;
    };
  }, [large]);
  const source = large !== null && large === loaded ? large : small;
  const isBlank = source === null || source === failed;
  return (
    <div class={`window-large${isBlank ? ' window-large-blank' : ''}`}
      style={{ aspectRatio: String(ratio), maxWidth: `${25 * ratio}rem` }}>
      {isBlank && <span>{index}</span>}
      {source !== null && (
        <img class="window-picture" src={source} alt={isBlank ? '' : `Frame ${index}`} hidden={isBlank}
          onError={() => setFailed(source)} onLoad={() => setFailed(null)} />
      )}
    </div>
  );
}
