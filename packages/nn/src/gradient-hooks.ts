/** Hooks on the gradients of a module: two nodes of the graph, one before and one after its `forward`. */

import { customFunction, leavesOf, mapTree } from '@dl/autograd';
import type { Tensor } from '@dl/tensor';
import { alias, keep } from '@dl/tensor';
import type { BackwardHook, Gradients, Module } from './module';

/** Runs `forward` between two identities, which see the gradients pass. */
export function watchGradients(
  module: Module,
  inputs: readonly unknown[],
  forward: (inputs: readonly unknown[]) => unknown,
  hooks: readonly BackwardHook[],
): unknown {
  const { name } = module.constructor;
  const wants = leavesOf(inputs).some((x) => x.requiresGrad);
  let outputGradients: Gradients = [];
  const call = (given: Gradients): Gradients => {
    let gradients = given;
    for (const hook of hooks) gradients = hook(module, gradients, outputGradients) ?? gradients;
    for (const gradient of outputGradients) gradient?.dispose();
    outputGradients = [];
    return gradients;
  };
  const output = forward(through(inputs, `${name}.inputs`, call));
  return through(output, `${name}.outputs`, (gradients) => {
    // The backward pass frees them before it comes to the inputs.
    outputGradients = gradients.map((gradient) => gradient && keep(alias(gradient)));
    if (!wants) call(leavesOf(inputs).map(() => undefined));
    return gradients;
  });
}

/** `value` with the tensors that require a gradient led through one identity, whose gradients `look` sees and may replace. */
function through<T>(value: T, name: string, look: (gradients: Gradients) => Gradients): T {
  const tensors = leavesOf(value);
  const places = tensors.flatMap((x, i) => (x.requiresGrad ? [i] : []));
  if (places.length === 0) return value;
  const identity = customFunction<readonly Tensor[]>({
    name,
    forward: (...xs) => xs,
    backward: (gradients) => {
      const passed = look(tensors.map((_, i) => gradients[places.indexOf(i)]));
      return places.map((i) => passed[i]);
    },
  });
  const passed = identity(...places.map((i) => tensors[i]));
  let next = 0;
  return mapTree(value, (x) => {
    const place = places.indexOf(next++);
    return place < 0 ? x : passed[place];
  });
}
