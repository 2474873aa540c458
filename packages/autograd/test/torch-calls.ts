/** How PyTorch's calls, as recorded by packages/autograd/test/fixtures/opinfo.py, are written with @dl/tensor. */

import type { Tensor } from '@dl/tensor';
import * as dl from '@dl/tensor';
import { normalizeLayer } from '@dl/tensor/internal';

// biome-ignore lint/suspicious/noExplicitAny: recorded arguments are of any kind
type Any = any;
export type Call = (args: Any[], kw: Record<string, Any>) => unknown;

/** Functions that take the same arguments in the same order, tensors and numbers alike. */
const same =
  (f: (...args: Any[]) => unknown): Call =>
  (args, kw) =>
    f(...args, ...Object.values(kw));
/** Functions whose first argument alone counts. */
const one =
  (f: (x: Tensor) => unknown): Call =>
  ([x]) =>
    f(x);
const list = (value: unknown): number[] =>
  Array.isArray(value) ? value.flat() : [value as number];
/** Sizes or axes given as a list or as several arguments. */
const rest = (args: Any[]): number[] => list(args.slice(1).flat());
const axesOf = (value: Any): Any =>
  Array.isArray(value) && value.length === 0 ? undefined : (value ?? undefined);
/** dim and keepdim by position or by name. */
const reduction =
  (f: (x: Tensor, axes: Any, options: dl.KeepdimOptions) => unknown): Call =>
  ([x, dim, keep], kw) => {
    const wide = kw.dtype?.dtype ? dl.cast(x, kw.dtype.dtype) : x;
    return f(wide, axesOf(dim ?? kw.dim), { keepdim: keep ?? kw.keepdim });
  };
const picked = (result: Any) => (dl.isTensor(result) ? result : [result.values, result.indices]);
const extreme =
  (f: Any): Call =>
  ([x, dim, keep], kw) => {
    const by = dim ?? kw.dim ?? kw.other;
    return picked(by === undefined ? f(x) : f(x, by, { keepdim: keep ?? kw.keepdim }));
  };
const moments =
  (f: Any, both?: string): Call =>
  ([x, a, b, c], kw) => {
    const flag = typeof a === 'boolean';
    const options: Any = {
      unbiased: flag ? a : typeof b === 'boolean' ? b : kw.unbiased,
      correction: kw.correction ?? undefined,
      keepdim: (flag ? undefined : c) ?? kw.keepdim,
    };
    const result = f(x, axesOf(flag ? kw.dim : (a ?? kw.dim)), options);
    return both ? [result[both], result.mean] : result;
  };
const weighted =
  (f: Any): Call =>
  ([x, a, b], kw) =>
    f(x, a, b, kw);
const alpha =
  (f: Any): Call =>
  ([a, b], kw) =>
    f(a, b ?? kw.other, { alpha: kw.alpha ?? 1 });
const pairs =
  (f: Any): Call =>
  ([a, b], kw) =>
    f(a, b ?? kw.other);

const single = (value: Any): Any => (Array.isArray(value) ? value[0] : value);
/** The options of windows by PyTorch's names; `flat` for sequences, whose options are single numbers. */
const windowOptions = (kw: Record<string, Any>, flat: boolean): Any => {
  const names: Record<string, string> = {
    ceil_mode: 'ceilMode',
    count_include_pad: 'countIncludePad',
    divisor_override: 'divisorOverride',
    output_padding: 'outputPadding',
  };
  const known = /^(stride|padding|dilation|groups)$/;
  const entries = Object.entries(kw).flatMap(([name, value]) => {
    const own = names[name] ?? (known.test(name) ? name : undefined);
    return own && value !== null ? [[own, flat || value.length === 1 ? single(value) : value]] : [];
  });
  return Object.fromEntries(entries);
};
/** Convolutions: input, weight, bias, and then the names given, by position or by name. */
const convolution =
  (f: Any, flat: boolean, names: string[]): Call =>
  ([x, w, b, ...more], kw) => {
    const positional = Object.fromEntries(more.map((value, i) => [names[i], value]));
    return f(x, w, b ?? kw.bias ?? undefined, windowOptions({ ...positional, ...kw }, flat));
  };
