import { useLayoutEffect, useRef, useState } from 'preact/hooks';
import type { RefObject } from 'preact';

/** Shows an element that the drawing code made. */
export function Drawn({ node, class: name }: { node: Element | null; class?: string }) {
  const box = useRef<HTMLDivElement>(null);
  useLayoutEffect(() => box.current!.replaceChildren(...node ? [node] : []), [node]);
  return <div class={name} ref={box} />;
}

/** An element's content box in pixels, kept up to date; zero before the first layout. */
export function useSize<T extends Element>(ref: RefObject<T | null>): { width: number; height: number } {
  const [size, setSize] = useState({ width: 0, height: 0 });
  useLayoutEffect(() => {
    const observer = new ResizeObserver(([entry]) => {
      const { width, height } = entry!.contentRect;
      setSize({ width, height });
    });
    observer.observe(ref.current!);
    return () => observer.disconnect();
  }, []);
  return size;
}
