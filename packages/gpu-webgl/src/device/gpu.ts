/** One GPU: its context, textures and programs, and the one function that draws. */

import type { Context } from './context';
import type { Program, UniformValue } from './programs';
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

/** Points that are drawn into a texture, in their order. */
export interface PointDrawing extends Pick<Drawing, 'key' | 'inputs' | 'uniforms'> {
  /** Writes the vertex and the fragment shader; called when the key is new. */
  source(): { readonly vertex: string; readonly fragment: string };
  readonly output: Texture;
  readonly count: number;
  /** Whether points are added to what is there, or take its place. */
  readonly adds: boolean;
  /** Whether points write all four elements of a texel, or one of them: then there is a pass for each, whose number is the uniform `lane`. */
  readonly lanes: 'all' | 'each';
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
    this.bind(setters, inputs, uniforms);
    setters.get('outShift')?.(first.shift);
    if (outputs.length === 1) gl.bindFramebuffer(gl.FRAMEBUFFER, first.framebuffer);
    else this.bindSeveral(outputs);
    const height =
      texels === undefined ? first.height : Math.max(1, Math.ceil(texels / 2 ** first.shift));
    gl.viewport(0, 0, 2 ** first.shift, height);
    gl.drawArrays(gl.TRIANGLES, 0, 3);
    this.draws++;
  }

  /** Draws points into a texture. */
  drawPoints({ key, source, inputs, output, uniforms, count, adds, lanes }: PointDrawing): void {
    const { gl } = this;
    const { setters } = this.programs.use(
      key,
      () => source().fragment,
      () => source().vertex,
    );
    this.bind(setters, inputs, uniforms);
    setters.get('outShift')?.(output.shift);
    setters.get('outHeight')?.(output.height);
    gl.bindFramebuffer(gl.FRAMEBUFFER, output.framebuffer);
    gl.viewport(0, 0, 2 ** output.shift, output.height);
    if (adds) {
      gl.enable(gl.BLEND);
      gl.blendFunc(gl.ONE, gl.ONE);
    }
    for (const lane of lanes === 'each' ? [0, 1, 2, 3] : [-1]) {
      setters.get('lane')?.(lane);
      if (lane >= 0) gl.colorMask(lane === 0, lane === 1, lane === 2, lane === 3);
      gl.drawArrays(gl.POINTS, 0, count);
      this.draws++;
    }
    gl.colorMask(true, true, true, true);
    gl.disable(gl.BLEND);
  }

  /** Gives a program its textures and numbers. */
  private bind(
    setters: Program['setters'],
    inputs: Drawing['inputs'],
    uniforms: Drawing['uniforms'],
  ): void {
    const { gl } = this;
    let unit = 0;
    for (const name in inputs) {
      const texture = inputs[name];
      gl.activeTexture(gl.TEXTURE0 + unit);
      gl.bindTexture(texture.layers > 1 ? gl.TEXTURE_2D_ARRAY : gl.TEXTURE_2D, texture.handle);
      setters.get(name)?.(unit++);
      setters.get(`${name}Shift`)?.(texture.shift);
      setters.get(`${name}Scale`)?.([2 ** -texture.shift, 1 / texture.height]);
    }
    for (const name in uniforms) setters.get(name)?.(uniforms[name]);
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
