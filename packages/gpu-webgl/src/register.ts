/** Making the device `webgl` available. */

import type { DeviceLostError } from '@dl/tensor';
import { DeviceError } from '@dl/tensor';
import { backendFor, loseDevice, registerBackend } from '@dl/tensor/backend';
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

/** A GPU under the name of its device, and what says that it is gone. */
interface Registered {
  readonly gpu: Gpu;
  lose(): DeviceLostError;
}

const devices = new Map<string, Registered>();

/**
 * Makes the GPU available as the device `webgl`. It opens a WebGL2 context of its own, on a canvas that is never shown. Called again
 * after the browser has taken the context away, it brings the device back with a new one; what was on the device is lost. Importing the
 * package does nothing, and neither does a second call while the device is there.
 *
 * @returns the name of the device to use: `webgl`, or the fallback.
 * @throws DeviceError that says what this runtime lacks, where no fallback was given, or where the fallback is not available.
 * @example
 * setDefaultDevice(await registerWebGL({ fallback: 'cpu' }));
 */
export async function registerWebGL(options: WebGLOptions = {}): Promise<string> {
  const { fallback, name = 'webgl' } = options;
  const known = devices.get(name);
  if (known && !known.gpu.gl.isContextLost()) return name;
  // The event that tells of the loss may still be on its way.
  known?.lose();
  const context = openContext();
  if (typeof context === 'string') {
    if (fallback === undefined) {
      throw new DeviceError('registerWebGL', context, {
        hint: "go on without a GPU: registerWebGL({ fallback: 'cpu' })",
      });
    }
    // A device that is not there is found out here, and not at the first tensor.
    const { name: other } = backendFor(fallback);
    console.warn(`@dl/gpu-webgl: ${context}; going on with "${other}".`);
    return other;
  }
  const device = deviceOf(name, new Gpu(context));
  devices.set(name, device);
  return name;
}

/** Registers a backend for a GPU, which is lost with its context. */
function deviceOf(name: string, gpu: Gpu): Registered {
  const device: Registered = {
    gpu,
    lose() {
      if (devices.get(name) === device) devices.delete(name);
      return loseDevice(backend, {
        reason: 'the browser took the GPU context away',
        hint: 'await registerWebGL() opens a new one; then load the model from its last checkpoint',
      });
    },
  };
  const backend = createWebGLBackend(name, gpu, () => {
    throw device.lose();
  });
  gpu.context.canvas.addEventListener('webglcontextlost', () => void device.lose());
  registerBackend(backend);
  return device;
}

/**
 * What the GPU holds and has done.
 *
 * @returns null where the device is not registered, or was lost.
 */
export function webglInfo(name = 'webgl'): WebGLInfo | null {
  const gpu = devices.get(name)?.gpu;
  if (!gpu || gpu.gl.isContextLost()) return null;
  const { gl, textures, programs, draws } = gpu;
  const { count, bytes } = textures;
  const renderer = String(gl.getParameter(gl.RENDERER));
  return { renderer, textures: count, bytes, programs: programs.count, draws };
}
