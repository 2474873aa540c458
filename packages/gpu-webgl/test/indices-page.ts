/** Indices that are out of range on the GPU: what becomes of them, and that debug checks refuse them. */

import { gather, indexAdd, scatter, setDebugChecks, softmaxCrossEntropy, tensor } from '@dl/tensor';
import { registerWebGL } from '../src/index';

/** What the page found. */
export interface IndicesReport {
  readonly gathered: readonly number[];
  readonly scattered: readonly number[];
  readonly added: readonly number[];
  readonly loss: number;
  /** Names of the errors with debug checks on. */
  readonly refused: readonly string[];
}

const device = 'webgl';

function refusal(f: () => unknown): string {
  try {
    f();
    return 'none';
  } catch (error) {
    return (error as Error).name;
  }
}

async function report(): Promise<IndicesReport> {
  await registerWebGL();
  const x = tensor([1, 2, 3, 4, 5], { device });
  const index = tensor([-1, 5, 1], { device, dtype: 'int32' });
  const source = tensor([10, 20, 30], { device });
  const logits = tensor([[1, 2]], { device });
  const calls = {
    gathered: () => gather(x, 0, index),
    scattered: () => scatter(x, 0, index, source),
    added: () => indexAdd(x, 0, index, source),
    loss: () => softmaxCrossEntropy(logits, tensor([7], { device, dtype: 'int32' })),
  };
  const [gathered, scattered, added, loss] = Object.values(calls).map((f) => [...f().dataSync()]);
  setDebugChecks(true);
  const refused = Object.values(calls).map(refusal);
  setDebugChecks(false);
  return { gathered, scattered, added, loss: loss[0], refused };
}

const page = globalThis as unknown as { ready?: true; report: IndicesReport };
report().then((result) => {
  page.report = result;
  page.ready = true;
});
