import type { Declaration, Device, OpName, Tensor } from '@dl/tensor';
import { isFloat, memory, randn, scope } from '@dl/tensor';
import { declarations, execute, run } from '@dl/tensor/internal';
import type { OpCase } from '@dl/testing';
import { arrange, build, expectClose, innerProduct, samples, snippet } from '@dl/testing';
import fc from 'fast-check';
import { afterAll, describe, expect, it } from 'vitest';
import { gradcheck, gradgradcheck, jvp, vjp } from '../src/index';
import { rules } from '../src/rules/table';

// Everything that must hold for every operation, on random calls that @dl/testing draws. A new operation is tested as soon as it
// is in the table; DL_CASES multiplies the number of calls.

const RUNS = 12 * Number(process.env.DL_CASES ?? 1);
const names = Object.keys(declarations) as OpName[];
let cases = 0;
afterAll(() => console.log(`${names.length} operations, ${cases} random cases`));

/** Runs a property on random calls of an operation; a failure prints the call. */
function forCalls(name: OpName, property: (call: OpCase) => void, numRuns = RUNS): void {
  fc.assert(
    fc.property(samples[name], (call) => {
      cases++;
      try {
        scope(() => {
          property(call);
        });
      } catch (error) {
        throw new Error(`${(error as Error).message}\n${snippet(name, call)}`, { cause: error });
      }
    }),
    { seed: 20240, numRuns },
  );
}

/** Runs an operation on inputs in float64 that may be arranged anew; integer inputs are fixed. */
function callable(
  name: OpName,
  call: OpCase,
): { f: (...x: Tensor[]) => Tensor[]; floats: Tensor[] } {
  const fixed = call.inputs.map((input) => input && build(input));
  const places = fixed.flatMap((x, i) => (x && isFloat(x.dtype) ? [i] : []));
  const f = (...x: Tensor[]): Tensor[] => {
    const inputs = [...fixed];
    places.forEach((place, i) => {
      inputs[place] = arrange(x[i], call.inputs[place]?.arrangement ?? 'dense');
    });
    return run(
      declarations[name] as unknown as Declaration<'neg'>,
      inputs as [Tensor],
      call.attributes,
    );
  };
  return { f, floats: places.map((i) => (fixed[i] as Tensor).contiguous().clone()) };
}

const floatsOf = (outputs: Tensor[]) => outputs.filter((y) => isFloat(y.dtype));

function onDevice(name: OpName, call: OpCase, device: Device, dtype?: 'float32'): Tensor[] {
  const inputs = call.inputs.map(
    (input) =>
      input && build(input, device, isFloat(input.dtype) ? (dtype ?? input.dtype) : input.dtype),
  );
  const attributes =
    'device' in call.attributes
      ? { ...call.attributes, device, dtype: dtype ?? 'float64' }
      : call.attributes;
  const outputs = execute(declarations[name] as unknown as Declaration, inputs, attributes);
  return declarations[name].kind === 'update' ? (inputs.filter(Boolean) as Tensor[]) : outputs;
}

describe.each(names)('%s', (name) => {
  const declaration = declarations[name];
  const rule = name in rules ? rules[name as keyof typeof rules] : undefined;
  const differentiable = declaration.kind !== 'update' && rule !== 'zero';

  it('agrees on every device', () => {
    forCalls(name, (call) => {
      for (const dtype of ['float32', undefined] as const) {
        const fast = onDevice(name, call, 'cpu', dtype);
        const exact = onDevice(name, call, 'reference', dtype);
        const tolerance = dtype ? { rtol: 2e-5, atol: 2e-5 } : { rtol: 1e-12, atol: 1e-12 };
        fast.forEach((y, i) => {
          expectClose(y, exact[i], tolerance);
        });
      }
    });
  });

  it('leaves nothing behind', () => {
    const once = () => forCalls(name, (call) => onDevice(name, call, 'cpu'), 5);
    once();
    const before = memory();
    once();
    expect(memory()).toMatchObject({ tensors: before.tensors, bytes: before.bytes });
  });

  it.runIf(differentiable)('has the gradient of its slope, twice', () => {
    forCalls(name, (call) => {
      const { f, floats } = callable(name, call);
      if (floats.length === 0) return;
      gradcheck((...x) => f(...x), floats, { sample: 6 });
      gradgradcheck((...x) => f(...x), floats, { sample: 3, atol: 1e-5, rtol: 1e-3 });
    });
  });

  it.runIf(differentiable)('has matching forward and reverse derivatives', () => {
    forCalls(name, (call) => {
      const { f, floats } = callable(name, call);
      if (floats.length === 0) return;
      const direction = floats.map((x) => randn(x.shape, { dtype: 'float64' }));
      const g = (x: readonly Tensor[]): readonly Tensor[] => floatsOf(f(...x));
      const { value, tangent } = jvp(
        g,
        floats as readonly Tensor[],
        direction as readonly Tensor[],
      );
      const weights = value.map((y) => randn(y.shape, { dtype: 'float64' }));
      const { gradient } = vjp(g, floats as readonly Tensor[], weights as readonly Tensor[]);
      const left = tangent.reduce((sum, t, i) => sum + innerProduct(t, weights[i]), 0);
      const right = gradient.reduce((sum, t, i) => sum + innerProduct(t, direction[i]), 0);
      // A cast to float32 rounds both sides.
      const digits = value.every((y) => y.dtype === 'float64') ? 1e-9 : 1e-5;
      expect(Math.abs(left - right)).toBeLessThanOrEqual(digits * (1 + Math.abs(left)));
    });
  });

  it.runIf(rule === 'zero')('passes no derivative', () => {
    forCalls(name, (call) => {
      const { f, floats } = callable(name, call);
      for (const x of floats) x.requiresGrad = true;
      for (const y of f(...floats)) expect(y.requiresGrad).toBe(false);
    });
  });
});