const pooling =
  (f: Any, flat: boolean, names: string[]): Call =>
  ([x, size, ...more], kw) => {
    const positional = Object.fromEntries(more.map((value, i) => [names[i], value]));
    const kernel = size ?? kw.kernel_size;
    return f(x, flat ? single(kernel) : kernel, windowOptions({ ...positional, ...kw }, flat));
  };
const adaptive =
  (f: Any, flat: boolean, pick: (y: Any) => Any = (y) => y): Call =>
  ([x, size], kw) => {
    const output = size ?? kw.output_size;
    return pick(f(x, flat ? single(output) : output));
  };

const forward = ['stride', 'padding', 'dilation', 'groups'];
const transposed = ['stride', 'padding', 'output_padding', 'groups', 'dilation'];
const windows: Record<string, Call> = {
  'nn.functional.conv1d': convolution(dl.conv1d, true, forward),
  'nn.functional.conv2d': convolution(dl.conv2d, false, forward),
  'nn.functional.conv_transpose1d': convolution(dl.convTranspose1d, true, transposed),
  'nn.functional.conv_transpose2d': convolution(dl.convTranspose2d, false, transposed),
  'nn.functional.avg_pool1d': pooling(dl.avgPool1d, true, [
    'stride',
    'padding',
    'ceil_mode',
    'count_include_pad',
  ]),
  'nn.functional.avg_pool2d': pooling(dl.avgPool2d, false, [
    'stride',
    'padding',
    'ceil_mode',
    'count_include_pad',
    'divisor_override',
  ]),
  'nn.functional.max_pool1d': (args, kw) =>
    kw.return_indices ? undefined : pooling(dl.maxPool1d, true, forward)(args, kw),
  'nn.functional.max_pool2d': (args, kw) =>
    kw.return_indices ? undefined : pooling(dl.maxPool2d, false, forward)(args, kw),
  'nn.functional.adaptive_avg_pool1d': adaptive(dl.adaptiveAvgPool1d, true),
  'nn.functional.adaptive_avg_pool2d': adaptive(dl.adaptiveAvgPool2d, false),
  'nn.functional.adaptive_max_pool1d': (args, kw) =>
    kw.return_indices || args[2] ? undefined : adaptive(dl.adaptiveMaxPool1d, true)(args, kw),
  'nn.functional.adaptive_max_pool2d': (args, kw) =>
    kw.return_indices || args[2] ? undefined : adaptive(dl.adaptiveMaxPool2d, false)(args, kw),
  'nn.functional.unfold': ([x, size, dilation, padding, stride], kw) =>
    dl.unfold(x, size ?? kw.kernel_size, {
      dilation: dilation ?? kw.dilation ?? 1,
      padding: padding ?? kw.padding ?? 0,
      stride: stride ?? kw.stride ?? 1,
    }),
  'nn.functional.interpolate': ([x, size, scale, mode, corners], kw) => {
    const kind = mode ?? kw.mode ?? 'nearest';
    // Volumes are not there.
    if (x.ndim > 4 || kind === 'trilinear') return undefined;
    return dl.interpolate(x, {
      size: size ?? kw.size ?? undefined,
      scaleFactor: scale ?? kw.scale_factor ?? undefined,
      mode: kind,
      alignCorners: corners ?? kw.align_corners ?? false,
      recomputeScaleFactor: kw.recompute_scale_factor ?? false,
    });
  },
  'nn.functional.pixel_shuffle': ([x, r], kw) => dl.pixelShuffle(x, r ?? kw.upscale_factor),
  'nn.functional.pixel_unshuffle': ([x, r], kw) => dl.pixelUnshuffle(x, r ?? kw.downscale_factor),
  'nn.functional.layer_norm': ([x, shape, weight, bias, eps], kw) =>
    normalizeLayer(
      x,
      shape.length,
      weight ?? kw.weight ?? undefined,
      bias ?? kw.bias ?? undefined,
      { eps: eps ?? kw.eps },
    ),
};

