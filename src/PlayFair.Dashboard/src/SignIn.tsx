import { useEffect, useRef, useState } from 'preact/hooks';
import { api } from './api/client';
import { signIn } from './api/token';
import { session } from './session';

/**
 * Asks for a token: what the page is shown in place of everything else until the server takes one. The address stays.
 * @param reason Why the token that the user had is taken no more; null where there was none.
 */
export function SignIn({ reason }: { reason: string | null }) {
  const [value, setValue] = useState('');
  const [remember, setRemember] = useState(false);
  const [isAsking, setAsking] = useState(false);
  const [problem, setProblem] = useState<string | null>(null);
  const input = useRef<HTMLInputElement>(null);
  useEffect(() => {
    document.title = 'Sign in · PlayFair';
    input.current!.focus();
  }, []);

  const submit = async () => {
    const given = value.trim();
    // Anything else cannot be sent in a header.
    if (!/^[\x21-\x7e]+$/.test(given)) {
      setProblem('Expected a token: letters, digits and signs, without spaces.');
      input.current!.focus();
      return;
    }
    setAsking(true);
    setProblem(null);
    try {
      session.value = await api.sessionOf(given);
      signIn(given, remember);
    } catch (error) {
      setProblem((error as Error).message);
      setAsking(false);
      input.current!.select();
    }
  };

  return (
    <main class="sign-in">
      <form class="panel" noValidate onSubmit={event => {
        event.preventDefault();
        void submit();
      }}>
        <h1>PlayFair</h1>
        {reason !== null && (
          <p class="sign-in-reason" role="status">You have to sign in again: {reason}</p>
        )}
        <p class="hint">This server answers to those who have one of its tokens. Whoever runs it can give you one.</p>
        <div class="field">
          <label for="token">Token</label>
          <input id="token" type="password" autocomplete="current-password" spellcheck={false} ref={input} value={value}
            aria-invalid={problem !== null} aria-describedby={problem !== null ? 'token-problem' : undefined}
            onInput={event => setValue(event.currentTarget.value)} />
          {problem !== null && <p class="field-problem" id="token-problem" role="alert">{problem}</p>}
        </div>
        <label class="check">
          <input type="checkbox" checked={remember} onChange={event => setRemember(event.currentTarget.checked)} />
          <span>Keep it in this browser; else it is forgotten with this tab</span>
        </label>
        <button type="submit" class="strong" disabled={isAsking}>{isAsking ? 'One moment' : 'Sign in'}</button>
      </form>
    </main>
  );
}
