/**
 * Memory of the GPU. Elements lie row-major, four to a texel, in textures whose width is a power of two, so that the place of an
 * element is a shift and a mask away from its number. Textures that are given back wait in a pool of bounded size.
 */

import type { DType } from '@dl/tensor';
import { OutOfMemoryError } from '@dl/tensor';
import type { Context } from './context';

/** What a texel holds: four floats, four int32, or four bytes. */
export type Kind = 'float' | 'int' | 'byte';

/** The kind of texture that holds a dtype. */
export function kindOf(dtype: DType): Kind {
  return dtype === 'float32' ? 'float' : dtype === 'int32' ? 'int' : 'byte';
}

/** Bytes of an element of each kind. */
export const BYTES: Readonly<Record<Kind, number>> = { float: 4, int: 4, byte: 1 };

/** How WebGL names the texels of each kind. */
export const FORMATS = {
  float: { internal: 'RGBA32F', format: 'RGBA', type: 'FLOAT' },
  int: { internal: 'RGBA32I', format: 'RGBA_INTEGER', type: 'INT' },
  byte: { internal: 'RGBA8UI', format: 'RGBA_INTEGER', type: 'UNSIGNED_BYTE' },
} as const;

/** Width (as a power of two) and height of the texture for a number of texels. */
export interface Size {
  readonly shift: number;
  readonly height: number;
}

interface Layered extends Size {
  /** Textures of this size that lie behind each other; a program draws into all of them at once. */
  readonly layers: number;
}

/** A texture, and the framebuffer that draws into it. */
export interface Texture extends Layered {
  readonly kind: Kind;
  readonly handle: WebGLTexture;
  readonly framebuffer: WebGLFramebuffer;
}

/** Bytes that a texture takes. */
function bytesOf({
  kind,
  shift,
  height,
  layers,
}: Pick<Texture, 'kind' | 'shift' | 'height' | 'layers'>): number {
  return 4 * BYTES[kind] * height * layers * 2 ** shift;
}

/**
 * The size of the texture for `length` elements: about square, its height rounded up by at most an eighth so that textures of
 * similar lengths can take each other's places; null where no texture is large enough.
 */
export function sizeFor(length: number, longest: number): Size | null {
  const texels = Math.max(1, Math.ceil(length / 4));
  const widest = Math.floor(Math.log2(longest));
  const shift = Math.min(widest, Math.max(0, Math.ceil(Math.log2(Math.sqrt(texels)))));
  const rows = Math.ceil(texels / 2 ** shift);
  const grain = rows > 8 ? 2 ** (Math.floor(Math.log2(rows)) - 3) : 1;
  const height = Math.ceil(rows / grain) * grain;
  if (height <= longest) return { shift, height };
  return rows <= longest ? { shift, height: longest } : null;
}

/** Bytes of waiting textures that are kept at most. */
const MOST_WAITING = 256 * 2 ** 20;

/** All textures of a context. */
export class Textures {
  private readonly waiting = new Map<string, Texture[]>();
  private waitingBytes = 0;
  /** How many exist, waiting ones included. */
  count = 0;
  /** Bytes of all that exist, waiting ones included. */
  bytes = 0;

  constructor(private readonly context: Context) {}

  /**
   * A texture with arbitrary contents.
   *
   * @param layers - how many textures of that size, behind each other. Default 1.
   * @throws OutOfMemoryError where none is large enough, or the GPU has no memory left.
   */
  take(kind: Kind, length: number, layers = 1): Texture {
    const size = { ...this.check(kind, length), layers };
    const list = this.waiting.get(classOf(kind, size));
    const known = list?.pop();
    if (known) {
      this.waitingBytes -= bytesOf(known);
      return known;
    }
    const { gl } = this.context;
    // A lost context draws nothing; the next read says so.
    if (gl.isContextLost()) return { kind, ...size, handle: {}, framebuffer: {} };
    return this.create(kind, size) ?? this.createAfterClearing(kind, size, length);
  }