export const calls: Record<string, Call> = {
  add: alpha(dl.add),
  sub: alpha(dl.sub),
  addbmm: weighted(dl.addbmm),
  addmm: weighted(dl.addmm),
  addmv: weighted(dl.addmv),
  addr: weighted(dl.addr),
  baddbmm: weighted(dl.baddbmm),
  addcdiv: ([x, a, b], { value }) => dl.addcdiv(x, a, b, { value }),
  addcmul: ([x, a, b], { value }) => dl.addcmul(x, a, b, { value }),
  all: reduction(dl.all),
  any: reduction(dl.any),
  amax: reduction(dl.amax),
  amin: reduction(dl.amin),
  sum: reduction(dl.sum),
  mean: reduction(dl.mean),
  nansum: reduction(dl.nansum),
  nanmean: reduction(dl.nanmean),
  prod: reduction(dl.prod),
  logsumexp: reduction(dl.logsumexp),
  argmax: reduction(dl.argmax),
  argmin: reduction(dl.argmin),
  count_nonzero: reduction((x, axes) => dl.countNonzero(x, axes)),
  allclose: ([a, b], { equal_nan, ...kw }) => dl.allclose(a, b, { ...kw, equalNan: equal_nan }),
  isclose: ([a, b], { equal_nan, ...kw }) => dl.isclose(a, b, { ...kw, equalNan: equal_nan }),
  equal: same(dl.equal),
  aminmax: ([x], { dim, keepdim }) => {
    // PyTorch gives a scalar an axis there.
    if (x.ndim === 0 && keepdim) return undefined;
    const { min, max } = dl.aminmax(x, dim, { keepdim });
    return [min, max];
  },
  arange: ([a, b, step], { end }) =>
    dl.arange(
      ...([Number(a), b ?? end, step].map((n) => (n === undefined ? n : Number(n))) as [number]),
    ),
  linspace: ([a, b, n]) => dl.linspace(a, b, n),
  logspace: ([a, b, n, base]) => dl.logspace(a, b, n, { base }),
  eye: ([n, m]) => dl.eye(n, m),
  argsort: ([x, dim, descending], kw) =>
    dl.argsort(x, dim ?? kw.dim, { descending: descending ?? kw.descending }),
  sort: ([x, dim, descending], kw) =>
    picked(dl.sort(x, dim ?? kw.dim, { descending: descending ?? kw.descending })),
  msort: one(dl.msort),
  bincount: ([x, weights, n], kw) => dl.bincount(x, weights ?? kw.weights, n ?? kw.minlength),
  broadcast_tensors: (args) => dl.broadcastTensors(...args),
  broadcast_to: same(dl.broadcastTo),
  bucketize: ([x, edges], { right }) => dl.bucketize(x, edges, { right }),
  searchsorted: ([edges, x], { right, side, sorter }) =>
    dl.searchsorted(edges, x, { right: right || side === 'right', sorter: sorter ?? undefined }),
  cartesian_prod: (args) => dl.cartesianProd(...args.flat()),
  cat: ([xs, dim], kw) => dl.cat(xs, dim ?? kw.dim),
  stack: ([xs, dim], kw) => dl.stack(xs, dim ?? kw.dim),
  hstack: ([xs]) => dl.hstack(xs),
  vstack: ([xs]) => dl.vstack(xs),
  dstack: ([xs]) => dl.dstack(xs),
  column_stack: ([xs]) => dl.columnStack(xs),
  cdist: ([a, b, p], kw) => dl.cdist(a, b, p ?? kw.p),
  chunk: ([x, n, dim], kw) => dl.chunk(x, n, dim ?? kw.dim),
  clamp: ([x, a, b], kw) => dl.clamp(x, a ?? kw.min, b ?? kw.max),
  clamp_min: ([x, a], kw) => dl.clamp(x, a ?? kw.min),
  clamp_max: ([x, a], kw) => dl.clamp(x, null, a ?? kw.max),
  constant_pad_nd: ([x, widths, value], kw) => dl.pad(x, widths, { value: value ?? kw.value }),
  'nn.functional.pad': ([x, widths, mode, value], kw) =>
    dl.pad(x, widths, { mode: mode ?? kw.mode, value: value ?? kw.value ?? 0 }),
  cov: ([x], kw) =>
    kw.fweights || kw.aweights ? undefined : dl.cov(x, { correction: kw.correction }),
  cross: ([a, b], kw) => dl.cross(a, b, kw.dim ?? (kw.dim === undefined ? a.shape.indexOf(3) : -1)),
  'linalg.cross': ([a, b], kw) => dl.cross(a, b, kw.dim),
  cummax: ([x, dim]) => picked(dl.cummax(x, dim)),
  cummin: ([x, dim]) => picked(dl.cummin(x, dim)),
  cumprod: ([x, dim]) => dl.cumprod(x, dim),
  cumsum: ([x, dim]) => dl.cumsum(x, dim),
  logcumsumexp: ([x, dim]) => dl.logcumsumexp(x, dim),
  diag: same(dl.diag),
  diagflat: same(dl.diagflat),
  diag_embed: ([x, k, a, b], kw) => dl.diagEmbed(x, k ?? kw.offset, a ?? kw.dim1, b ?? kw.dim2),
  diagonal_scatter: ([x, source, k, a, b], kw) =>
    dl.diagonalScatter(x, source, k ?? kw.offset, a ?? kw.dim1, b ?? kw.dim2),
  diagonal: ([x, k, a, b], kw) => dl.diagonal(x, k ?? kw.offset, a ?? kw.dim1, b ?? kw.dim2),
  diff: ([x, n, dim, prepend, append], kw) =>
    dl.diff(x, n ?? kw.n, dim ?? kw.dim, {
      prepend: prepend ?? kw.prepend ?? undefined,
      append: append ?? kw.append ?? undefined,
    }),
  dist: ([a, b, p]) => dl.dist(a, b, p),
  div: ([a, b], kw) => dl.div(a, b, { roundingMode: kw.rounding_mode ?? undefined }),
  true_divide: pairs(dl.div),
  einsum: ([xs, equation]) => dl.einsum(equation, ...(list(xs) as Any)),
  expand: (args) => dl.expand(args[0], rest(args)),
  expand_as: same(dl.expandAs),
  flatten: ([x, a, b], kw) => dl.flatten(x, a ?? kw.start_dim, b ?? kw.end_dim),
  flip: ([x, axes], kw) => dl.flip(x, axes ?? kw.dims),
  full_like: ([x, value]) => dl.fullLike(x, value),
  // An empty index of another dtype is refused here.
  gather: ([x, dim, index]) => (index.dtype === 'int32' ? dl.gather(x, dim, index) : undefined),
  histc: ([x, bins, min, max], kw) => dl.histc(x, bins ?? kw.bins, min ?? kw.min, max ?? kw.max),
  dsplit: same(dl.dsplit),
  hsplit: same(dl.hsplit),
  vsplit: same(dl.vsplit),
  index_add: ([x, dim, index, source], kw) =>
    dl.indexAdd(x, dim, index, source, { alpha: kw.alpha }),
  index_reduce: ([x, axis, index, source, reduce], kw) =>
    dl.indexReduce(x, axis, index, source, reduce, { includeSelf: kw.include_self ?? true }),
  index_copy: same(dl.indexCopy),
  index_fill: same(dl.indexFill),
  index_put: ([x, indices, values], kw) => dl.indexPut(x, indices, values, kw),
  index_select: same(dl.indexSelect),
  isin: ([x, y], kw) => (dl.isTensor(x) && dl.isTensor(y) ? dl.isin(x, y, kw) : undefined),
  kthvalue: ([x, k, dim, keep], kw) =>
    picked(dl.kthvalue(x, k, dim ?? kw.dim, { keepdim: keep ?? kw.keepdim })),
  lerp: ([a, b, w], kw) => dl.lerp(a, b, w ?? kw.weight),
  'linalg.matrix_power': ([x, n]) => (n < 0 ? undefined : dl.matrixPower(x, n)),
  'linalg.multi_dot': ([xs]) => dl.multiDot(xs),
  'linalg.vander': ([x], kw) =>
    x.ndim === 1 ? dl.vander(x, kw.N ?? undefined, { increasing: true }) : undefined,
  'linalg.vector_norm': ([x, p, dim, keep], kw) =>
    dl.norm(x, p ?? kw.ord, axesOf(dim ?? kw.dim), { keepdim: keep ?? kw.keepdim }),
  norm: ([x, p, dim, keep], kw) =>
    (p ?? kw.p) === 'nuc'
      ? undefined
      : dl.norm(x, p ?? kw.p ?? 2, axesOf(dim ?? kw.dim), { keepdim: keep ?? kw.keepdim }),
  logit: ([x, eps], kw) => dl.logit(x, { eps: eps ?? kw.eps ?? undefined }),
  mT: one((x) => x.mT),
  T: one((x) => x.T),
  masked_fill: same(dl.maskedFill),
  masked_scatter: same(dl.maskedScatter),
  masked_select: same(dl.maskedSelect),
  max: extreme(dl.max),
  min: extreme(dl.min),
  median: extreme(dl.median),
  nanquantile: ([x, q, dim, keep], kw) =>
    dl.nanquantile(x, dl.isTensor(q) ? q.toArray() : q, dim ?? kw.dim, {
      keepdim: keep ?? kw.keepdim ?? false,
      interpolation: kw.interpolation ?? 'linear',
    }),
  select_scatter: same(dl.selectScatter),
  slice_scatter: ([x, source, axis, start, end, step]) =>
    dl.sliceScatter(x, source, axis, [start ?? null, end ?? null, step ?? 1]),
  gcd: same(dl.gcd),
  lcm: same(dl.lcm),
  renorm: same(dl.renorm),
  nanmedian: extreme(dl.nanmedian),
  mode: ([x, dim, keep], kw) => picked(dl.mode(x, dim ?? kw.dim, { keepdim: keep ?? kw.keepdim })),
  meshgrid: ([xs, ...more], kw) => dl.meshgrid([xs, ...more].flat(), kw),
  movedim: same(dl.movedim),
  nan_to_num: ([x], kw) => dl.nanToNum(x, kw.nan, kw.posinf, kw.neginf),
  narrow: ([x, dim, start, length]) =>
    dl.narrow(x, dim, dl.isTensor(start) ? start.item() : start, length),
  nonzero: ([x], kw) => (kw.as_tuple ? undefined : dl.nonzero(x)),
  permute: (args) => dl.permute(args[0], rest(args)),
  polygamma: ([n, x], kw) => (dl.isTensor(n) ? dl.polygamma(x ?? kw.n, n) : dl.polygamma(n, x)),
  quantile: ([x, q, dim, keep], kw) =>
    dl.quantile(x, q, dim ?? kw.dim, {
      keepdim: keep ?? kw.keepdim,
      interpolation: kw.interpolation,
    }),
  repeat: (args) => dl.repeat(args[0], rest(args)),
  tile: (args) => dl.tile(args[0], rest(args)),
  repeat_interleave: ([x, n, dim], kw) => dl.repeatInterleave(x, n ?? kw.repeats, dim ?? kw.dim),
  reshape: (args) => dl.reshape(args[0], rest(args)),
  view: (args) => dl.reshape(args[0], rest(args)),
  roll: ([x, shifts, dims], kw) => dl.roll(x, shifts, dims ?? kw.dims),
  rot90: ([x, k, dims], kw) => dl.rot90(x, k ?? kw.k, dims ?? kw.dims),
  round: ([x], kw) => dl.round(x, { decimals: kw.decimals }),
  scatter: ([x, dim, index, source], kw) =>
    kw.reduce ? undefined : dl.scatter(x, dim, index, source ?? kw.value ?? kw.src),
  scatter_add: same(dl.scatterAdd),
  scatter_reduce: ([x, dim, index, source, how], kw) =>
    dl.scatterReduce(x, dim, index, source, how ?? kw.reduce, { includeSelf: kw.include_self }),
  select: same(dl.select),
  split: ([x, n, dim], kw) => dl.split(x, n, dim ?? kw.dim),
  split_with_sizes: ([x, n, dim], kw) => dl.split(x, n, dim ?? kw.dim),
  squeeze: ([x, dim], kw) => dl.squeeze(x, dim ?? kw.dim),
  std: moments(dl.std),
  var: moments(dl.variance),
  std_mean: moments(dl.stdMean, 'std'),
  var_mean: moments(dl.varMean, 'variance'),
  sum_to_size: (args) => dl.sumToSize(args[0], rest(args)),
  take: same(dl.take),
  take_along_dim: ([x, index, dim], kw) => dl.takeAlongDim(x, index, dim ?? kw.dim ?? undefined),
  tensor_split: ([x, n, dim], kw) =>
    dl.tensorSplit(x, n ?? kw.indices ?? kw.sections, dim ?? kw.dim),
  tensordot: ([a, b], kw) => dl.tensordot(a, b, kw.dims),
  topk: ([x, k, dim, largest], kw) =>
    picked(dl.topk(x, k, dim ?? kw.dim, { largest: largest ?? kw.largest })),
  trapezoid: ([y, x], kw) => dl.trapezoid(y, x ?? kw.x ?? kw.dx, kw.dim),
  block_diag: (args) => dl.blockDiag(...args),
  tril: same(dl.tril),
  triu: same(dl.triu),
  tril_indices: ([r, c, k]) => dl.trilIndices(r, c, k),
  triu_indices: ([r, c, k]) => dl.triuIndices(r, c, k),
  unbind: ([x, dim], kw) => dl.unbind(x, dim ?? kw.dim),
  unflatten: same(dl.unflatten),
  unfold: ([x, dim, size, step]) => dl.unfoldAxis(x, dim, size, step),
  unique: ([x], kw) => (kw.sorted === false ? undefined : uniqueCall(dl.unique, x, kw)),
  unique_consecutive: ([x], kw) => uniqueCall(dl.uniqueConsecutive, x, kw),
  where: ([a, b, c]) =>
    dl.isTensor(a) && a.dtype === 'bool' ? dl.where(a, b, c) : dl.where(b, a, c),
  softmax: ([x, dim], kw) => (kw.dtype ? undefined : dl.softmax(x, dim ?? kw.dim)),
  log_softmax: ([x, dim], kw) => (kw.dtype ? undefined : dl.logSoftmax(x, dim ?? kw.dim)),
  'nn.functional.logsigmoid': one(dl.logsigmoid),
  'nn.functional.relu': one(dl.relu),
  'nn.functional.linear': same(dl.linear),
  ...windows,
  'special.xlog1py': pairs(dl.xlog1py),
  atleast_1d: (args) => args.flat().map((x: Tensor) => dl.atleast1d(x)),
  atleast_2d: (args) => args.flat().map((x: Tensor) => dl.atleast2d(x)),
  atleast_3d: (args) => args.flat().map((x: Tensor) => dl.atleast3d(x)),
  corrcoef: one(dl.corrcoef),
  contiguous: one(dl.contiguous),
  clone: one(dl.clone),
  trace: one(dl.trace),
  transpose: same(dl.transpose),
  unsqueeze: same(dl.unsqueeze),
};

