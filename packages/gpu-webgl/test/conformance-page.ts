/** The conformance suite on the GPU, an operation at a time. */

import { vjp } from '@dl/autograd';
import type { OpName } from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import { conformance, runConformance } from '@dl/testing';
import { registerWebGL, webglInfo } from '../src/index';

/** What the page offers. */
export interface ConformancePage {
  ready?: true;
  run(
    op: OpName,
    complete: boolean,
  ): { cases: number; failures: { name: string; message: string }[] };
  info(): unknown;
}

const page = globalThis as unknown as ConformancePage;

page.run = (op, complete) => {
  const { dtypes } = backendFor('webgl');
  const { cases, failures } = runConformance(
    conformance('webgl', { ops: [op], dtypes, vjp, complete }),
  );
  return { cases, failures: failures.slice(0, 3) };
};
page.info = () => webglInfo();
registerWebGL().then(() => {
  page.ready = true;
});
