import { useLayoutEffect, useRef } from 'preact/hooks';
import { curves, frameAt, time } from '../../../drawing/esv-drawing.js';
import { SeriesIcon } from '../../components/SeriesIcon';
import { useSize } from '../../components/Drawn';
import { frameSummary, missingWords, movedByKey } from './compare';
import type { WindowView } from './WindowPanels';

/** Curves of the classes compared over the window's frames. */
export function CurvePanel({ shown }: { shown: WindowView }) {
  const { update, comparison, position, goTo } = shown;
  const { rows, series, symbol } = comparison;
  const frameCount = update.frameIndices.length;
  const box = useRef<HTMLDivElement>(null);
  const { width, height } = useSize(box);
  useLayoutEffect(() => {
    if (width === 0) return;
    box.current!.replaceChildren(curves({
      series,
      labels: update.frameIndices.map(String),
      axisTitle: `frame index (${time(update.frameTimes[0]!)} to ${time(update.frameTimes.at(-1)!)})`,
      current: position,
      width,
      height,
    }));
  }, [update, series, position, width, height]);
  const follow = (event: PointerEvent) => {
    const { left } = box.current!.getBoundingClientRect();
    goTo(frameAt(event.clientX - left, frameCount, width));
  };
  return (
    <section class="panel window-curve" aria-labelledby="window-curve-heading">
      <h2 id="window-curve-heading">{symbol === 'δ' ? <>Contrast <i>δ</i></> : <>ESV <i>φ</i></>} over the frames</h2>
      <ul class="window-legend">
        {rows.map(({ name, style, line }) => (
          <li key={style}>
            <SeriesIcon style={style} />{name}
            {!line && <span class="window-missing">{missingWords(comparison, update)}</span>}
          </li>
        ))}
      </ul>
      <div class="window-curve-box" ref={box} tabIndex={0} {...scrubber(shown)}
        onPointerMove={follow} onPointerDown={follow}
        onKeyDown={event => {
          const target = movedBy(event, position, frameCount);
          if (target !== null) goTo(target);
        }} />
    </section>
  );
}

/** The role and the words of what moves the current frame. */
export function scrubber({ update, comparison, position, isLive }: WindowView) {
  const frameCount = update.frameIndices.length;
  const isFollowing = isLive && position === frameCount - 1;
  return {
    role: 'slider' as const,
    'aria-label': 'Current frame',
    'aria-valuemin': 1,
    'aria-valuemax': frameCount,
    'aria-valuenow': position + 1,
    // Not the values of a window that changes many times a second: nobody could listen to them.
    'aria-valuetext': isFollowing ? 'The newest frame' : isLive ? `Frame ${update.frameIndices[position]}`
      : frameSummary(update, comparison, position),
  };
}

/** @returns Where the key moves the current frame to; null: nowhere. The key is taken if it does. */
export function movedBy(event: KeyboardEvent, position: number, frameCount: number): number | null {
  if (event.altKey || event.ctrlKey || event.metaKey) return null;
  const target = movedByKey(event.key, position, frameCount);
  if (target !== null) event.preventDefault();
  return target;
}