function uniqueCall(f: typeof dl.unique, x: Tensor, kw: Record<string, Any>): unknown {
  const { values, inverse, counts } = f(x, kw.dim ?? undefined);
  if (!kw.return_inverse) inverse.dispose();
  if (!kw.return_counts) counts.dispose();
  return [values, ...(kw.return_inverse ? [inverse] : []), ...(kw.return_counts ? [counts] : [])];
}

/** Slices, an ellipsis and None (new axes are left out) as the items of index(). */
calls.__getitem__ = ([x, given]) => {
  const items: Any[] = Array.isArray(given) ? given : [given];
  if (items.includes(null)) return undefined;
  const used = items.reduce(
    (n, item) => n + (item?.ellipsis ? 0 : item?.dtype === 'bool' ? item.ndim : 1),
    0,
  );
  return dl.index(
    x,
    items.flatMap((item) =>
      item?.ellipsis
        ? new Array(x.ndim - used).fill(null)
        : [dl.isTensor(item) ? item : (item?.slice ?? item)],
    ),
  );
};

const units = `abs acos acosh asin asinh atan atanh ceil cos cosh deg2rad digamma erf erfc erfinv exp exp2 expm1 fliplr
flipud floor frac isfinite isinf isnan isneginf isposinf lgamma log log10 log1p log2 neg rad2deg reciprocal rsqrt sigmoid
sign signbit sin sinc sinh sqrt square t tan tanh trunc logical_not bitwise_not zeros_like`;
const binaries = `atan2 bitwise_and bitwise_or bitwise_xor bmm copysign dot eq ne lt le gt ge float_power floor_divide fmax fmin fmod
heaviside hypot inner kron ldexp logaddexp logaddexp2 logical_and logical_or logical_xor matmul maximum minimum mm mul mv outer pow
remainder vdot xlogy`;

const camel = (name: string) =>
  name.replace(/_([a-z])/g, (_, letter: string) => letter.toUpperCase());
for (const name of units.split(/\s+/)) calls[name] ??= one((dl as Any)[camel(name)]);
for (const name of binaries.split(/\s+/)) calls[name] ??= pairs((dl as Any)[camel(name)]);
calls.bitwise_left_shift = pairs(dl.leftShift);
calls.bitwise_right_shift = pairs(dl.rightShift);
