import type {
  Declaration,
  Device,
  FusedDeclaration,
  OpName,
  Tensor,
  UpdateDeclaration,
} from '@dl/tensor';
import { backendFor, declarations, execute, isFloat, memory, randn, run, scope } from '@dl/tensor';
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

/** Counts how often the kernels of a device ran. */
function watch(device: Device, name: string): { runs: () => number; restore: () => void } {
  const table = backendFor(device).fused as Record<string, unknown>;
  const kernel = table[name] as ((...all: unknown[]) => unknown) & object;
  let runs = 0;
  const counting = Object.assign((...all: unknown[]) => {
    runs++;
    return kernel(...all);
  }, kernel);
  table[name] = counting;
  return {
    runs: () => runs,
    restore: () => {
      table[name] = kernel;
    },
  };
}

const devices: Device[] = ['cpu', 'reference'];
const fusedKernels = devices.flatMap((device) =>
  Object.keys(backendFor(device).fused)
    .filter((name) => !name.endsWith('Backward'))
    .map((name) => ({ device, name: name as OpName })),
);

describe('a fused kernel is its definition', () => {
  it.each(fusedKernels)('$name on $device', ({ device, name }) => {
    const declaration = declarations[name] as FusedDeclaration | UpdateDeclaration;
    const dtype = device === 'cpu' ? 'float32' : 'float64';
    const tolerance =
      dtype === 'float32' ? { rtol: 1e-4, atol: 1e-5 } : { rtol: 1e-10, atol: 1e-10 };
    const forward = watch(device, name);
    const backward =
      `${name}Backward` in backendFor(device).fused ? watch(device, `${name}Backward`) : null;
    const make = (call: OpCase) =>
      call.inputs.map(
        (input) =>
          input &&
          build(
            { ...input, arrangement: 'dense' },
            device,
            isFloat(input.dtype) ? dtype : input.dtype,
          ),
      );
    try {
      forCalls(name, (call) => {
        if (declaration.kind === 'update') {
          const [changed, defined] = [make(call), make(call)];
          run(declaration as never, changed as never, call.attributes as never);
          const values = declaration.define?.(defined as never, call.attributes as never) ?? [];
          values.forEach((value, i) => {
            if (value && changed[i]) expectClose(changed[i] as Tensor, value, tolerance);
          });
          return;
        }
        const results = [true, false].map((byKernel) => {
          const inputs = make(call);
          const floats = inputs.filter((x): x is Tensor => x !== undefined && isFloat(x.dtype));
          // Without a kernel for the gradient the recorder takes the definition.
          for (const x of floats) x.requiresGrad = backward !== null;
          const [y] = byKernel
            ? run(declaration as never, inputs as never, call.attributes as never)
            : declaration.define(inputs as never, call.attributes as never);
          // No steps of a sequence: nothing depends on anything.
          if (!(y as Tensor).requiresGrad) return [y as Tensor];
          (y as Tensor)
            .mul((y as Tensor).detach().add(1))
            .sum()
            .backward();
          return [y as Tensor, ...floats.map((x) => x.grad as Tensor)];
        });
        results[0].forEach((x, i) => {
          expectClose(x, results[1][i], tolerance);
        });
      });
      // Otherwise the definition was compared with itself.
      expect(forward.runs()).toBeGreaterThan(0);
      if (backward) expect(backward.runs()).toBeGreaterThan(0);
    } finally {
      forward.restore();
      backward?.restore();
    }
  });
});
