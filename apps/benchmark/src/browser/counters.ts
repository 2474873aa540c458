/** Counting what a contestant asks of the GPU, whoever it is: at the functions of the browser. */

import type { GpuWork } from '../answer';

type Functions = Record<string, (...given: unknown[]) => unknown>;

const bytesOf = (given: readonly unknown[]): number =>
  given.reduce<number>((sum, x) => sum + (ArrayBuffer.isView(x) ? x.byteLength : 0), 0);

/** Counts from now on; the function tells what there was so far. */
export function countGpuWork(): () => GpuWork {
  let [draws, read, sent] = [0, 0, 0];
  const prototype = WebGL2RenderingContext.prototype as unknown as Functions;
  const listen = (names: readonly string[], hear: (given: readonly unknown[]) => void) => {
    for (const name of names) {
      const original = prototype[name];
      prototype[name] = function (this: unknown, ...given) {
        hear(given);
        return original.apply(this, given);
      };
    }
  };
  listen(['drawArrays', 'drawElements', 'drawArraysInstanced', 'drawElementsInstanced'], () => {
    draws++;
  });
  // What goes to a buffer of the GPU first is counted where it leaves that buffer.
  listen(['readPixels', 'getBufferSubData'], (given) => {
    read += bytesOf(given);
  });
  listen(['texImage2D', 'texSubImage2D', 'bufferData', 'bufferSubData'], (given) => {
    sent += bytesOf(given);
  });
  return () => ({ draws, read, sent });
}
