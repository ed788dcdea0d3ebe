import { useEffect, useLayoutEffect, useRef, useState } from 'preact/hooks';
import {
  WHISKERED_FRAMES, frameBars, role, setFrameBars, setSignedBar, signed, signedBar, time, type Range, type Series,
} from '../../../drawing/esv-drawing.js';
import { SeriesIcon } from '../../components/SeriesIcon';
import { useSize } from '../../components/Drawn';
import { counts, frameName, frameSummary, missingWords, plusMinus, thinned, type Row } from './compare';
import { movedBy, scrubber } from './CurvePanel';
import type { WindowView } from './WindowPanels';

/** Up to so many frames have a cell each, whatever the width: the strip scrolls. */
const MOST_SCROLLED = 32;
const LEAST_CELL = 68;
/** Pixels left of and right of the current frame that stay in sight, so that its neighbours show. */
const MARGIN = 24;
const THIN_PICTURE_HEIGHT = 84;
const RETRY_MS = 2000;
const NO_LINE: Series = { name: '', values: [], style: 0 };

interface StripProps {
  shown: WindowView;
  /** Width by height of the pictures. */
  ratio: number;
  onRatio: (ratio: number) => void;
}

/** The window as a filmstrip, with a signed bar under each frame for each class compared. */
export function FrameStrip(props: StripProps) {
  const { update, comparison: { series, symbol } } = props.shown;
  const box = useRef<HTMLDivElement>(null);
  const { width } = useSize(box);
  const frameCount = update.frameIndices.length;
  const isThin = frameCount > MOST_SCROLLED && frameCount * LEAST_CELL > width;
  const hasErrors = series.some(({ errors }) => errors);
  return (
    <section class="panel window-frames" aria-labelledby="window-frames-heading">
      <h2 id="window-frames-heading">Frames</h2>
      <p class="hint">
        {symbol === 'δ' ? 'Bars show δ. Up: the frame speaks for A. Down: for B.'
          : 'Bars show φ. Up: the frame supports the class. Down: it distracts.'}
        {hasErrors && frameCount <= WHISKERED_FRAMES && ' Whiskers: one standard error to either side.'}
        {isThin && ` ${frameCount} frames: some of their pictures, all of their bars.`}
      </p>
      <div ref={box}>
        {width > 0 && (isThin ? <ThinStrip {...props} width={width} /> : <Cells {...props} />)}
      </div>
    </section>
  );
}

function Heading({ row: { name, style, line }, shown: { update, comparison } }: { row: Row; shown: WindowView }) {
  return (
    <span>
      {comparison.symbol === 'φ' && <SeriesIcon style={style} />}
      <b>{name}</b>
      {line ? <span class="window-counts">{counts(line.values, comparison.symbol)}</span>
        : <span class="window-missing">{missingWords(comparison, update)}</span>}
    </span>
  );
}

// ---- a cell for each frame