  /** The size of a texture for so many elements. @throws OutOfMemoryError where none is large enough. */
  check(kind: Kind, length: number): Size {
    const { textureSize } = this.context.limits;
    const size = sizeFor(length, textureSize);
    if (!size) throw tooLong(kind, length, textureSize);
    return size;
  }

  private createAfterClearing(kind: Kind, size: Layered, length: number): Texture {
    this.clear();
    const texture = this.create(kind, size);
    if (texture) return texture;
    throw new OutOfMemoryError('allocate', `the GPU has no room for ${length} elements`, {
      args: { bytes: bytesOf({ kind, ...size }), 'bytes in use': this.bytes },
      hint: 'use smaller batches, or free tensors: scope(), dispose(), memory()',
    });
  }

  private create(kind: Kind, { shift, height, layers }: Layered): Texture | null {
    const { gl } = this.context;
    const handle = gl.createTexture();
    const framebuffer = gl.createFramebuffer();
    if (!handle || !framebuffer) return null;
    const target = layers > 1 ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D;
    const format = gl[FORMATS[kind].internal];
    gl.bindTexture(target, handle);
    if (layers > 1) gl.texStorage3D(target, 1, format, 2 ** shift, height, layers);
    else gl.texStorage2D(target, 1, format, 2 ** shift, height);
    gl.texParameteri(target, gl.TEXTURE_MIN_FILTER, gl.NEAREST);
    gl.texParameteri(target, gl.TEXTURE_MAG_FILTER, gl.NEAREST);
    gl.texParameteri(target, gl.TEXTURE_WRAP_S, gl.CLAMP_TO_EDGE);
    gl.texParameteri(target, gl.TEXTURE_WRAP_T, gl.CLAMP_TO_EDGE);
    gl.bindFramebuffer(gl.FRAMEBUFFER, framebuffer);
    attach(gl, handle, layers);
    if (gl.getError() !== gl.NO_ERROR && !gl.isContextLost()) {
      gl.deleteTexture(handle);
      gl.deleteFramebuffer(framebuffer);
      return null;
    }
    const texture: Texture = { kind, shift, height, layers, handle, framebuffer };
    this.count++;
    this.bytes += bytesOf(texture);
    return texture;
  }

  /** Takes a texture back; it waits for the next one of its size. */
  release(texture: Texture): void {
    const name = classOf(texture.kind, texture);
    const list = this.waiting.get(name);
    if (list) list.push(texture);
    else this.waiting.set(name, [texture]);
    this.waitingBytes += bytesOf(texture);
    if (this.waitingBytes > MOST_WAITING) this.clear();
  }

  /** Deletes all textures that wait. */
  clear(): void {
    for (const list of this.waiting.values()) for (const texture of list) this.delete(texture);
    this.waiting.clear();
    this.waitingBytes = 0;
  }

  private delete(texture: Texture): void {
    const { gl } = this.context;
    gl.deleteFramebuffer(texture.framebuffer);
    gl.deleteTexture(texture.handle);
    this.count--;
    this.bytes -= bytesOf(texture);
  }
}

/** Makes all layers of a texture the targets of the current framebuffer. */
function attach(gl: WebGL2RenderingContext, handle: WebGLTexture, layers: number): void {
  const places = Array.from({ length: layers }, (_, i) => gl.COLOR_ATTACHMENT0 + i);
  places.forEach((place, i) => {
    if (layers > 1) gl.framebufferTextureLayer(gl.FRAMEBUFFER, place, handle, 0, i);
    else gl.framebufferTexture2D(gl.FRAMEBUFFER, place, gl.TEXTURE_2D, handle, 0);
  });
  gl.drawBuffers(places);
}

function classOf(kind: Kind, { shift, height, layers }: Layered): string {
  return `${kind} ${shift} ${height} ${layers}`;
}

function tooLong(kind: Kind, length: number, longest: number): OutOfMemoryError {
  return new OutOfMemoryError('allocate', `no texture holds ${length} elements of kind ${kind}`, {
    expected: `at most ${4 * 4 ** Math.floor(Math.log2(longest))} elements in one tensor on this GPU`,
    hint: 'use smaller batches',
  });
}
