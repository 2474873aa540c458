/** What the browser runs: random calls of every operation on the CPU device against the reference, and work for threads. */

import { build, expectClose, samples, snippet } from '@dl/testing';
import fc from 'fast-check';
import { backendFor } from '../../src/backend/registry';
import type { Declaration, OpName, Tensor } from '../../src/index';
import {
  conv2d,
  getNumThreads,
  isFloat,
  manualSeed,
  randn,
  scope,
  setNumThreads,
} from '../../src/index';
import { declarations, execute } from '../../src/internal';

/** What the page reports. */
export interface Report {
  readonly calls: number;
  readonly problems: readonly string[];
  readonly threads: number;
  readonly isolated: boolean;
  readonly fast: boolean;
  /** Whether one and two threads found the same. */
  readonly same: boolean;
}

function runOn(name: OpName, call: Parameters<typeof snippet>[1], device: 'cpu' | 'reference') {
  const inputs = call.inputs.map(
    (input) => input && build(input, device, isFloat(input.dtype) ? 'float32' : input.dtype),
  );
  const attributes =
    'device' in call.attributes
      ? { ...call.attributes, device, dtype: 'float32' }
      : call.attributes;
  const declaration = declarations[name] as unknown as Declaration;
  const outputs = execute(declaration, inputs, attributes);
  return declaration.kind === 'update' ? (inputs.filter(Boolean) as Tensor[]) : outputs;
}

/** Large enough that it is shared among threads. */
function shared(threads: number): Float32Array {
  setNumThreads(threads);
  manualSeed(5);
  return scope(() => {
    const y = conv2d(randn([4, 32, 40, 40]), randn([32, 32, 3, 3]), undefined, { padding: 1 });
    return y
      .exp()
      .add(y.softmax(3))
      .matmul(randn([40, 200]))
      .dataSync() as Float32Array;
  });
}

const host = globalThis as unknown as {
  document?: object;
  crossOriginIsolated?: boolean;
  done?: Report;
  postMessage(report: Report): void;
};

function report(): Report {
  const problems: string[] = [];
  let calls = 0;
  for (const name of Object.keys(declarations) as OpName[]) {
    for (const call of fc.sample(samples[name], { numRuns: 8, seed: 7 })) {
      calls++;
      scope(() => {
        try {
          const [found, expected] = [runOn(name, call, 'cpu'), runOn(name, call, 'reference')];
          found.forEach((y, i) => {
            expectClose(y, expected[i].to('cpu'), { rtol: 2e-5, atol: 2e-5 });
          });
        } catch (error) {
          problems.push(`${(error as Error).message}\n${snippet(name, call)}`);
        }
      });
    }
  }
  const threads = getNumThreads();
  const [one, two] = [shared(1), shared(threads)];
  return {
    calls,
    problems,
    threads,
    isolated: host.crossOriginIsolated === true,
    fast: backendFor('cpu').kernels.matmul !== backendFor('reference').kernels.matmul,
    same: one.every((x, i) => x === two[i]),
  };
}

const result = report();
if (host.document) host.done = result;
else host.postMessage(result);
