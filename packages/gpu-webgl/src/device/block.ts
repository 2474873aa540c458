/** The memory of storages: elements that lie in a texture, or that are told by a formula and drawn when something else needs them. */

import type { DType } from '@dl/tensor';
import type { Gpu } from './gpu';
import type { Kind, Texture } from './textures';
import { kindOf } from './textures';

/** How elements come about: draws them when they are needed, and lets go of what it was made of. */
export interface Recipe {
  /** Draws the elements into a texture. */
  draw(target: Texture): void;
  /** Lets go of its ingredients; called once, after `draw` or in its place. */
  release(): void;
}

/** Elements on the GPU, which never change: a change in place gives a block another value. */
export class Value {
  /** Blocks and recipes that need the elements. */
  private owners = 1;
  private drawn: Texture | null = null;
  private waiting: Recipe | null = null;
  /** How many recipes were made of this value before it was drawn. */
  readers = 0;

  constructor(
    private readonly gpu: Gpu,
    readonly kind: Kind,
    readonly length: number,
  ) {
    // What is too long for any texture is refused where it is asked for.
    gpu.textures.check(kind, length);
  }

  /** How the elements will come about; null where they are there. */
  get recipe(): Recipe | null {
    return this.waiting;
  }

  /** The texture with the elements, drawn now at the latest; with arbitrary elements where nobody said what they are. */
  get texture(): Texture {
    if (!this.drawn) {
      this.drawn = this.gpu.textures.take(this.kind, this.length);
      const recipe = this.waiting;
      this.waiting = null;
      try {
        recipe?.draw(this.drawn);
      } finally {
        recipe?.release();
      }
    }
    return this.drawn;
  }

  /** Says how the elements come about, before anybody has asked for them. */
  follow(recipe: Recipe): void {
    this.waiting = recipe;
  }

  /** Counts one more owner. */
  retain(): this {
    this.owners++;
    return this;
  }

  /** Counts one owner less; without owners the elements are gone. */
  release(): void {
    if (--this.owners > 0) return;
    if (this.drawn) this.gpu.textures.release(this.drawn);
    this.waiting?.release();
    this.drawn = null;
    this.waiting = null;
  }
}

/** The memory of one storage. */
export class Block {
  readonly kind: Kind;
  private current: Value;

  constructor(
    private readonly gpu: Gpu,
    readonly dtype: DType,
    readonly length: number,
  ) {
    this.kind = kindOf(dtype);
    this.current = new Value(gpu, this.kind, length);
  }

  /** The elements as they are now. */
  get value(): Value {
    return this.current;
  }

  /** The texture with the elements; kernels draw into it where the storage is new. */
  get texture(): Texture {
    return this.current.texture;
  }

  /**
   * Changes the elements: `draw` gets a texture to draw the new ones into, while the old ones can be read. Whoever still needs those
   * keeps them.
   */
  change(draw: (target: Texture) => void): void {
    changeTogether([this], ([target]) => draw(target));
  }

  /** Room for other elements of the same kind. */
  successor(): Value {
    return new Value(this.gpu, this.kind, this.length);
  }

  /** Takes other elements in the place of its own. */
  replace(next: Value): void {
    this.current.release();
    this.current = next;
  }

  /** Lets go of the elements. */
  free(): void {
    this.current.release();
  }
}

/** What has a storage: tensors, and the temporaries of kernels. */
type Stored = { readonly storage: { readonly buffer: object } };

/** The memory of a tensor's storage. */
export function blockOf(x: Stored): Block {
  return x.storage.buffer as Block;
}

/** The texture with the elements of a tensor's storage. */
export function textureOf(x: Stored): Texture {
  return blockOf(x).texture;
}

/** Changes the elements of several blocks in one draw, which gets a texture for each; if it fails nothing has changed. */
export function changeTogether(
  blocks: readonly Block[],
  draw: (targets: readonly Texture[]) => void,
): void {
  const fresh = blocks.map((block) => block.successor());
  try {
    draw(fresh.map((value) => value.texture));
  } catch (error) {
    for (const value of fresh) value.release();
    throw error;
  }
  blocks.forEach((block, i) => {
    block.replace(fresh[i]);
  });
}
