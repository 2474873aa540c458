/** Contestants as they are loaded in Node. */

import { readFileSync } from 'node:fs';
import { createRequire } from 'node:module';
import type * as Core from '@tensorflow/tfjs';
import type { Contestant } from '../workloads';

const require = createRequire(import.meta.url);

/** The version of a package, of which Node finds a file in `dist`. */
function versionOf(name: string): string {
  const file = require.resolve(name).replace(/dist.*$/, 'package.json');
  return (JSON.parse(readFileSync(file, 'utf8')) as { version: string }).version;
}

const own = (threads: number) => async () => (await import('./dl')).load(threads);

/** What each contestant's process does first. */
export const loaders: Readonly<Record<string, () => Promise<Contestant>>> = {
  dl: own(1),
  'dl 256-bit': own(1),
  'dl 2 threads': own(2),
  async 'tfjs-wasm'() {
    const tf = require('@tensorflow/tfjs') as typeof Core;
    require('@tensorflow/tfjs-backend-wasm');
    return (await import('./tfjs')).load(tf, 'wasm');
  },
  async 'onnxruntime-web'() {
    const ort = await import('onnxruntime-web');
    return (await import('./ort')).load(ort);
  },
  async 'jax-js'() {
    // Node 20 has no `navigator`, which it asks for a GPU.
    const host = globalThis as { navigator?: object };
    host.navigator ??= {};
    const jax = await import('@jax-js/jax');
    return (await import('./jax')).load(jax, versionOf('@jax-js/jax'));
  },
};
