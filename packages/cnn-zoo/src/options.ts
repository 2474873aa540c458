/** What the models can be told. */

import { ValueError } from '@dl/tensor';

/** 'd2l': as Dive into Deep Learning (Zhang et al., d2l.ai) defines it; 'torchvision': as torchvision does, down to the names of the parameters. */
export type Variant = 'd2l' | 'torchvision';

/** Options of all models. */
export interface ModelOptions {
  /** Whose definition. Default 'torchvision' where it has the model, otherwise 'd2l'. */
  readonly variant?: Variant;
  /** Channels of the images. Default 3. */
  readonly inChannels?: number;
  /** How many classes are told apart. Default 1000; 10 for LeNet. */
  readonly classes?: number;
  /** 'small' begins with small steps, for images of about 32 × 32. Default 'standard', for 224 × 224. */
  readonly stem?: 'standard' | 'small';
}

/** Options with their defaults filled in. */
export type Resolved<O extends ModelOptions = ModelOptions> = O & Required<ModelOptions>;

/** Fills in the defaults. @throws ValueError for counts that are not positive integers and variants that do not exist. */
export function resolve<O extends ModelOptions>(
  model: string,
  options: O,
  variants: readonly Variant[] = ['torchvision', 'd2l'],
): Resolved<O> {
  const { variant = variants[0], inChannels = 3, classes = 1000, stem = 'standard' } = options;
  if (!variants.includes(variant)) {
    throw new ValueError(model, `there is no variant ${variant}`, {
      expected: variants.join(' or '),
    });
  }
  for (const [name, value] of Object.entries({ inChannels, classes })) {
    expectCount(model, name, value);
  }
  if (stem !== 'standard' && stem !== 'small') {
    throw new ValueError(model, 'there is no such stem', {
      args: { stem },
      expected: "'standard' or 'small'",
    });
  }
  return { ...options, variant, inChannels, classes, stem };
}

/** Refuses a number of layers, channels or classes that is not a positive integer. */
export function expectCount(owner: string, name: string, value: number): void {
  if (Number.isSafeInteger(value) && value > 0) return;
  throw new ValueError(owner, `${name} must be a positive integer`, { args: { [name]: value } });
}
