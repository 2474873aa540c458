/** Steps of optimisers: a parameter and its state are changed by one draw into several textures. */

import type { FusedKernels, Kernel, Tensor } from '@dl/tensor';
import { blockOf, changeTogether, textureOf } from '../device/block';
import type { Gpu } from '../device/gpu';
import { functionsFor } from '../glsl/functions';
import { fragment } from '../glsl/program';

/** A step as text: `p` is the parameter, `g` its gradient, `s0` to `s2` the state as far as there is any. */
interface Step {
  readonly key: string;
  /** Statements that compute `p` and the states anew. */
  readonly statements: readonly string[];
  readonly uniforms: Readonly<Record<string, number>>;
}

const NAMES = ['P', 'G', 'S0', 'S1', 'S2'];
const VARIABLES = ['p', 'g', 's0', 's1', 's2'];

/** Whether all tensors are the whole of storages of their own. */
function areWhole(inputs: readonly (Tensor | undefined)[]): boolean {
  const storages = new Set<unknown>();
  return inputs.every((x) => {
    if (!x) return true;
    const isNew = !storages.has(x.storage);
    storages.add(x.storage);
    return (
      isNew && x.offset === 0 && x.size === x.storage.length && x.storage.constant === undefined
    );
  });
}

/** Draws a step: all inputs but the gradient are changed. */
function perform(gpu: Gpu, inputs: readonly (Tensor | undefined)[], step: Step): void {
  const places = inputs.flatMap((x, i) => (x ? [i] : []));
  const changed = places.filter((i) => i !== 1);
  const tensors = inputs as readonly Tensor[];
  if (tensors[0].size === 0) return;
  changeTogether(
    changed.map((i) => blockOf(tensors[i])),
    (targets) => {
      gpu.draw({
        key: `${step.key} ${places.join('')}`,
        fragment: () =>
          fragment({
            inputs: Object.fromEntries(places.map((i) => [NAMES[i], 'float'])),
            outputs: changed.map(() => 'float'),
            uniforms: Object.keys(step.uniforms).map((name) => `float ${name}`),
            functions: functionsFor(['max4']),
            body: [
              ...places.map((i) => `  vec4 ${VARIABLES[i]} = ${NAMES[i]}4(t);`),
              ...step.statements.map((line) => `  ${line};`),
              ...changed.map((i, at) => `  y${at} = ${VARIABLES[i]};`),
            ].join('\n'),
          }),
        inputs: Object.fromEntries(places.map((i) => [NAMES[i], textureOf(tensors[i])])),
        outputs: targets,
        uniforms: step.uniforms,
        texels: Math.ceil(tensors[0].size / 4),
      });
    },
  );
}

const DECAY = 'g += weightDecay * p';

function kernel<K extends 'sgdStep' | 'adamStep' | 'rmspropStep' | 'adagradStep'>(
  gpu: Gpu,
  stepOf: (inputs: Parameters<Kernel<K>>[0], attributes: Parameters<Kernel<K>>[1]) => Step,
): Kernel<K> {
  const run: Kernel<K> = (inputs, attributes) => perform(gpu, inputs, stepOf(inputs, attributes));
  run.supports = (inputs) => areWhole(inputs);
  return run;
}

/** The kernels of optimisers' steps. */
export function optimizerKernels(gpu: Gpu): FusedKernels {
  return {
    sgdStep: kernel<'sgdStep'>(gpu, ([, , buffer], attributes): Step => {
      const { lr, momentum, dampening, weightDecay, nesterov, first } = attributes;
      if (!buffer) {
        return { key: 'sgd', statements: [DECAY, 'p -= lr * g'], uniforms: { lr, weightDecay } };
      }
      const velocity = first ? 's0 = g' : 's0 = momentum * s0 + (1. - dampening) * g';
      const direction = nesterov ? 'g + momentum * s0' : 's0';
      return {
        key: `sgd ${first} ${nesterov}`,
        statements: [DECAY, velocity, `p -= lr * (${direction})`],
        uniforms: { lr, weightDecay, momentum, dampening },
      };
    }),
    adamStep: kernel<'adamStep'>(gpu, ([, , , , largest], attributes): Step => {
      const { lr, beta1, beta2, eps, weightDecay, decoupled, step } = attributes;
      return {
        key: `adam ${decoupled}`,
        statements: [
          decoupled ? 'p *= kept' : DECAY,
          's0 = beta1 * s0 + rest1 * g',
          's1 = beta2 * s1 + rest2 * g * g',
          ...(largest ? ['s2 = max4(s2, s1)'] : []),
          `p -= rate * s0 / (sqrt(${largest ? 's2' : 's1'}) / root + eps)`,
        ],
        uniforms: {
          ...(decoupled ? { kept: 1 - lr * weightDecay } : { weightDecay }),
          ...{ beta1, beta2, eps, rest1: 1 - beta1, rest2: 1 - beta2 },
          rate: lr / (1 - beta1 ** step),
          root: Math.sqrt(1 - beta2 ** step),
        },
      };
    }),
    rmspropStep: kernel<'rmspropStep'>(gpu, ([, , , mean, velocity], attributes) => {
      const { lr, alpha, eps, epsPlace, weightDecay, momentum } = attributes;
      const spread = mean ? '(s0 - s1 * s1)' : 's0';
      const root = epsPlace === 'inside' ? `sqrt(${spread} + eps)` : `(sqrt(${spread}) + eps)`;
      return {
        key: `rmsprop ${epsPlace}`,
        statements: [
          DECAY,
          's0 = alpha * s0 + rest * g * g',
          ...(mean ? ['s1 = alpha * s1 + rest * g'] : []),
          `g /= ${root}`,
          ...(velocity ? ['s2 = momentum * s2 + g', 'g = s2'] : []),
          'p -= lr * g',
        ],
        uniforms: { lr, alpha, rest: 1 - alpha, eps, weightDecay, momentum },
      };
    }),
    adagradStep: kernel<'adagradStep'>(gpu, (_, { lr, eps, epsPlace, weightDecay }) => ({
      key: `adagrad ${epsPlace}`,
      statements: [
        DECAY,
        's0 += g * g',
        `p -= lr * g / ${epsPlace === 'inside' ? 'sqrt(s0 + eps)' : '(sqrt(s0) + eps)'}`,
      ],
      uniforms: { lr, eps, weightDecay },
    })),
  };
}