function Cells({ shown, ratio, onRatio }: StripProps) {
  const { update, comparison, position, isLive, picture, goTo } = shown;
  const { rows, domain } = comparison;
  const frameCount = update.frameIndices.length;
  const strip = useRef<HTMLDivElement>(null);
  const list = useRef<HTMLOListElement>(null);
  const isFollowing = isLive && position === frameCount - 1;
  const height = update.standardError === 'sampled' && comparison.symbol === 'φ' ? 6.7 : 5.5;

  // The frame under the pointer is in sight, and must stay where it is.
  const pointed = useRef<number | null>(null);
  const current = isFollowing ? null : update.frameIndices[position]!;
  useLayoutEffect(() => {
    if (current !== null && current === pointed.current) return;
    const cell = list.current!.children[position] as HTMLElement;
    const left = cell.offsetLeft - MARGIN;
    const right = cell.offsetLeft + cell.offsetWidth + MARGIN - strip.current!.clientWidth;
    strip.current!.scrollLeft = Math.min(left, Math.max(right, strip.current!.scrollLeft));
    // A live window moves on under a strip that stays where its user put it.
  }, [current, isLive ? null : update.sequence]);

  const positionOf = (target: EventTarget | null) => {
    const cell = target instanceof Element ? target.closest('.window-frame') : null;
    return cell ? [...list.current!.children].indexOf(cell) : -1;
  };
  // Not pointerenter: a resting pointer must not win over the keyboard when the strip moves beneath it.
  const point = (event: Event) => {
    const target = positionOf(event.target);
    if (target >= 0) {
      pointed.current = update.frameIndices[target]!;
      goTo(target);
    }
  };
  return (
    <div class="window-strip" ref={strip} onPointerMove={point} onClick={point}>
      <div class="window-strip-grid" style={{
        // Live, a row keeps its height where it has no values: the page must not jump when a class comes and goes.
        gridTemplateRows: `auto auto ${rows.map(({ line }) => `auto ${line || isLive ? height : 0}rem`).join(' ')}`,
        gridTemplateColumns: `repeat(${frameCount}, minmax(${LEAST_CELL}px, var(--window-frame-most))) 1fr`,
      }}>
        {rows.map((row, i) => (
          <p key={row.style} class="window-strip-heading" style={{ gridRow: String(3 + 2 * i) }}>
            <Heading row={row} shown={shown} />
          </p>
        ))}
        <ol role="listbox" aria-labelledby="window-frames-heading" aria-orientation="horizontal" tabIndex={0} ref={list}
          aria-activedescendant={isFollowing ? undefined : `window-frame-${update.frameIndices[position]}`}
          onKeyDown={event => {
            const target = movedBy(event, position, frameCount);
            if (target !== null) goTo(target);
          }}>
          {update.frameIndices.map((index, i) => (
            // Keyed by frame: it keeps its element, and its picture, while it moves through the window.
            <li key={index} id={`window-frame-${index}`} class="window-frame" role="option"
              aria-selected={i === position}>
              <span class="unseen">{isLive ? frameName(update, i) : frameSummary(update, comparison, i)}</span>
              <CellPicture index={index} source={picture(i)} ratio={ratio} onRatio={onRatio} />
              <span class="window-caption" aria-hidden="true">
                <b>{index}</b><span>{time(update.frameTimes[i]!)}</span>
              </span>
              {rows.map(({ style, line }, row) => line && (
                <Value key={style} line={line} position={i} domain={domain} row={row} isAlone={rows.length === 1} />
              ))}
            </li>
          ))}
        </ol>
      </div>
    </div>
  );
}

function Value({ line: { values, errors, style }, position, domain, row, isAlone }: {
  line: Series; position: number; domain: Range; row: number; isAlone: boolean;
}) {
  const value = values[position]!;
  const error = errors?.[position];
  return (
    <span class="window-value" aria-hidden="true" style={{ gridRow: String(4 + 2 * row) }}>
      <Bar value={value} domain={domain} error={error} />
      <span class={`number ${role(value)}`}>{!isAlone && <SeriesIcon style={style} />}{signed(value)}</span>
      {error !== undefined && <span class="window-error">{plusMinus(error)}</span>}
    </span>
  );
}

function Bar({ value, domain, error }: { value: number; domain: Range; error: number | undefined }) {
  const box = useRef<HTMLSpanElement>(null);
  const bar = useRef<{ node: SVGElement; hasError: boolean } | null>(null);
  useLayoutEffect(() => {
    const hasError = error !== undefined;
    if (bar.current?.hasError === hasError) {
      setSignedBar(bar.current.node, value, domain, error);
    } else {
      bar.current = { node: signedBar(value, domain, error), hasError };
      box.current!.replaceChildren(bar.current.node);
    }
  }, [value, domain[0], domain[1], error]);
  return <span class="window-bar" ref={box} />;
}

