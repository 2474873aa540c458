/** Contestants as they are loaded in a worker of a browser. All that they need lies beside the page. */

import type { Contestant } from '../workloads';

/** All contestants, the first one the measure of the others. */
export const contestants = [
  'dl webgl',
  'tfjs-webgl',
  'dl',
  'tfjs-wasm',
  'onnxruntime-web',
  'jax-js',
] as const;
/** The name of a contestant. */
export type BrowserContestant = (typeof contestants)[number];

/** Where the WebAssembly files of others lie. */
const folder = new URL('./', import.meta.url).href;

/** The version of jax-js, put here when the page is built. */
declare const JAX_VERSION: string;

/** What each contestant's worker does first. */
export const loaders: Readonly<Record<BrowserContestant, () => Promise<Contestant>>> = {
  async 'dl webgl'() {
    const [{ load }, { registerWebGL }, { setDefaultDevice }] = await Promise.all([
      import('../contestants/dl'),
      import('@dl/gpu-webgl'),
      import('@dl/tensor'),
    ]);
    setDefaultDevice(await registerWebGL());
    return { ...load(1), version: '@dl/gpu-webgl' };
  },
  async 'tfjs-webgl'() {
    const tf = await import('@tensorflow/tfjs');
    await import('@tensorflow/tfjs-backend-webgl');
    return (await import('../contestants/tfjs')).load(tf, 'webgl');
  },
  async dl() {
    return (await import('../contestants/dl')).load(1);
  },
  async 'tfjs-wasm'() {
    const tf = await import('@tensorflow/tfjs');
    const wasm = await import('@tensorflow/tfjs-backend-wasm');
    // One thread, as the others have.
    tf.env().set('WASM_HAS_MULTITHREAD_SUPPORT', false);
    wasm.setWasmPaths(folder);
    return (await import('../contestants/tfjs')).load(tf, 'wasm');
  },
  async 'onnxruntime-web'() {
    const ort = await import('onnxruntime-web/wasm');
    ort.env.wasm.wasmPaths = folder;
    return (await import('../contestants/ort')).load(ort);
  },
  async 'jax-js'() {
    const jax = await import('@jax-js/jax');
    return (await import('../contestants/jax')).load(jax, JAX_VERSION);
  },
};
