/** Finding a WebGL2 context that can draw into float textures, and what it can do. */

/** What a context can do. */
export interface Limits {
  /** The longest side of a texture. */
  readonly textureSize: number;
  /** Render targets of one draw. */
  readonly drawBuffers: number;
  /** Textures that one program reads. */
  readonly textureUnits: number;
  /** Whether fragments can be added up in float textures. */
  readonly floatBlend: boolean;
}

/** A context and its limits. */
export interface Context {
  readonly gl: WebGL2RenderingContext;
  readonly canvas: HTMLCanvasElement | OffscreenCanvas;
  readonly limits: Limits;
}

const ATTRIBUTES: WebGLContextAttributes = {
  alpha: false,
  antialias: false,
  depth: false,
  stencil: false,
  premultipliedAlpha: false,
  preserveDrawingBuffer: false,
  powerPreference: 'high-performance',
};

function makeCanvas(): HTMLCanvasElement | OffscreenCanvas | null {
  if (typeof OffscreenCanvas === 'function') return new OffscreenCanvas(1, 1);
  return typeof document === 'object' ? document.createElement('canvas') : null;
}

/**
 * Opens a context of its own, on a canvas that is never shown.
 *
 * @returns the context, or a sentence that says what this runtime lacks.
 */
export function openContext(): Context | string {
  const canvas = makeCanvas();
  if (!canvas)
    return 'there is no canvas: WebGL needs a browser, on its main thread or in a worker';
  const gl = canvas.getContext('webgl2', ATTRIBUTES) as WebGL2RenderingContext | null;
  if (!gl) return 'the browser gives no WebGL2 context';
  if (!gl.getExtension('EXT_color_buffer_float'))
    return 'the GPU does not draw into float textures (EXT_color_buffer_float)';
  return { gl, canvas, limits: limitsOf(gl) };
}

function limitsOf(gl: WebGL2RenderingContext): Limits {
  return {
    textureSize: gl.getParameter(gl.MAX_TEXTURE_SIZE),
    drawBuffers: Math.min(
      8,
      gl.getParameter(gl.MAX_DRAW_BUFFERS),
      gl.getParameter(gl.MAX_COLOR_ATTACHMENTS),
    ),
    textureUnits: gl.getParameter(gl.MAX_TEXTURE_IMAGE_UNITS),
    floatBlend: gl.getExtension('EXT_float_blend') !== null,
  };
}
