/** Giving the rest of the program a turn: signals, timers, drawing. */

/** Resolves after the event loop went round once. */
export function turn(): Promise<void> {
  return new Promise((resolve) => {
    if (typeof setImmediate === 'function') setImmediate(resolve);
    else setTimeout(resolve, 0);
  });
}

/** Milliseconds of work after which others get a turn: short enough for Ctrl-C and for smooth progress; a turn costs some 0.4 ms. */
const PATIENCE = 30;

/** A clock that says when it is time for others. */
export class Breather {
  private last = now();

  /** Gives others a turn where enough time has passed since the last one. */
  async breathe(): Promise<void> {
    if (now() - this.last < PATIENCE) return;
    await turn();
    this.last = now();
  }
}

/** Milliseconds on a clock that is never put back. */
export function now(): number {
  return performance.now();
}