/** A frame's picture over its number, which shows until there is a picture. */
function CellPicture({ index, source, ratio, onRatio }: {
  index: number; source: string | null; ratio: number; onRatio: (ratio: number) => void;
}) {
  const [attempt, setAttempt] = useState<'first' | 'waiting' | 'second' | 'none'>('first');
  // A frame that is a moment old may not be there yet, and a server that restarts comes back.
  useEffect(() => {
    if (attempt !== 'waiting') return;
    const timer = setTimeout(() => setAttempt('second'), RETRY_MS);
    return () => clearTimeout(timer);
  }, [attempt]);
  const isShown = source !== null && (attempt === 'first' || attempt === 'second');
  return (
    <span class="window-cell-picture" style={{ aspectRatio: String(ratio) }}>
      <span aria-hidden="true">{index}</span>
      {isShown && (
        <img src={source} alt="" draggable={false}
          onLoad={event => {
            const { naturalWidth, naturalHeight } = event.currentTarget;
            if (naturalHeight > 0) onRatio(naturalWidth / naturalHeight);
          }}
          onError={() => setAttempt(attempt === 'first' ? 'waiting' : 'none')} />
      )}
    </span>
  );
}

// ---- many frames: some pictures, and all bars side by side

function ThinStrip({ shown, ratio, onRatio, width }: StripProps & { width: number }) {
  const { update, comparison, position, picture, goTo } = shown;
  const { rows, domain } = comparison;
  const frameCount = update.frameIndices.length;
  const list = useRef<HTMLDivElement>(null);
  const pictures = useRef<number[]>([]);

  const slot = width / frameCount;
  const pictureWidth = THIN_PICTURE_HEIGHT * ratio;
  pictures.current = thinned(update.frameIndices, pictures.current, Math.max(1, Math.ceil((pictureWidth + 4) / slot)));
  const positions = new Map(update.frameIndices.map((index, i) => [index, i]));

  const follow = (event: PointerEvent) => {
    const { left } = list.current!.getBoundingClientRect();
    goTo(Math.max(0, Math.min(frameCount - 1, Math.floor((event.clientX - left) / slot))));
  };
  const edge = (i: number) => `${update.frameIndices[i]} · ${time(update.frameTimes[i]!)}`;
  return (
    <div class="window-thin" ref={list} tabIndex={0} {...scrubber(shown)} aria-label="Frames"
      onPointerMove={follow} onPointerDown={follow}
      onKeyDown={event => {
        const target = movedBy(event, position, frameCount);
        if (target !== null) goTo(target);
      }}>
      <div class="window-thin-pictures" style={{ height: `${THIN_PICTURE_HEIGHT}px` }}>
        {pictures.current.map(index => {
          const i = positions.get(index)!;
          const left = (i + 0.5) * slot - pictureWidth / 2;
          return (
            <span key={index} class="window-thin-picture"
              style={{ width: `${pictureWidth}px`, transform: `translateX(${left.toFixed(1)}px)` }}>
              <CellPicture index={index} source={picture(i)} ratio={ratio} onRatio={onRatio} />
            </span>
          );
        })}
      </div>
      <p class="window-thin-axis">
        <span>{edge(0)}</span>
        {position > 0 && position < frameCount - 1 && <b>{edge(position)}</b>}
        <span>{edge(frameCount - 1)}</span>
      </p>
      {rows.map(row => (
        <div key={row.style}>
          <p class="window-strip-heading"><Heading row={row} shown={shown} /></p>
          <FrameBars line={row.line} domain={domain} current={position} />
        </div>
      ))}
    </div>
  );
}

function FrameBars({ line, domain, current }: { line: Series | null; domain: Range; current: number }) {
  const box = useRef<HTMLDivElement>(null);
  const bars = useRef<SVGElement | null>(null);
  useLayoutEffect(() => {
    if (bars.current === null) box.current!.append(bars.current = frameBars());
    setFrameBars(bars.current, line ?? NO_LINE, domain, current);
  }, [line, domain[0], domain[1], current]);
  return <div ref={box} />;
}
