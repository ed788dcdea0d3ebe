// How a file's film and its curves keep in step. Times are seconds; a source's time goes on growing when a looped file
// begins again, a film's does not.

/** Nobody sees less; correcting more often would stutter. */
export const DRIFT = 0.3;

/** A frame of the source, where the film has it. */
export function filmTime(sourceSeconds: number, loopSeconds: number | null): number {
  if (loopSeconds === null || !(loopSeconds > 0)) return sourceSeconds;
  const rest = sourceSeconds % loopSeconds;
  // The last frame's time may reach the loop's length by rounding.
  return loopSeconds - rest < 1e-6 ? 0 : rest;
}

/** How far the film is ahead of where it should be; in a loop the shorter way round. */
export function drift(filmSeconds: number, sourceSeconds: number, loopSeconds: number | null): number {
  const apart = filmSeconds - filmTime(sourceSeconds, loopSeconds);
  if (loopSeconds === null || !(loopSeconds > 0)) return apart;
  const rest = ((apart % loopSeconds) + loopSeconds) % loopSeconds;
  return rest > loopSeconds / 2 ? rest - loopSeconds : rest;
}

/** What the film has to do to be where the newest frame is: nothing, or go to a time. */
export function correction(
  filmSeconds: number, sourceSeconds: number, loopSeconds: number | null, endSeconds: number,
): number | null {
  if (Math.abs(drift(filmSeconds, sourceSeconds, loopSeconds)) <= DRIFT) return null;
  return Math.min(filmTime(sourceSeconds, loopSeconds), endSeconds);
}

/**
 * The source's time that a film's time stands for, of all loops the one nearest to a moment that is looked at.
 */
export function sourceTime(filmSeconds: number, nearSeconds: number, loopSeconds: number | null): number {
  if (loopSeconds === null || !(loopSeconds > 0)) return filmSeconds;
  const loop = Math.max(0, Math.round((nearSeconds - filmSeconds) / loopSeconds));
  return loop * loopSeconds + filmSeconds;
}
