/** Files on disk; `@dl/io/node`. */

export { loadSafetensors, readSafetensorsHeader, saveSafetensors } from './safetensors';
export { writeFileAtomic } from './write';
