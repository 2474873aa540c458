/** Names of the functions that assembly/int32.ts has, in its order. */
export const INT32: readonly string[] = [
  ...['add', 'sub', 'mul', 'maximum', 'minimum'],
  ...['eq', 'ne', 'lt', 'le', 'gt', 'ge'],
];
