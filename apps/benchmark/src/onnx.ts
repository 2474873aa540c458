/** Our functions as ONNX models: the messages of the format that they need, and their operations in its terms. */

import protobuf from 'protobufjs';
import type { Constant, Step, Tape } from './tape';
import { poolPadding } from './tape';

/** Field numbers and types as onnx.proto has them. Source: onnx/onnx.proto of the ONNX repository, IR version 8. */
const { root } = protobuf.parse(
  `
  syntax = "proto3";
  message Attribute { string name = 1; float f = 2; int64 i = 3; bytes s = 4; repeated float floats = 7; repeated int64 ints = 8; int32 type = 20; }
  message Node { repeated string input = 1; repeated string output = 2; string name = 3; string op_type = 4; repeated Attribute attribute = 5; }
  message Tensor { repeated int64 dims = 1; int32 data_type = 2; string name = 8; bytes raw_data = 9; }
  message Dimension { int64 dim_value = 1; }
  message Shape { repeated Dimension dim = 1; }
  message TensorType { int32 elem_type = 1; Shape shape = 2; }
  message Type { TensorType tensor_type = 1; }
  message Value { string name = 1; Type type = 2; }
  message Graph { repeated Node node = 1; string name = 2; repeated Tensor initializer = 5; repeated Value input = 11; repeated Value output = 12; }
  message OperatorSet { string domain = 1; int64 version = 2; }
  message Model { int64 ir_version = 1; Graph graph = 7; repeated OperatorSet opset_import = 8; }
`,
  { keepCase: true },
);

const FLOAT = 1;
const INT64 = 7;
const TYPES = { f: 1, i: 2, ints: 7 } as const;

type Value = number | readonly number[];
interface Node {
  readonly op: string;
  readonly inputs: readonly string[];
  readonly outputs: readonly string[];
  /** Whole numbers, unless the name ends in `.f`. */
  readonly attributes?: Readonly<Record<string, Value>>;
}

function attribute([key, value]: [string, Value]): object {
  const [name, kind = Array.isArray(value) ? 'ints' : 'i'] = key.split('.');
  return { name, [kind]: value, type: TYPES[kind as keyof typeof TYPES] };
}

/** Turns steps into nodes; adds constants of its own where an operation wants them as inputs. */
class Writer {
  readonly nodes: Node[] = [];
  readonly extra: object[] = [];

  constructor(private readonly tape: Tape) {}

  /** A constant list of whole numbers. */
  integers(values: readonly number[]): string {
    const name = `c${this.extra.length}`;
    const raw_data = new Uint8Array(BigInt64Array.from(values, BigInt).buffer);
    this.extra.push({ dims: [values.length], data_type: INT64, name, raw_data });
    return name;
  }

  floats(shape: readonly number[], values: Float32Array): string {
    const name = `c${this.extra.length}`;
    this.extra.push(tensorOf(name, { shape, dtype: 'float32', data: values }));
    return name;
  }

  add(
    op: string,
    inputs: readonly string[],
    output: string,
    attributes?: Node['attributes'],
  ): void {
    this.nodes.push({ op, inputs, outputs: [output], attributes });
  }

  step(step: Step): void {
    const operation = OPERATIONS[step.op];
    if (!operation) throw new Error(`${step.op} has not been written for it`);
    const inputs = step.inputs.map((at) => (at === undefined ? '' : `v${at}`));
    while (inputs.at(-1) === '') inputs.pop();
    const image = this.tape.shapes.get(step.inputs[0] as number) as readonly number[];
    operation(this, inputs, `v${step.outputs[0]}`, step.attributes as Record<string, never>, image);
  }
}

type Operation = (
  writer: Writer,
  inputs: readonly string[],
  output: string,
  attributes: Record<string, never>,
  image: readonly number[],
) => void;

const same =
  (op: string): Operation =>
  (writer, inputs, output) =>
    writer.add(op, inputs, output);

/** [top, bottom, left, right] in the order of the format. */
const pads = ([top, bottom, left, right]: readonly number[]) => [top, left, bottom, right];

const convolution: Operation = (writer, inputs, output, { stride, padding, dilation, groups }) =>
  writer.add('Conv', inputs, output, {
    strides: stride,
    pads: pads(padding),
    dilations: dilation,
    group: groups,
  });

const pooling =
  (op: string): Operation =>
  (writer, inputs, output, attributes, image) =>
    writer.add(op, inputs, output, {
      kernel_shape: attributes.kernel,
      strides: attributes.stride,
      pads: pads(poolPadding(attributes, image)),
    });

const OPERATIONS: Readonly<Record<string, Operation>> = {
  alias: same('Identity'),
  add: same('Add'),
  mul: same('Mul'),
  div: same('Div'),
  relu: same('Relu'),
  exp: same('Exp'),
  tanh: same('Tanh'),
  sigmoid: same('Sigmoid'),
  matmul: same('MatMul'),
  conv2d: convolution,
  convolution,
  maxPool2d: pooling('MaxPool'),
  sumPool2d(writer, inputs, output, attributes, image) {
    const [rows, columns] = attributes.kernel as readonly number[];
    pooling('AveragePool')(writer, inputs, `${output}m`, attributes, image);
    const size = writer.floats([], Float32Array.of(rows * columns));
    writer.add('Mul', [`${output}m`, size], output);
  },
  channelNorm: (writer, [x, mean, variance, weight, bias], output, { eps }) =>
    writer.add('BatchNormalization', [x, weight, bias, mean, variance], output, {
      'epsilon.f': eps,
    }),
  softmax: (writer, inputs, output, { axis }) => writer.add('Softmax', inputs, output, { axis }),
  concat: (writer, inputs, output, { axis }) => writer.add('Concat', inputs, output, { axis }),
  sum: (writer, [x], output, { axes, keepdim }) =>
    writer.add('ReduceSum', [x, writer.integers(axes)], output, { keepdims: Number(keepdim) }),
  reshape: (writer, [x], output, { shape }) =>
    writer.add('Reshape', [x, writer.integers(shape)], output),
  linear: (writer, inputs, output) => writer.add('Gemm', inputs, output, { transB: 1 }),
};

function tensorOf(name: string, { shape, data }: Constant): object {
  const raw_data = new Uint8Array(data.buffer, data.byteOffset, data.byteLength);
  return { dims: [...shape], data_type: FLOAT, name, raw_data };
}

const typed = (name: string, shape: readonly number[]) => ({
  name,
  type: { tensor_type: { elem_type: FLOAT, shape: { dim: shape.map((n) => ({ dim_value: n })) } } },
});

/** The bytes of a model with the tape's inputs and result, called `v` and their place. */
export function encodeOnnx(tape: Tape): Uint8Array {
  const writer = new Writer(tape);
  for (const step of tape.steps) writer.step(step);
  const given = new Set(tape.inputs);
  const constants = [...tape.constants].filter(([at]) => !given.has(at));
  const graph = {
    name: 'tape',
    node: writer.nodes.map(({ op, inputs, outputs, attributes = {} }) => ({
      input: inputs,
      output: outputs,
      op_type: op,
      attribute: Object.entries(attributes).map(attribute),
    })),
    initializer: [...constants.map(([at, x]) => tensorOf(`v${at}`, x)), ...writer.extra],
    input: tape.inputs.map((at) => typed(`v${at}`, tape.shapes.get(at) ?? [])),
    output: [typed(`v${tape.result}`, tape.shapes.get(tape.result) ?? [])],
  };
  const type = root.lookupType('Model');
  const message = { ir_version: 8, graph, opset_import: [{ domain: '', version: 17 }] };
  return type.encode(type.fromObject(message)).finish();
}
