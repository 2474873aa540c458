/** The one seam between memory that runs short and what an engine offers to find tensors that the program has forgotten. */

/** A megabyte. */
export const MB = 2 ** 20;

/** The largest memory that WebAssembly has. */
export const CEILING = 4096 * MB;

/** Finds and frees what nobody owns and nobody can reach, in one kind of engine. */
export interface Reclaimer {
  /** Called when the bytes of all tensors are above `limit`; sets the next limit. */
  relieve(): void;
  /** Called before an allocation of so many bytes fails. @returns whether it freed anything. */
  rescue(bytes: number): boolean;
  /** Called for every watched handle. */
  onWatch(): void;
}

/** Bytes of all tensors at which the reclaimer is asked. */
export const limit: { bytes: number } = { bytes: 512 * MB };

/** The next limit: what survived, and as much again, but 512 MB at least; so a program pays for what it throws away, not for what it keeps. */
export function limitAbove(live: number): number {
  return live + Math.max(512 * MB, live);
}

/** Does nothing: for engines without WeakRefs of use, and for tests. */
export const noReclaimer: Reclaimer = {
  relieve() {
    limit.bytes = Number.POSITIVE_INFINITY;
  },
  rescue: () => false,
  onWatch() {},
};
