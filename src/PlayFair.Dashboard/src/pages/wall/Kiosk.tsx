import { useEffect, useRef, useState } from 'preact/hooks';
import { changeView } from './view';

/**
 * Nothing but tiles. The address keeps it, so that a wall screen can be started with it; the browser's own full screen
 * needs a click.
 */
export function enterKiosk(): void {
  changeView({ kiosk: true });
  // Where the browser does not allow it, the page without its header is still of use.
  document.documentElement.requestFullscreen?.().catch(() => undefined);
}

function leaveKiosk(): void {
  changeView({ kiosk: false });
  if (document.fullscreenElement) document.exitFullscreen().catch(() => undefined);
}

const IDLE_MS = 3000;

/** What the wall screen needs while it lasts: no header, a screen that stays on, no pointer at rest, a way out. */
export function Kiosk() {
  const [isIdle, setIdle] = useState(false);
  const out = useRef<HTMLButtonElement>(null);
  useEffect(() => {
    document.documentElement.dataset['kiosk'] = 'on';
    out.current!.focus({ preventScroll: true });
    const onKey = (event: KeyboardEvent) => { if (event.key === 'Escape') leaveKiosk(); };
    const onFullscreen = () => { if (!document.fullscreenElement) leaveKiosk(); };
    addEventListener('keydown', onKey);
    document.addEventListener('fullscreenchange', onFullscreen);
    let timer = setTimeout(() => setIdle(true), IDLE_MS);
    const onMove = () => {
      setIdle(false);
      clearTimeout(timer);
      timer = setTimeout(() => setIdle(true), IDLE_MS);
    };
    addEventListener('pointermove', onMove);
    addEventListener('focusin', onMove);
    return () => {
      delete document.documentElement.dataset['kiosk'];
      removeEventListener('keydown', onKey);
      document.removeEventListener('fullscreenchange', onFullscreen);
      removeEventListener('pointermove', onMove);
      removeEventListener('focusin', onMove);
      clearTimeout(timer);
      document.getElementById('main')?.focus({ preventScroll: true });
    };
  }, []);
  useEffect(keepScreenOn, []);
  return (
    <button type="button" ref={out} class={isIdle ? 'quiet wall-out wall-idle' : 'quiet wall-out'} onClick={leaveKiosk}>
      Leave full screen
    </button>
  );
}

/** The browser lets go of the lock whenever the page is hidden. */
function keepScreenOn(): () => void {
  let lock: WakeLockSentinel | undefined;
  let isOver = false;
  const ask = async () => {
    if (document.hidden) return;
    try {
      lock = await navigator.wakeLock?.request('screen');
      if (isOver) await lock?.release();
    } catch {
      // Not allowed, or the battery is low: the screen may go dark then.
    }
  };
  void ask();
  document.addEventListener('visibilitychange', ask);
  return () => {
    isOver = true;
    document.removeEventListener('visibilitychange', ask);
    void lock?.release();
  };
}
