import { useMemo, useRef, useState } from 'preact/hooks';
import { announce } from '../../announce';
import { api, thumbnailUrl } from '../../api/client';
import type { AttributionUpdate } from '../../api/contracts';
import { LetterIcon, SeriesIcon } from '../../components/SeriesIcon';
import { useLoad } from '../../components/useLoad';
import { ClassesPanel } from './ClassesPanel';
import { compare, firstPair, frameAtPosition, toggled, type Comparison } from './compare';
import { CurrentFrame } from './CurrentFrame';
import { CurvePanel } from './CurvePanel';
import { Exports } from './Exports';
import { FrameStrip } from './FrameStrip';
import { changeView, currentView, framePosition, type View } from './view';
import './window.css';

/** What every panel of the window shows. */
export interface WindowView {
  update: AttributionUpdate;
  comparison: Comparison;
  /** The current frame's position in the window. */
  position: number;
  /** Whether another update may come at any moment. */
  isLive: boolean;
  picture: Picture;
  /** Makes another frame the current one. */
  goTo: (position: number) => void;
}

/** Address of a frame's picture, by its position in the window; null: there is none. */
export type Picture = (position: number) => string | null;

/**
 * The window shown: filmstrip, current frame, curves and class scores.
 * @param props.picture Thumbnails unless given.
 * @param props.largePicture A larger picture of a frame, if there is one.
 */
export function WindowPanels({ update, title = update.video, isLive = false, picture, largePicture }: {
  update: AttributionUpdate;
  /** Over the picture that is saved. */
  title?: string | undefined;
  isLive?: boolean;
  picture?: Picture | undefined;
  largePicture?: Picture | undefined;
}) {
  const view = currentView();
  const comparison = useComparison(update, view);
  const position = framePosition(update, view);
  const [ratio, setRatio] = useState(4 / 3);
  const shown: WindowView = {
    update, comparison, position, isLive,
    picture: picture ?? (at => thumbnailUrl(update.video, update.frameIndices[at]!)),
    goTo: target => {
      const frame = frameAtPosition(update, target);
      if (frame !== currentView().frame) changeView({ frame });
    },
  };
  const toggle = (index: number, name: string) => {
    const { change, said } = toggled(comparison, view, index, name);
    announce(said);
    if (Object.keys(change).length > 0) changeView(change);
  };
  return (
    <div class="window">
      <Toolbar shown={shown} view={view} title={title} toggle={toggle} />
      <FrameStrip shown={shown} ratio={ratio} onRatio={setRatio} />
      <CurrentFrame shown={shown} ratio={ratio} largePicture={largePicture} />
      <CurvePanel shown={shown} />
      <ClassesPanel shown={shown} view={view} toggle={toggle} />
    </div>
  );
}

/** The comparison that the view asks for, computed once for each update and choice. */
export function useComparison(update: AttributionUpdate, view: View): Comparison {
  const nameOf = useClassNames(update);
  return useMemo(() => compare(update, view, nameOf),
    [update, view.classes?.join(), view.contrast?.join(), nameOf]);
}

/** Names of classes that an update does not report; the models are asked only where there are such. */
function useClassNames(update: AttributionUpdate): (index: number) => string {
  const { classes, contrast } = currentView();
  const isNeeded = [...classes ?? [], ...contrast ?? []].some(index => !update.classes.some(c => c.index === index));
  const wasNeeded = useRef(false);
  wasNeeded.current ||= isNeeded;
  const { data } = useLoad(wasNeeded.current ? 'models' : null, api.models);
  return useMemo(() => {
    const model = data?.find(m => `${m.name} ${m.version}` === update.model);
    return index => model?.classes[index] ?? `class ${index}`;
  }, [data, update.model]);
}

// ---- the choice of classes

function Toolbar({ shown, view, title, toggle }: {
  shown: WindowView; view: View; title: string; toggle: (index: number, name: string) => void;
}) {
  const { update, comparison } = shown;
  const pair = view.contrast ?? firstPair(comparison, update);
  const isContrast = view.contrast !== null;
  return (
    <section class="window-toolbar" aria-label="What is compared">
      <div class="window-chosen">
        {view.contrast
          ? <Pickers shown={shown} pair={view.contrast} />
          : <Chips comparison={comparison} toggle={toggle} />}
      </div>
      <div class="window-tools">
        <fieldset class="choice" disabled={pair === null}>
          <legend class="unseen">Values</legend>
          <label>
            <input type="radio" name="window-values" checked={!isContrast} onChange={() => {
              announce('Element Shapley values');
              changeView({ contrast: null });
            }} />
            <span>Classes <i>φ</i></span>
          </label>
          <label>
            <input type="radio" name="window-values" checked={isContrast} onChange={() => {
              announce('Contrast of two classes');
              changeView({ contrast: pair });
            }} />
            <span>Contrast <i>δ</i></span>
          </label>
        </fieldset>
        <Exports shown={shown} title={title} />
      </div>
    </section>
  );
}

function Chips({ comparison, toggle }: { comparison: Comparison; toggle: (index: number, name: string) => void }) {
  const { classes, isChosen } = comparison;
  const isOnly = classes.length === 1;
  return (
    <>
      <ul class="window-chips" aria-label="Classes compared">
        {classes.map(c => (
          <li key={c.index} class={`window-chip${c.reported === null ? ' window-chip-missing' : ''}`}>
            <SeriesIcon style={c.style} />
            <span>{c.name}</span>
            {c.reported === null && <span class="hint">not reported</span>}
            {!isOnly && isChosen && (
              <button type="button" class="window-remove" aria-label={`Remove ${c.name}`}
                onClick={() => toggle(c.index, c.name)}>×</button>
            )}
          </li>
        ))}
      </ul>
      {isChosen
        ? <button type="button" class="quiet" onClick={() => {
          announce('The top class of each window is shown');
          changeView({ classes: null });
        }}>Top class only</button>
        : <span class="hint">the top class of each window; choose others below</span>}
    </>
  );
}

function Pickers({ shown: { update, comparison }, pair }: { shown: WindowView; pair: readonly [number, number] }) {
  const options = [
    ...update.classes.map(({ index, name }) => ({ index, name })),
    ...comparison.missing.map(({ index, name }) => ({ index, name: `${name} (not reported)` })),
  ].sort((a, b) => a.name.localeCompare(b.name));
  const picker = (side: 0 | 1) => (
    <label class="window-picker">
      <LetterIcon letter={'AB'[side]!} />
      <select aria-label={`Class ${'AB'[side]}`} value={pair[side]} onChange={event => {
        const chosen = Number(event.currentTarget.value);
        changeView({ contrast: side === 0 ? [chosen, pair[1]] : [pair[0], chosen] });
      }}>
        {options.filter(({ index }) => index !== pair[1 - side]).map(({ index, name }) =>
          <option key={index} value={index}>{name}</option>)}
      </select>
    </label>
  );
  return (
    <>
      {picker(0)}
      <span class="window-minus" aria-hidden="true">−</span>
      {picker(1)}
      <button type="button" class="quiet" onClick={() => changeView({ contrast: [pair[1], pair[0]] })}>Swap</button>
    </>
  );
}
