/** Long and shared chains of elementwise operations on the GPU, against `cpu`; and how many draws they took. */

import { arange, randn, scope, tensor } from '@dl/tensor';
import { registerWebGL, webglInfo } from '../src/index';

/** What the page found. */
export interface ChainsReport {
  readonly long: number;
  readonly shared: readonly number[];
  readonly expected: readonly number[];
  readonly draws: Readonly<Record<string, number>>;
  readonly changed: readonly number[];
}

const draws = () => webglInfo()?.draws ?? 0;

function counted(counts: Record<string, number>, name: string, f: () => void): void {
  const before = draws();
  f();
  counts[name] = draws() - before;
}

async function report(): Promise<ChainsReport> {
  await registerWebGL();
  const counts: Record<string, number> = {};
  let long = 0;
  counted(counts, 'thousand adds', () => {
    long = scope(() => {
      let x = tensor([0, 1, 2, 3, 4, 5, 6, 7], { device: 'webgl' });
      for (let i = 0; i < 1000; i++) x = x.add(1);
      return x.dataSync()[7];
    });
  });
  const formula = (device: string) =>
    scope(() => {
      const x = arange(0, 10, 1, { dtype: 'float32', device }).div(7);
      const y = x.mul(x).add(1).sqrt();
      return Array.from(
        y
          .exp()
          .sub(y.mul(y))
          .add(y.tanh().div(x.add(2)))
          .dataSync(),
      );
    });
  let shared: number[] = [];
  counted(counts, 'shared', () => {
    shared = formula('webgl');
  });
  counted(counts, 'forgotten', () => {
    scope(() => void randn([8], { device: 'cpu' }).to('webgl').mul(2).add(1));
  });
  const changed = scope(() => {
    const x = tensor([1, 2, 3], { device: 'webgl' });
    const y = x.mul(10);
    x.add_(5);
    return [...y.dataSync(), ...x.dataSync()];
  });
  return { long, shared, expected: formula('cpu'), draws: counts, changed };
}

const host = globalThis as unknown as { ready?: true; report?: ChainsReport | string };
report().then(
  (found) => {
    host.report = found;
    host.ready = true;
  },
  (error: Error) => {
    host.report = `${error.message}\n${error.stack}`;
    host.ready = true;
  },
);
