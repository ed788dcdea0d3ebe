// What a source is and what to call it, before the server has said anything about it.

/** The kinds of the server (PlayFair.Video.SourceKind), in words. */
export const KIND_WORDS: Record<string, string> = {
  file: 'a file',
  rtsp: 'a camera or stream (RTSP)',
  rtmp: 'a stream (RTMP)',
  hls: 'a stream (HLS)',
  http: 'a stream or film (HTTP)',
  srt: 'a stream (SRT)',
  udp: 'a stream (UDP)',
  webcam: 'a camera of the server',
  synthetic: 'a synthetic camera',
};

/** As the server will read the source; null: it has a scheme that is not read, or is empty. */
export function kindOf(source: string): string | null {
  const text = source.trim();
  if (text === '') return null;
  // One letter is a drive on Windows.
  const scheme = /^([a-z][a-z0-9+.-]+):/i.exec(text)?.[1].toLowerCase();
  switch (scheme) {
    case undefined: return /^\/dev\/video\d{1,3}$/.test(text) ? 'webcam' : 'file';
    case 'rtsp': case 'rtsps': return 'rtsp';
    case 'rtmp': case 'rtmps': return 'rtmp';
    case 'http': case 'https': return /^[^?#]*\.m3u8($|[?#])/i.test(text) ? 'hls' : 'http';
    case 'v4l2': return 'webcam';
    case 'srt': case 'udp': case 'file': case 'synthetic': return scheme;
    default: return null;
  }
}

export const ID_PATTERN = /^[a-z0-9][a-z0-9._-]{0,63}$/;

/**
 * An id for a video of this source, as `playfair serve` would choose it: the file's name, the address's host.
 * An address's path may be a key; its host is not.
 */
export function suggestId(source: string, taken: ReadonlySet<string>): string {
  const text = source.trim();
  if (text === '') return '';
  const name = kindOf(text) === 'file'
    ? fileName(text)
    : /^[^:]+:\/\/(?:[^/?#]*@)?(\[[^\]]*\]|[^:/?#]*)/.exec(text)?.[1] || text.split('?')[0];
  const plain = name.toLowerCase().replaceAll(/[^a-z0-9._-]+/g, '-').replaceAll(/^[-._]+|[-._]+$/g, '');
  const start = plain.slice(0, 60) || 'video';
  let unique = start;
  for (let i = 2; taken.has(unique); i++) unique = `${start}-${i}`;
  return unique;
}

function fileName(path: string): string {
  const name = path.split(/[\\/]/).findLast(part => part !== '') ?? '';
  return name.replace(/(?<=.)\.[^.]*$/, '');
}
