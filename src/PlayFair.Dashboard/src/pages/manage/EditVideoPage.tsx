/** @param id The video that is changed; null: a new one. */
export function EditVideoPage({ id }: { id: string | null }) {
  return <h1>{id === null ? 'Add a video' : `Change ${id}`}</h1>;
}
