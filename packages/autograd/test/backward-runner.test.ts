import type { BackwardKernel, Fused, FusedDeclaration, Tensor } from '@dl/tensor';
import {
  isFloat,
  memory,
  OutOfMemoryError,
  ones,
  randn,
  ShapeError,
  sameShape,
  scope,
  tensor,
  zeros,
} from '@dl/tensor';
import { backendFor } from '@dl/tensor/backend';
import {
  backwardKernel,
  declarations,
  execute,
  executeBackward,
  fusedKernel,
} from '@dl/tensor/internal';
import type { OpCase } from '@dl/testing';
import { arrange, build, expectClose, samples } from '@dl/testing';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import '../src/index';

type AnyKernel = BackwardKernel<keyof Fused>;
type Arguments = Parameters<AnyKernel>;
const backend = backendFor('cpu');
const names = (Object.keys(backend.fused) as string[])
  .filter((name) => name.endsWith('Backward'))
  .map((name) => name.slice(0, -'Backward'.length) as keyof Fused);

/** How the gradient of an output can arrive. */
const arrivals: Record<string, (shape: readonly number[]) => Tensor> = {
  dense: (shape) => randn(shape),
  transposed: (shape) => arrange(randn(shape), 'transposed'),
  flipped: (shape) => arrange(randn(shape), 'flipped'),
  'with gaps': (shape) => arrange(randn(shape), 'spread'),
  repeated: (shape) => randn(shape.map(() => 1)).expand(shape),
};

/** Runs the kernel, and differentiates the definition in float64 on the reference backend, for the same inputs and gradients. */
function compare(name: keyof Fused, call: OpCase, arrive: (shape: readonly number[]) => Tensor) {
  const declaration = declarations[name] as unknown as FusedDeclaration;
  const { attributes } = call;
  const inputs = call.inputs.map(
    (input) =>
      input &&
      build(
        { ...input, arrangement: 'dense' },
        'cpu',
        isFloat(input.dtype) ? 'float32' : input.dtype,
      ),
  );
  const kernel = backwardKernel(name, backend, inputs, attributes);
  if (!kernel || !fusedKernel(name, backend, inputs, attributes)) return 0;
  const outputs = execute(declaration as never, inputs, attributes);
  const last = outputs.length - (declaration.savedOutputs ?? 0);
  const gradients = outputs.slice(0, last).map((y) => arrive(y.shape));
  const floats = inputs.flatMap((x, i) => (x && isFloat(x.dtype) ? [i] : []));

  const exact = (x: Tensor) => x.cast(isFloat(x.dtype) ? 'float64' : x.dtype).to('reference');
  const leaves = inputs.map((x) => x && exact(x));
  for (const i of floats) (leaves[i] as Tensor).requiresGrad = true;
  const defined = declaration.define(leaves as never, attributes as never) as Tensor[];
  const loss = scope(() =>
    gradients
      .map((gradient, i) => defined[i].mul(exact(gradient)).sum())
      .reduce((a, b) => a.add(b)),
  );
  if (loss.requiresGrad) loss.backward();

  let runs = 0;
  const watched: AnyKernel = (...all: Arguments) => {
    runs++;
    const [g, x, y, , results] = all as unknown as [...(Tensor | undefined)[][], Tensor[]];
    for (const given of [...g, ...x, ...y, ...results]) {
      expect(given === undefined || given.isContiguous).toBe(true);
    }
    g.forEach((gradient, i) => {
      expect((gradient as Tensor).shape).toEqual((y[i] as Tensor).shape);
    });
    kernel(...all);
  };
  for (const wanted of [floats, ...floats.map((i) => [i])]) {
    const needed = inputs.map((_, i) => wanted.includes(i));
    const results = executeBackward(declaration, watched, {
      gradients,
      inputs,
      outputs,
      attributes,
      needed,
    });
    results.forEach((result, i) => {
      expect(result !== undefined).toBe(needed[i]);
      const grad = leaves[i]?.grad;
      if (!result) return;
      expect(result.shape).toEqual(inputs[i]?.shape);
      expect(result.dtype).toBe(inputs[i]?.dtype);
      if (grad) expectClose(result, grad.cast('float32').to('cpu'), { rtol: 1e-4, atol: 2e-5 });
      else expect(result.abs().sum().item()).toBe(0);
    });
  }
  return runs;
}

