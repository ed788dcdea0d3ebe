import { useEffect, useState } from 'preact/hooks';
import { time } from '../../../drawing/esv-drawing.js';
import type { ServerProblem } from '../../api/client';
import type { SourceProbe } from '../../api/contracts';
import { quantity } from '../../words';
import { KIND_WORDS } from './source';

/** What the server found where it looked at the source, if it did. */
export type Look =
  | { state: 'none' }
  | { state: 'looking'; of: string }
  | { state: 'found'; of: string; probe: SourceProbe }
  | { state: 'failed'; of: string; problem: ServerProblem };

export function SourceFound({ look }: { look: Look }) {
  if (look.state === 'looking') {
    return (
      <div class="manage-found manage-looking" role="status">
        <span class="notice-spinner" aria-hidden="true" />
        <p>Looking at the source. A camera may take some seconds.</p>
      </div>
    );
  }
  if (look.state !== 'found') return null;
  const { probe } = look;
  const { width, height, frameRateHz, durationSeconds } = probe;
  const facts: [string, string | null][] = [
    ['Kind', capital(KIND_WORDS[probe.kind] ?? probe.kind) + (probe.isLive ? ', live' : '')],
    ['Size', width && height ? `${width} × ${height}` : null],
    ['Rate', frameRateHz ? `${quantity(frameRateHz)} frames/s` : null],
    ['Duration', durationSeconds ? time(durationSeconds) : probe.isLive ? 'without an end' : null],
    ['Codec', probe.codec ?? null],
  ];
  return (
    <div class="manage-found" role="status">
      <Still probe={probe} />
      <dl class="manage-facts">
        {facts.map(([name, value]) => <div key={name}><dt>{name}</dt><dd>{value ?? 'not known'}</dd></div>)}
      </dl>
    </div>
  );
}

/** The picture as a blob: the page's policy admits no picture that is part of an address. */
function Still({ probe: { picture, pictureType, source } }: { probe: SourceProbe }) {
  const [url, setUrl] = useState<string | null>(null);
  useEffect(() => {
    if (!picture) return;
    const bytes = Uint8Array.from(atob(picture), letter => letter.charCodeAt(0));
    const made = URL.createObjectURL(new Blob([bytes], { type: pictureType ?? 'image/jpeg' }));
    setUrl(made);
    return () => URL.revokeObjectURL(made);
  }, [picture, pictureType]);
  if (!picture) return <p class="manage-still manage-no-still">No picture</p>;
  return <img class="manage-still" src={url ?? undefined} alt={`A frame of ${source}`} />;
}

function capital(text: string): string {
  return text.charAt(0).toUpperCase() + text.slice(1);
}
