/** One GPU: its context, textures and programs, and the one function that draws. */

import type { Context } from './context';
import type { UniformValue } from './programs';
import { Programs } from './programs';
import type { Texture } from './textures';
import { Textures } from './textures';

/** What is drawn. */
export interface Drawing {
  /** Tells programs apart: everything that changes the source must be in it. */
  readonly key: string;
  /** Writes the fragment shader; called when the key is new. */
  fragment(): string;
  /** Textures by the names of their samplers. */
  readonly inputs: Readonly<Record<string, Texture>>;
  /** Textures to draw into; none of them may be an input. */
  readonly outputs: readonly Texture[];
  readonly uniforms?: Readonly<Record<string, UniformValue>>;
  /** How many texels matter, from the first; default: all of the texture. */
  readonly texels?: number;
}

/** A context at work. */
export class Gpu {
  readonly gl: WebGL2RenderingContext;
  readonly textures: Textures;
  readonly programs: Programs;
  private readonly several: WebGLFramebuffer;
  private attached = 0;
  /** How many draws there were. */
  draws = 0;

  constructor(readonly context: Context) {
    this.gl = context.gl;
    this.textures = new Textures(context);
    this.programs = new Programs(context);
    this.several = this.gl.createFramebuffer() as WebGLFramebuffer;
  }

  /** Runs a fragment shader over the texels of the outputs. */
  draw({ key, fragment, inputs, outputs, uniforms, texels }: Drawing): void {
    const { gl } = this;
    const [first] = outputs;
    const { setters } = this.programs.use(key, fragment);
    let unit = 0;
    for (const name in inputs) {
      const texture = inputs[name];
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(texture.layers > 1 ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D, texture.handle);
      setters.get(name)?.(unit++);
      setters.get(`${name}Shift`)?.(texture.shift);
      setters.get(`${name}Scale`)?.([2 ** -texture.shift, 1 / texture.height]);
    }
    setters.get('outShift')?.(first.shift);
    for (const name in uniforms) setters.get(name)?.(uniforms[name]);
    if (outputs.length === 1) gl.bindFramebuffer(gl.FRAMEBUFFER, first.framebuffer);
    else this.bindSeveral(outputs);
    const height =
      texels === undefined ? first.height : Math.max(1, Math.ceil(texels / 2 ** first.shift));
    gl.viewport(0, 0, 2 ** first.shift, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.draws++;
  }

  /** A framebuffer of several textures of one size. */
  private bindSeveral(outputs: readonly Texture[]): void {
    const { gl } = this;
    gl.bindFramebuffer(gl.FRAMEBUFFER, this.several);
    for (let i = 0; i < Math.max(outputs.length, this.attached); i++) {
      const handle = outputs[i]?.handle ?? null;
      gl.framebufferTexture2D(gl.FRAMEBUFFER, gl.COLOR_ATTACHMENT0 + i, gl.TEXTURE_2D, handle, 0);
    }
    this.attached = outputs.length;
    gl.drawBuffers(outputs.map((_, i) => gl.COLOR_ATTACHMENT0 + i));
  }
}
