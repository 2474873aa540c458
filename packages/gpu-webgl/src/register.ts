/** Making the device `webgl` available. */

import { DeviceError } from '@dl/tensor';
import type { Backend } from '@dl/tensor/backend';
import { loseDevice, registerBackend } from '@dl/tensor/backend';
import { createWebGLBackend } from './backend';
import { openContext } from './device/context';
import { Gpu } from './device/gpu';

/** What `registerWebGL` may be asked for. */
export interface WebGLOptions {
  /**
   * The device to go on with where this runtime has no WebGL2 or cannot draw into float textures: then a warning says what is missing.
   * Default none: then it is an error.
   */
  readonly fallback?: string;
  /** The name of the device. Default 'webgl'. */
  readonly name?: string;
}

/** What the GPU holds and has done, for those who watch it. */
export interface WebGLInfo {
  /** The name of the GPU, as far as the browser tells it. */
  readonly renderer: string;
  /** Textures that exist; those that wait for their next use are included. */
  readonly textures: number;
  /** Bytes of these textures. */
  readonly bytes: number;
  /** Programs that were compiled. */
  readonly programs: number;
  /** Draws since the device was registered. */
  readonly draws: number;
}

const gpus = new Map<string, Gpu>();

/**
 * Makes the GPU available as the device `webgl`. It opens a WebGL2 context of its own, on a canvas that is never shown. Called again
 * after the browser has taken the context away, it brings the device back with a new one; what was on the device is lost.
 *
 * @returns the name of the device to use: `webgl`, or the fallback.
 * @throws DeviceError that says what this runtime lacks, where no fallback was given.
 * @example
 * setDefaultDevice(await registerWebGL({ fallback: 'cpu' }));
 */
export async function registerWebGL(options: WebGLOptions = {}): Promise<string> {
  const { fallback, name = 'webgl' } = options;
  const known = gpus.get(name);
  if (known && !known.gl.isContextLost()) return name;
  const context = openContext();
  if (typeof context === 'string') {
    if (fallback === undefined) {
      throw new DeviceError('registerWebGL', context, {
        hint: "go on without a GPU: registerWebGL({ fallback: 'cpu' })",
      });
    }
    console.warn(`@dl/gpu-webgl: ${context}; going on with "${fallback}".`);
    return fallback;
  }
  const gpu = new Gpu(context);
  const lose = (): never => {
    gpus.delete(name);
    throw loseDevice(backend, {
      reason: 'the browser took the GPU context away',
      hint: 'await registerWebGL() opens a new one; then load the model from its last checkpoint',
    });
  };
  const backend: Backend = createWebGLBackend(name, gpu, lose);
  context.canvas.addEventListener('webglcontextlost', () => {
    try {
      lose();
    } catch {
      // The next use of the device throws it.
    }
  });
  registerBackend(backend);
  gpus.set(name, gpu);
  return name;
}

/**
 * What the GPU holds and has done.
 *
 * @returns null where the device is not registered, or was lost.
 */
export function webglInfo(name = 'webgl'): WebGLInfo | null {
  const gpu = gpus.get(name);
  if (!gpu) return null;
  const { gl, textures, programs, draws } = gpu;
  const { count, bytes } = textures;
  const renderer = String(gl.getParameter(gl.RENDERER));
  return { renderer, textures: count, bytes, programs: programs.count, draws };
}
