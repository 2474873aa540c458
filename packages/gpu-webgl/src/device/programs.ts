/** Programs of the GPU: compiled once for each kind of work, whatever the sizes, which are uniforms. */

import { UsageError } from '@dl/tensor';
import type { Context } from './context';

/** A number, or numbers, for a uniform of GLSL; its declaration says which function sets it. */
export type UniformValue = number | ArrayLike<number>;

/** A compiled program. */
export interface Program {
  readonly handle: WebGLProgram;
  readonly setters: ReadonlyMap<string, (value: UniformValue) => void>;
}

const VERTEX = `#version 300 es
void main() {
  // One triangle that covers the viewport.
  gl_Position = vec4(4. * float(gl_VertexID & 1) - 1., 2. * float(gl_VertexID & 2) - 1., 0., 1.);
}`;

/** The programs of a context. */
export class Programs {
  private readonly programs = new Map<string, Program>();
  private vertex: WebGLShader | null = null;
  private current: Program | null = null;

  constructor(private readonly context: Context) {}

  /** How many were compiled. */
  get count(): number {
    return this.programs.size;
  }

  /** The program of a key, compiled at its first use, and made current. `fragment` writes its source. */
  use(key: string, fragment: () => string, vertex?: () => string): Program {
    let program = this.programs.get(key);
    if (!program) {
      program = this.compile(key, fragment(), vertex?.());
      this.programs.set(key, program);
    }
    if (program !== this.current) this.context.gl.useProgram(program.handle);
    this.current = program;
    return program;
  }

  private compile(key: string, fragment: string, vertex?: string): Program {
    const { gl } = this.context;
    const handle = gl.createProgram();
    const own = vertex !== undefined ? this.shader(gl.VERTEX_SHADER, vertex) : null;
    this.vertex ??= this.shader(gl.VERTEX_SHADER, VERTEX);
    const painter = this.shader(gl.FRAGMENT_SHADER, fragment);
    gl.attachShader(handle, own ?? this.vertex);
    gl.attachShader(handle, painter);
    gl.linkProgram(handle);
    if (!gl.getProgramParameter(handle, gl.LINK_STATUS) && !gl.isContextLost()) {
      const log = [gl.getShaderInfoLog(painter), own && gl.getShaderInfoLog(own)];
      throw new UsageError('webgl', `the program ${key} does not compile`, {
        hint: `${[gl.getProgramInfoLog(handle), ...log].filter(Boolean).join('\n')}\n${numbered(fragment)}`,
      });
    }
    gl.deleteShader(painter);
    if (own) gl.deleteShader(own);
    return { handle, setters: settersOf(gl, handle) };
  }

  private shader(type: number, source: string): WebGLShader {
    const { gl } = this.context;
    const shader = gl.createShader(type) as WebGLShader;
    gl.shaderSource(shader, source);
    gl.compileShader(shader);
    return shader;
  }
}

function numbered(source: string): string {
  return source
    .split('\n')
    .map((line, i) => `${i + 1}: ${line}`)
    .join('\n');
}

/** A function for each uniform that is used, by its name. */
function settersOf(gl: WebGL2RenderingContext, program: WebGLProgram) {
  const setters = new Map<string, (value: UniformValue) => void>();
  const count = gl.getProgramParameter(program, gl.ACTIVE_UNIFORMS) ?? 0;
  for (let i = 0; i < count; i++) {
    const info = gl.getActiveUniform(program, i);
    if (!info) continue;
    const place = gl.getUniformLocation(program, info.name);
    const set = setterOf(gl, info, place);
    setters.set(info.name.replace(/\[0\]$/, ''), set);
  }
  return setters;
}

function setterOf(
  gl: WebGL2RenderingContext,
  { type, size, name }: WebGLActiveInfo,
  place: WebGLUniformLocation | null,
): (value: UniformValue) => void {
  const many = size > 1 || name.endsWith('[0]');
  switch (type) {
    case gl.FLOAT:
      if (many) return (v) => gl.uniform1fv(place, v as Float32List);
      return (v) => gl.uniform1f(place, v as number);
    case gl.INT:
      if (many) return (v) => gl.uniform1iv(place, v as Int32List);
      return (v) => gl.uniform1i(place, v as number);
    case gl.UNSIGNED_INT:
      if (many) return (v) => gl.uniform1uiv(place, v as Uint32List);
      return (v) => gl.uniform1ui(place, v as number);
    case gl.INT_VEC2:
      return (v) => gl.uniform2iv(place, v as Int32List);
    case gl.INT_VEC4:
      return (v) => gl.uniform4iv(place, v as Int32List);
    case gl.FLOAT_VEC2:
      return (v) => gl.uniform2fv(place, v as Float32List);
    case gl.FLOAT_VEC4:
      return (v) => gl.uniform4fv(place, v as Float32List);
    default:
      // Samplers.
      return (v) => gl.uniform1i(place, v as number);
  }
}
