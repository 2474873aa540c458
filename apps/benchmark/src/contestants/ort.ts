/** onnxruntime-web on WebAssembly, one thread: it infers only. Its models are ours, operation by operation. */

import type * as Ort from 'onnxruntime-web';
import { encodeOnnx } from '../onnx';
import type { Constant } from '../tape';
import { record } from '../tape';
import type { Contestant, Task, Tasks } from '../workloads';
import { workloads } from '../workloads';
import { load as loadOwn } from './dl';

async function taskOf(ort: typeof Ort, make: () => Task | Promise<Task>): Promise<Task> {
  const { computes } = await make();
  if (!computes) throw new Error('not written for it');
  if (computes.descent) throw new Error('it cannot learn: onnxruntime-web has no gradients');
  const tape = record(computes.inputs, computes.f);
  const session = await ort.InferenceSession.create(encodeOnnx(tape), {
    executionProviders: ['wasm'],
    graphOptimizationLevel: 'all',
  });
  const feeds = Object.fromEntries(
    tape.inputs.map((at) => {
      const { shape, data } = tape.constants.get(at) as Constant;
      return [`v${at}`, new ort.Tensor('float32', data as Float32Array, [...shape])];
    }),
  );
  const once = async () => (await session.run(feeds))[`v${tape.result}`];
  return {
    run: async () => (await once()).dispose(),
    async check() {
      const data = (await (await once()).getData()) as Float32Array;
      return [data.reduce((a, b) => a + b, 0) / data.length, ...data.subarray(0, 3)];
    },
  };
}

/** onnxruntime-web. */
export function load(ort: typeof Ort): Contestant {
  ort.env.wasm.numThreads = 1;
  ort.env.logLevel = 'error';
  const own = loadOwn(1).tasks;
  const tasks: Tasks = Object.fromEntries(
    workloads.flatMap(({ name }) => {
      const make = own[name];
      return make ? [[name, () => taskOf(ort, make)]] : [];
    }),
  );
  const version = ort.env.versions.web;
  return { version: `onnxruntime-web ${version}, wasm, 1 thread`, tasks };
}
