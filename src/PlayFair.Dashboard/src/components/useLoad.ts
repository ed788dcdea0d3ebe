import { useEffect, useRef, useState } from 'preact/hooks';
import { ServerProblem } from '../api/client';

export interface Loaded<T> {
  /** The last answer; stays while a newer one is under way. */
  data: T | null;
  problem: ServerProblem | null;
  isLoading: boolean;
  reload: () => void;
}

/**
 * Asks the server, again whenever the key changes; an answer that is overtaken by a later question is not shown.
 * @param key What the answer depends on; null: ask nothing.
 */
export function useLoad<T>(key: string | null, load: (signal: AbortSignal) => Promise<T>): Loaded<T> {
  const [state, setState] = useState<{ data: T | null; problem: ServerProblem | null; isLoading: boolean }>(
    { data: null, problem: null, isLoading: key !== null });
  const [turn, setTurn] = useState(0);
  const current = useRef(load);
  current.current = load;
  useEffect(() => {
    if (key === null) {
      setState({ data: null, problem: null, isLoading: false });
      return;
    }
    const asking = new AbortController();
    setState(before => ({ ...before, isLoading: true }));
    current.current(asking.signal).then(
      data => { if (!asking.signal.aborted) setState({ data, problem: null, isLoading: false }); },
      (error: unknown) => {
        if (asking.signal.aborted) return;
        const problem = error instanceof ServerProblem ? error : new ServerProblem(0, String(error));
        setState(before => ({ ...before, problem, isLoading: false }));
      });
    return () => asking.abort();
  }, [key, turn]);
  return { ...state, reload: () => setTurn(turn + 1) };
}
