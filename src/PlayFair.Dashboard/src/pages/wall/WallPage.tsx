import { useEffect } from 'preact/hooks';
import { follow, videos } from '../../live/feed';

export function WallPage() {
  useEffect(() => follow(null, 10), []);
  return (
    <>
      <h1>Wall</h1>
      {[...videos.value.values()].map(v => <p key={v.id}>{v.id} {v.latest.value?.sequence}</p>)}
    </>
  );
}
