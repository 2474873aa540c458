/**
 * The GPU of any browser as a device: `await registerWebGL()`, then everything that runs on `cpu` runs on `webgl`.
 *
 * @packageDocumentation
 */

export type { WebGLInfo, WebGLOptions } from './register';
export { registerWebGL, webglInfo } from './register';
