import { useState } from 'preact/hooks';
import type { ServerProblem } from './api/client';
import { signIn } from './api/token';

/** Asks for a token: what the page is shown in place of everything else until the server takes one. */
export function SignIn({ problem }: { problem: ServerProblem | null }) {
  const [value, setValue] = useState('');
  const [remember, setRemember] = useState(false);
  return (
    <main class="sign-in">
      <form class="panel" onSubmit={event => {
        event.preventDefault();
        if (value.trim() !== '') signIn(value.trim(), remember);
      }}>
        <h1>PlayFair</h1>
        <p class="hint">This server answers to those who have one of its tokens.</p>
        <label class="field">
          <span>Token</span>
          <input type="password" autocomplete="current-password" required value={value} autofocus
            aria-describedby={problem ? 'sign-in-problem' : undefined}
            onInput={event => setValue(event.currentTarget.value)} />
        </label>
        {problem && <p class="field-problem" id="sign-in-problem" role="alert">{problem.detail}</p>}
        <label class="check">
          <input type="checkbox" checked={remember} onChange={event => setRemember(event.currentTarget.checked)} />
          <span>Keep it in this browser</span>
        </label>
        <button type="submit" class="strong">Sign in</button>
      </form>
    </main>
  );
}
