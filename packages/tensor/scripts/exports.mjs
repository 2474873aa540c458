// The signatures of the kernels that assembly/index.ts exports, as a TypeScript file: callers are checked against it.
import { readFileSync } from 'node:fs';

const folder = new URL('../assembly/', import.meta.url);
const read = (name) => readFileSync(new URL(name, folder), 'utf8');

/** What a type of AssemblyScript is for the host: addresses and flags are numbers, but say what they are. */
const TYPES = {
  usize: 'Address',
  bool: 'Flag',
  i32: 'number',
  f32: 'number',
  f64: 'number',
  void: 'void',
};

/** `export * from './file'` or `export { names } from './file'`. */
const EXPORT = /export (\*|\{([^}]*)\}) from '\.\/([^']+)'/g;

const HEADER = `/** The kernels as callers see them; written by scripts/exports.mjs from what assembly/index.ts exports. Do not edit. */

/** A place in memory: bytes from its start. */
export type Address = number;
/** 1 for yes, 0 for no. */
export type Flag = number;

/** The compiled kernels by name. */
export interface KernelExports {
`;

/** The text of src/backend/wasm/module/exports.ts. */
export function declareExports() {
  const index = read('index.ts');
  const lines = [];
  for (const [, listed, names, file] of index.matchAll(EXPORT)) {
    const source = read(`${file}.ts`);
    const all = listed === '*' ? source.matchAll(/^export function (\w+)/gm) : [];
    const chosen = names?.split(',') ?? Array.from(all, ([, name]) => name);
    for (const name of chosen.map((part) => part.trim())) {
      if (name) lines.push(declare(source, file, name));
    }
  }
  return `${HEADER}${lines.sort().join('\n')}\n}\n`;
}

/** The declaration of a function. */
function declare(source, file, name) {
  const pattern = new RegExp(`export function ${name}\\(([^)]*)\\): (\\w+)`);
  const [, parameters, result] = pattern.exec(source) ?? [];
  if (result === undefined) throw new Error(`assembly/${file}.ts exports no function ${name}`);
  const list = parameters
    .split(',')
    .map((part) => part.trim())
    .filter((part) => part !== '')
    .map((part) => {
      const [parameter, type] = part.split(': ');
      return `${parameter}: ${typeOf(type, file, name)}`;
    });
  return `  ${name}(${list.join(', ')}): ${typeOf(result, file, name)};`;
}

function typeOf(type, file, name) {
  if (!(type in TYPES))
    throw new Error(`assembly/${file}.ts: ${name} cannot pass a ${type} to the host`);
  return TYPES[type];
}
