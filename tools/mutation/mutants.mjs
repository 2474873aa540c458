// Small faults that a programmer might make, found in the syntax tree of a TypeScript or AssemblyScript file.
import ts from 'typescript';

const { SyntaxKind: Kind } = ts;

/** An operator and what stands in its place. */
const OPERATORS = new Map([
  [Kind.PlusToken, '-'],
  [Kind.MinusToken, '+'],
  [Kind.AsteriskToken, '/'],
  [Kind.SlashToken, '*'],
  [Kind.LessThanToken, '<='],
  [Kind.LessThanEqualsToken, '<'],
  [Kind.GreaterThanToken, '>='],
  [Kind.GreaterThanEqualsToken, '>'],
  [Kind.EqualsEqualsToken, '!='],
  [Kind.ExclamationEqualsToken, '=='],
  [Kind.EqualsEqualsEqualsToken, '!=='],
  [Kind.ExclamationEqualsEqualsToken, '==='],
  [Kind.AmpersandAmpersandToken, '||'],
  [Kind.BarBarToken, '&&'],
  [Kind.LessThanLessThanToken, '>>'],
  [Kind.GreaterThanGreaterThanToken, '<<'],
  [Kind.AmpersandToken, '|'],
  [Kind.BarToken, '&'],
]);

/** A called name, of a vector instruction or of a tensor's method, and what stands in its place. */
const CALLS = {
  add: 'sub',
  sub: 'add',
  mul: 'add',
  div: 'mul',
  max: 'min',
  min: 'max',
  pmax: 'pmin',
  pmin: 'pmax',
  gt: 'ge',
  ge: 'gt',
  lt: 'le',
  le: 'lt',
  eq: 'ne',
  ne: 'eq',
  and: 'or',
  or: 'and',
  sin: 'cos',
  cos: 'sin',
  neg: 'abs',
  sqrt: 'abs',
  exp: 'expm1',
  log: 'log1p',
  sum: 'mean',
  relaxed_madd: 'relaxed_nmadd',
  relaxed_nmadd: 'relaxed_madd',
};

/**
 * Every mutant of a source: what to replace, by what, and what kind of fault that is.
 *
 * @returns in the order of the source, `{ start, end, replacement, kind, line, before }`.
 */
export function mutantsOf(name, text) {
  const source = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const found = [];
  const put = (node, replacement, kind) => {
    const [start, end] = [node.getStart(source), node.getEnd()];
    const line = source.getLineAndCharacterOfPosition(start).line + 1;
    const before = text.slice(start, end).replace(/\s+/g, ' ').slice(0, 60);
    found.push({ start, end, replacement, kind, line, before });
  };
  const visit = (node) => {
    // Types, imports and the numbers that stand for names do not compute anything.
    if (ts.isTypeNode(node) || ts.isImportDeclaration(node) || ts.isExportDeclaration(node)) return;
    if (ts.isInterfaceDeclaration(node) || ts.isTypeAliasDeclaration(node)) return;
    if (ts.isVariableStatement(node) && node.parent === source && isNumberWithName(node)) return;
    mutate(node, put);
    ts.forEachChild(node, visit);
  };
  visit(source);
  return found.sort((a, b) => a.start - b.start);
}

/** Whether a statement is `const NAME: Type = 3;`. */
function isNumberWithName(statement) {
  return statement.declarationList.declarations.every(
    ({ initializer, type }) => type && initializer && ts.isNumericLiteral(initializer),
  );
}

function mutate(node, put) {
  if (ts.isBinaryExpression(node)) {
    const other = OPERATORS.get(node.operatorToken.kind);
    if (other) put(node.operatorToken, other, 'operator');
  } else if (ts.isPrefixUnaryExpression(node) && isSign(node.operator)) {
    put(node, `(${node.operand.getText()})`, 'sign');
  } else if (ts.isNumericLiteral(node) && !ts.isPropertyAssignment(node.parent)) {
    put(node, node.text === '1' ? '0' : String(Number(node.text) + 1), 'number');
  } else if (ts.isCallExpression(node)) {
    const callee = ts.isPropertyAccessExpression(node.expression)
      ? node.expression.name
      : node.expression;
    const other = Object.hasOwn(CALLS, callee.getText()) ? CALLS[callee.getText()] : null;
    if (other) put(callee, other, 'function');
  } else if (ts.isExpressionStatement(node)) {
    put(node, ';', 'statement');
  } else if (ts.isIfStatement(node)) {
    put(node.expression, 'true', 'condition');
    put(node.expression, 'false', 'condition');
  } else if (ts.isConditionalExpression(node)) {
    const { condition, whenTrue, whenFalse } = node;
    const swapped = `${condition.getText()} ? ${whenFalse.getText()} : ${whenTrue.getText()}`;
    put(node, `(${swapped})`, 'branches');
  } else if (node.kind === Kind.TrueKeyword) put(node, 'false', 'boolean');
  else if (node.kind === Kind.FalseKeyword) put(node, 'true', 'boolean');
}

const isSign = (operator) => operator === Kind.MinusToken || operator === Kind.ExclamationToken;