describe.each(names)('the gradient of %s', (name) => {
  it.each(Object.keys(arrivals))('is that of the definition for %s gradients', (arrival) => {
    let runs = 0;
    fc.assert(
      fc.property(samples[name], (call) => {
        runs += scope(() => compare(name, call, arrivals[arrival]));
      }),
      { seed: 7, numRuns: 12 },
    );
    expect(runs).toBeGreaterThan(0);
  });
});

describe('what the runner does for a backward kernel', () => {
  const softmax = declarations.softmax as unknown as FusedDeclaration;
  const call = (gradient: Tensor | undefined, x = ones([2, 3])) => ({
    gradients: [gradient],
    inputs: [x],
    outputs: [zeros(x.shape)],
    attributes: { axis: 1 },
    needed: [true],
  });
  const ignore = (() => {}) as unknown as AnyKernel;

  it('leaves strides to a kernel that takes them', () => {
    const seen: boolean[] = [];
    const kernel = (([g]: [Tensor]) => seen.push(g.isContiguous)) as unknown as AnyKernel;
    const turned = ones([3, 2]).transpose();
    executeBackward(softmax, kernel, call(turned));
    kernel.strided = true;
    executeBackward(softmax, kernel, call(turned));
    expect(seen).toEqual([true, false]);
  });

  it('copies nothing that has no gaps', () => {
    const gradient = ones([2, 3]);
    const given = call(gradient);
    const kernel = (([g]: [Tensor], [x]: [Tensor], [y]: [Tensor]) => {
      expect([g, x, y]).toEqual([gradient, given.inputs[0], given.outputs[0]]);
      expect(g).toBe(gradient);
    }) as unknown as AnyKernel;
    executeBackward(softmax, kernel, given);
  });

  it('fills in zeros where an output has no gradient, even if the output is infinite', () => {
    const kernel = (([g]: [Tensor]) => {
      expect(g.toArray()).toEqual([
        [0, 0, 0],
        [0, 0, 0],
      ]);
    }) as unknown as AnyKernel;
    executeBackward(softmax, kernel, {
      ...call(undefined),
      outputs: [zeros([2, 3]).add(Infinity)],
    });
  });

  it('does not run a kernel for empty results', () => {
    const kernel = (() => expect.unreachable()) as unknown as AnyKernel;
    const [result] = executeBackward(softmax, kernel, call(ones([0, 3]), ones([0, 3])));
    expect(result?.shape).toEqual([0, 3]);
    expect(executeBackward(softmax, kernel, { ...call(ones([2, 3])), needed: [false] })).toEqual([
      undefined,
    ]);
  });

  it('takes gradients back through the activation function first', () => {
    const [x, weight] = [tensor([[1], [-1]]), tensor([[2]])];
    const kernel = (([g]: [Tensor]) => {
      expect(g.toArray()).toEqual([[3], [0]]);
    }) as unknown as AnyKernel;
    executeBackward(declarations.linear as never, kernel, {
      gradients: [tensor([3, 3]).reshape([1, 2]).transpose()],
      inputs: [x, weight, undefined],
      outputs: [tensor([[2], [0]])],
      attributes: { activation: 'relu' },
      needed: [true, true, false],
    });
  });

  it.each([
    ['another shape', () => ones([3, 2])],
    ['fewer elements', () => ones([1, 3])],
    ['another dtype', () => ones([2, 3], { dtype: 'float64' })],
    ['another device', () => ones([2, 3], { device: 'reference' })],
  ])('refuses a gradient of %s', (_, make) => {
    expect(() => executeBackward(softmax, ignore, call(make()))).toThrow(ShapeError);
  });

  it('leaves nothing behind where a kernel throws', () => {
    const x = ones([2, 3]);
    const given = call(ones([3, 2]).transpose(), x);
    const before = memory();
    const kernel = (() => {
      throw new OutOfMemoryError('softmax', 'no room');
    }) as unknown as AnyKernel;
    expect(() => executeBackward(softmax, kernel, given)).toThrow(OutOfMemoryError);
    const { tensors, storages, bytes } = before;
    expect(memory()).toMatchObject({ tensors, storages, bytes });
  });

  it('a hook that changes the shape of a gradient is named, and memory is not read past its end', () => {
    const x = Object.assign(ones([2, 3]), { requiresGrad: true });
    const y = x.softmax(1);
    y.registerHook(() => ones([1]));
    expect(() => y.sum().backward()).toThrow(/a gradient does not fit the output/);
    expect(sameShape(y.shape, [2, 3])).toBe(true);
  });
});
