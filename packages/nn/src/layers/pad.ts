/** Layers that surround images and sequences with more elements; none has parameters. */

import type { PadMode, Tensor } from '@dl/tensor';
import { pad, ShapeError, ValueError } from '@dl/tensor';
import { Module } from '../module';
import { takes } from '../signatures';

/** What the padding layers have in common. */
abstract class Padding extends Module {
  /** How many elements before and after the last axis, then of the one before it. */
  readonly padding: readonly number[];

  constructor(
    padding: number | readonly number[],
    axes: number,
    private readonly mode: PadMode,
    private readonly value = 0,
  ) {
    super();
    takes('Padding', arguments, new.target.name);
    this.padding =
      typeof padding === 'number' ? new Array<number>(2 * axes).fill(padding) : [...padding];
    if (this.padding.length !== 2 * axes || !this.padding.every(Number.isInteger)) {
      throw new ValueError(
        new.target.name,
        'padding must be one integer or a pair for every axis',
        {
          args: { padding },
          expected: axes === 1 ? '[left, right]' : '[left, right, top, bottom]',
        },
      );
    }
  }

  /** Computes the output. @param x - with or without an axis for the batch. @throws ShapeError where there is not enough to reflect. */
  forward(x: Tensor): Tensor {
    takes('Padding.forward', arguments);
    const axes = this.padding.length / 2;
    if (x.ndim !== axes + 1 && x.ndim !== axes + 2) {
      throw new ShapeError(this.constructor.name, 'x has a wrong number of axes', {
        args: { x },
        expected: axes === 1 ? 'x: [N, C, L] or [C, L]' : 'x: [N, C, H, W] or [C, H, W]',
      });
    }
    return pad(x, this.padding, { mode: this.mode, value: this.value });
  }

  override describe(): string {
    return this.padding.join(', ');
  }
}

/** A constant before and after sequences. */
export class ConstantPad1d extends Padding {
  /** Makes the layer. @param padding - [left, right], or one number for both. @param value - what is put there. */
  constructor(padding: number | readonly [number, number], value: number) {
    super(padding, 1, 'constant', value);
    takes('ConstantPad1d', arguments);
  }
}

/** A constant around images. */
export class ConstantPad2d extends Padding {
  /** Makes the layer. @param padding - [left, right, top, bottom], or one number for all. @param value - what is put there. */
  constructor(padding: number | readonly [number, number, number, number], value: number) {
    super(padding, 2, 'constant', value);
    takes('ConstantPad2d', arguments);
  }
}

/** Zeros around images. */
export class ZeroPad2d extends Padding {
  /** Makes the layer. @param padding - [left, right, top, bottom], or one number for all. */
  constructor(padding: number | readonly [number, number, number, number]) {
    super(padding, 2, 'constant');
    takes('ZeroPad2d', arguments);
  }
}

/** Sequences reflected at their ends, which are not repeated. */
export class ReflectionPad1d extends Padding {
  /** Makes the layer. @param padding - [left, right], or one number for both. */
  constructor(padding: number | readonly [number, number]) {
    super(padding, 1, 'reflect');
    takes('ReflectionPad1d', arguments);
  }
}

/** Images reflected at their edges, which are not repeated. */
export class ReflectionPad2d extends Padding {
  /** Makes the layer. @param padding - [left, right, top, bottom], or one number for all. */
  constructor(padding: number | readonly [number, number, number, number]) {
    super(padding, 2, 'reflect');
    takes('ReflectionPad2d', arguments);
  }
}

/** Sequences whose ends are repeated. */
export class ReplicationPad1d extends Padding {
  /** Makes the layer. @param padding - [left, right], or one number for both. */
  constructor(padding: number | readonly [number, number]) {
    super(padding, 1, 'replicate');
    takes('ReplicationPad1d', arguments);
  }
}

/** Images whose edges are repeated. */
export class ReplicationPad2d extends Padding {
  /** Makes the layer. @param padding - [left, right, top, bottom], or one number for all. */
  constructor(padding: number | readonly [number, number, number, number]) {
    super(padding, 2, 'replicate');
    takes('ReplicationPad2d', arguments);
  }
}
