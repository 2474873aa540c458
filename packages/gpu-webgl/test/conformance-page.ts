/** The conformance suite on the GPU, an operation at a time. */

import { vjp } from '@dl/autograd';
import type { OpName } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { conformance, runConformance } from '@dl/testing';
import { registerWebGL } from '../src/index';

/** What the page offers. */
export interface ConformancePage {
  ready?: true;
  /** Runs one of `every` cases of an operation, and those that prove that its kernels run. */
  run(op: OpName, every: number): { cases: number; failures: { name: string; message: string }[] };
}

const page = globalThis as unknown as ConformancePage;

page.run = (op, every) => {
  const { dtypes } = backendFor('webgl');
  const all = [...conformance('webgl', { ops: [op], dtypes, vjp })];
  const some = all.filter(({ name }, i) => i % every === 0 || name.endsWith(' ran'));
  const { cases, failures } = runConformance(some);
  return { cases, failures: failures.slice(0, 3) };
};
registerWebGL().then(() => {
  page.ready = true;
});
