import { beforeEach, describe, expect, it, vi } from 'vitest';
import { hasWords } from '../src/components/search';

class MemoryStorage {
  readonly #items = new Map<string, string>();
  getItem(key: string): string | null { return this.#items.get(key) ?? null; }
  setItem(key: string, value: string): void { this.#items.set(key, value); }
  removeItem(key: string): void { this.#items.delete(key); }
}

/** What the server takes; everything else is answered as it answers. */
let taken: Set<string>;

async function load() {
  vi.resetModules();
  vi.stubGlobal('sessionStorage', new MemoryStorage());
  vi.stubGlobal('localStorage', new MemoryStorage());
  vi.stubGlobal('fetch', async (_: string, init: RequestInit) => {
    const value = new Headers(init.headers).get('Authorization')?.slice('Bearer '.length);
    return value !== undefined && taken.has(value)
      ? Response.json({ name: value, role: 'view', isProtected: true, version: '' })
      : Response.json({ status: 401, detail: `not ${value}` }, { status: 401 });
  });
  return { ...await import('../src/api/token'), ...await import('../src/api/client') };
}

describe('signing in', () => {
  beforeEach(() => { taken = new Set(['right']); });

  it('is asked for where the server wants a token', async () => {
    const { api, refusal } = await load();
    await expect(api.session()).rejects.toMatchObject({ status: 401 });
    expect(refusal.value).toBe('not undefined');
  });

  it('tries a token without keeping it, and without signing out who is signed in', async () => {
    const { api, refusal, signIn, token } = await load();
    signIn('right', false);
    await expect(api.sessionOf('wrong')).rejects.toMatchObject({ status: 401 });
    expect([token.value, refusal.value]).toEqual(['right', null]);
    expect((await api.sessionOf('right')).name).toBe('right');
  });

  it('is asked for again when the token is withdrawn, whatever was asked', async () => {
    const { api, refusal, signIn } = await load();
    signIn('right', true);
    await api.videos();
    expect(refusal.value).toBeNull();
    taken.clear();
    await expect(api.models()).rejects.toMatchObject({ status: 401 });
    expect(refusal.value).toBe('not right');
    signIn('other', false);
    expect(refusal.value).toBeNull();
  });

  it('does not ask again for what was sent with an older token', async () => {
    const { api, refusal, signIn } = await load();
    signIn('old', false);
    const late = api.models();
    signIn('right', false);
    await expect(late).rejects.toMatchObject({ status: 401 });
    expect(refusal.value).toBeNull();
  });

  it('keeps the token in one place only, and nowhere after signing out', async () => {
    const { signIn, signOut } = await load();
    const kept = () => [sessionStorage.getItem('playfair.token'), localStorage.getItem('playfair.token')];
    signIn('wrong', true);
    expect(kept()).toEqual([null, 'wrong']);
    signIn('right', false);
    expect(kept()).toEqual(['right', null]);
    signOut();
    expect(kept()).toEqual([null, null]);
  });
});

describe('a search', () => {
  it('finds texts with all its words', () => {
    expect(hasWords('Closing something', ' thing CLO')).toBe(true);
    expect(hasWords('Closing something', 'thing open')).toBe(false);
    expect(hasWords('Closing something', '')).toBe(true);
  });
});
