/**
 * Writes packages/<name>/src/signatures.ts from the types of the package's public functions, constructors and methods, for the checks
 * of arguments at run time (packages/tensor/src/core/arguments.ts); `npm test` refuses files that do not fit the sources.
 *
 *   node tools/signatures/make.mjs            writes the files
 *   node tools/signatures/make.mjs --check    ends with 1 where one is out of date, or a public function is not checked
 *   node tools/signatures/make.mjs --insert   also puts `takes('name', arguments)` into public functions that lack it
 */

import { existsSync, readFileSync, writeFileSync } from 'node:fs';
import { dirname, join, relative } from 'node:path';
import { fileURLToPath } from 'node:url';
import ts from 'typescript';

const root = join(dirname(fileURLToPath(import.meta.url)), '../..');
const packages = ['tensor', 'autograd', 'nn', 'optim', 'linalg', 'data', 'io', 'train', 'cnn-zoo'];
const [mode] = process.argv.slice(2);

/** What backends and interpreters are made of; it is called for every operation, and by our own packages only. */
const INNER =
  /tensor\/src\/(core\/(run|storage|layout|dtype|errors|arguments|warn|brand|lifetime|generation|tensor)|backend\/.*)\.ts$/;

/** Types that the checker knows by these names. */
const BUILT_IN = new Set([
  'iterable',
  'asyncIterable',
  'Tensor',
  'number',
  'boolean',
  'string',
  'function',
  'object',
  'any',
]);
/** Types whose values are too many to tell: anything passes, and the function itself refuses. */
const OPEN = new Set(['NestedArray', 'Tree', 'Awaitable']);
/** Classes of the language that the checker tells by their tags. */
const TAGGED =
  /^((Float16|Float32|Float64|Int8|Int16|Int32|Uint8|Uint8Clamped|Uint16|Uint32)Array|ArrayBuffer|RegExp|URL|Set|Map)$/;

let stale = 0;

function write(name, folder) {
  const config = ts.parseJsonConfigFileContent(
    ts.readConfigFile(join(folder, 'tsconfig.json'), ts.sys.readFile).config,
    ts.sys,
    folder,
  );
  const entries = ['src/index.ts', 'src/internal.ts', 'src/node/index.ts', 'src/images/decode.ts']
    .map((entry) => join(folder, entry))
    .filter((entry) => existsSync(entry));
  const program = ts.createProgram(entries, config.options);
  const found = survey(program, entries, join(folder, 'src'));
  const path = join(folder, 'src/signatures.ts');
  const text = render(name, found);
  const missing = found.unchecked.map(({ label }) => label);
  if (mode === '--check') {
    if (!existsSync(path) || readFileSync(path, 'utf8') !== text)
      report(name, 'signatures.ts is out of date');
    if (missing.length > 0) report(name, `not checked: ${missing.join(', ')}`);
    return;
  }
  writeFileSync(path, text);
  console.log(
    `${name}: ${found.signatures.size} signatures, ${found.types.size} types, ${missing.length} unchecked`,
  );
  if (mode === '--insert') insert(found.unchecked, folder);
}

function report(name, problem) {
  stale++;
  console.error(`packages/${name}: ${problem}; run node tools/signatures/make.mjs --insert`);
}

/** Everything public that takes arguments. */
function survey(program, entries, source) {
  const checker = program.getTypeChecker();
  const signatures = new Map();
  const types = new Map();
  const unchecked = [];
  const seen = new Set();
  const own = (node) =>
    node.getSourceFile().fileName.startsWith(source) && !INNER.test(node.getSourceFile().fileName);

  const typed = (node, depth = 0) => {
    if (!node) return 'any';
    switch (node.kind) {
      case ts.SyntaxKind.NumberKeyword:
        return 'number';
      case ts.SyntaxKind.BooleanKeyword:
        return 'boolean';
      case ts.SyntaxKind.StringKeyword:
        return 'string';
      case ts.SyntaxKind.UndefinedKeyword:
        return 'undefined';
      case ts.SyntaxKind.FunctionType:
      case ts.SyntaxKind.ConstructorType:
        return 'function';
      case ts.SyntaxKind.ParenthesizedType:
        return typed(node.type, depth);
      case ts.SyntaxKind.TypeOperator:
        return node.operator === ts.SyntaxKind.KeyOfKeyword ? 'any' : typed(node.type, depth);
      case ts.SyntaxKind.ArrayType: {
        const element = typed(node.elementType, depth);
        return element.includes('|') ? `(${element})[]` : `${element}[]`;
      }
      case ts.SyntaxKind.TupleType: {
        const parts = new Set(
          node.elements.map((e) => typed(e.type && ts.isNamedTupleMember(e) ? e.type : e, depth)),
        );
        const element = parts.size === 1 ? [...parts][0] : 'any';
        return element.includes('|') ? `(${element})[]` : `${element}[]`;
      }
      case ts.SyntaxKind.LiteralType:
        if (node.literal.kind === ts.SyntaxKind.NullKeyword) return 'null';
        if (ts.isStringLiteral(node.literal)) return `'${node.literal.text}'`;
        if (node.literal.kind === ts.SyntaxKind.NumericLiteral) return 'number';
        return 'boolean';
      case ts.SyntaxKind.UnionType: {
        const parts = [...new Set(node.types.map((part) => typed(part, depth)))];
        return parts.includes('any') ? 'any' : parts.join(' | ');
      }
      case ts.SyntaxKind.TypeReference:
        return reference(node, depth);
      case ts.SyntaxKind.IntersectionType: {
        // `string & {}` keeps the words beside it for completion.
        if (node.types[0].kind === ts.SyntaxKind.StringKeyword) return 'string';
        const walked = node.types
          .map((part) => typed(part, depth))
          .find((k) => /iterable/i.test(k));
        return walked ?? (depth > 2 ? 'object' : fieldsOf(node, depth));
      }
      case ts.SyntaxKind.TypeLiteral:
        return depth > 2 ? 'object' : fieldsOf(node, depth);
      default:
        return 'any';
    }
  };

  const reference = (node, depth) => {
    const label = node.typeName.getText();
    if (label === 'Tensor' || label === 'any') return label;
    if (OPEN.has(label)) return 'any';
    // The parameters of some function, not those of an optimiser.
    if (label === 'Parameters' && ts.isIndexedAccessTypeNode(node.typeArguments[0])) return 'any[]';
    if (label === 'Iterable' || label === 'Parameters') return 'iterable';
    if (label === 'Promise') return 'object';
    if (label === 'AsyncIterable') return 'asyncIterable';
    if (label === 'ArrayLike') return `ArrayLike<${typed(node.typeArguments[0], depth)}>`;
    if (TAGGED.test(label)) return label;
    if (label === 'Omit' || label === 'Pick' || label === 'Partial') {
      const of = node.typeArguments[0];
      return /Options|Attributes/.test(of.getText())
        ? fieldsOf(node, depth)
        : structure(node, label);
    }
    if (label === 'Readonly') return typed(node.typeArguments[0], depth);
    if (label === 'Record' && node.typeArguments[0].kind === ts.SyntaxKind.StringKeyword) {
      const value = typed(node.typeArguments[1], depth);
      return value === 'any' ? 'object' : `Record<string, ${value}>`;
    }
    if (label === 'Record') return 'object';
    if (label === 'ReadonlySet' || label === 'ReadonlyMap') return label.slice('Readonly'.length);
    if (label === 'Array' || label === 'ReadonlyArray') return 'any[]';
    let symbol = checker.getSymbolAtLocation(node.typeName);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const declaration = symbol?.declarations?.[0];
    if (!declaration) return 'any';
    if (ts.isTypeParameterDeclaration(declaration)) {
      // What every such type extends says what it must be.
      const bound = declaration.constraint ? typed(declaration.constraint, depth) : 'any';
      return bound[0] === '{' ? 'object' : bound;
    }
    if (ts.isClassDeclaration(declaration)) return structure(node, label);
    if (ts.isTypeAliasDeclaration(declaration)) {
      if (declaration.typeParameters) return options(node, label, depth) ?? 'any';
      if (declaration.getSourceFile().fileName.includes('node_modules')) return 'any';
      const meaning = typed(declaration.type, depth + 1);
      if (meaning === 'any' || BUILT_IN.has(meaning)) return options(node, label, depth) ?? meaning;
      types.set(label, meaning);
      return label;
    }
    return options(node, label, depth) ?? (hasCall(node) ? 'function' : structure(node, label));
  };

  /** A class or an interface by some of what it must have. */
  const structure = (node, label) => {
    const members = checker
      .getTypeFromTypeNode(node)
      .getProperties()
      .filter((member) => {
        const flags = member.valueDeclaration
          ? ts.getCombinedModifierFlags(member.valueDeclaration)
          : 0;
        const hidden = flags & (ts.ModifierFlags.Private | ts.ModifierFlags.Protected);
        return (
          !hidden && !(member.flags & ts.SymbolFlags.Optional) && /^[a-z]\w*$/i.test(member.name)
        );
      })
      .map((member) => member.name);
    if (members.length === 0 || members.length > 60) return 'object';
    const meaning = `with ${members.slice(0, 3).join(' and ')}`;
    if (label === 'Pick' || label === 'Omit') return meaning;
    types.set(label, meaning);
    return label;
  };

  const hasCall = (node) => checker.getTypeFromTypeNode(node).getCallSignatures().length > 0;

  /** `{ key?: type, … }` of the properties that a type has. */
  const fieldsOf = (node, depth) => {
    const type = checker.getTypeFromTypeNode(node);
    const fields = type.getProperties().map((property) => {
      const declaration = property.valueDeclaration;
      const written =
        declaration && ts.isPropertySignature(declaration)
          ? typed(declaration.type, depth + 1)
          : 'any';
      const kind =
        written === 'any'
          ? spelled(checker.typeToString(checker.getTypeOfSymbol(property)))
          : written;
      const optional = property.flags & ts.SymbolFlags.Optional || declaration?.questionToken;
      // What can be nothing but undefined is `unknown`, whose undefined was taken away.
      return `${property.name}${optional ? '?' : ''}: ${kind === 'undefined' ? 'any' : kind}`;
    });
    return fields.length === 0 ? 'object' : `{ ${fields.join(', ')} }`;
  };

  /** `{ key?: type, … }` under a name, for what is called options or attributes. */
  const options = (node, label, depth) => {
    if (!/(Options|Attributes|^Learner)$/.test(label) || depth > 2) return undefined;
    const full = node.typeArguments
      ? `${label}Of${node.typeArguments.map((t) => t.getText().replace(/\W/g, '')).join('')}`
      : label;
    types.set(full, fieldsOf(node, depth));
    return full;
  };

  /** A type from its text: of properties that `Omit` or a type parameter made, which have no node of their own. */
  const spelled = (text) => {
    const file = ts.createSourceFile('x.ts', `type X = ${text};`, ts.ScriptTarget.Latest, true);
    const convert = (node) => {
      if (!ts.isTypeReferenceNode(node)) {
        if (ts.isUnionTypeNode(node)) {
          const parts = [
            ...new Set(
              node.types.filter((n) => n.kind !== ts.SyntaxKind.UndefinedKeyword).map(convert),
            ),
          ];
          return parts.includes('any') ? 'any' : parts.join(' | ');
        }
        if (ts.isTypeOperatorNode(node)) return convert(node.type);
        if (ts.isArrayTypeNode(node))
          return `${convert(node.elementType)}[]`.replace('any[]', 'any');
        if (ts.isTupleTypeNode(node)) return `${convert(node.elements[0])}[]`;
        return ts.isFunctionTypeNode(node) ? 'function' : typed(node);
      }
      const label = node.typeName.getText();
      return BUILT_IN.has(label) || types.has(label) ? label : 'any';
    };
    return convert(file.statements[0].type);
  };

  const parameter = (p) => {
    const named = ts.isIdentifier(p.name) ? p.name.text.replace(/^_/, '') : role(p.type);
    const kind = p.type
      ? typed(p.type)
      : p.initializer
        ? inferred(
            checker.typeToString(checker.getBaseTypeOfLiteralType(checker.getTypeAtLocation(p))),
          )
        : 'any';
    if (p.dotDotDotToken) return `...${named}: ${oneList(kind)}`;
    return `${named}${p.initializer || p.questionToken ? '?' : ''}: ${kind}`;
  };
  /** `A[] | B[]`, of which the checker of single values knows nothing, as `(A | B)[]`. */
  const oneList = (kind) => {
    const parts = kind.split(' | ');
    if (parts.length === 1 || kind[0] === '(') return kind;
    return `(${parts.map((part) => part.replace(/\[\]$/, '')).join(' | ')})[]`;
  };
  /** What a parameter that is taken apart is called: the last word of its type. */
  const role = (node) => {
    const label = node && ts.isTypeReferenceNode(node) ? node.typeName.getText() : '';
    if (/^(|Omit|Pick|.*Options)$/.test(label)) return 'options';
    return label.match(/[A-Z][a-z]*$/)[0].toLowerCase();
  };
  const inferred = (text) =>
    ['number', 'boolean', 'string'].includes(text)
      ? text
      : (/^(Set|Map)(?=<)/.exec(text)?.[0] ?? 'any');

  const add = (label, node, display = label) => {
    if (!node.body || seen.has(node)) return;
    if (signatures.has(label)) throw new Error(`two functions are called ${label}`);
    seen.add(node);
    const parameters = node.parameters.filter((p) => p.name.getText() !== 'this').map(parameter);
    if (parameters.every((p) => p.endsWith(': any'))) return;
    signatures.set(label, parameters.join(', '));
    if (ts.isArrowFunction(node)) return;
    const text = node.body.getText();
    const delegated = /^\{\s*return (.* \? )?(unary|binary)\(/.test(text);
    if (delegated) return;
    if (!text.includes('takes(')) unchecked.push({ label, node, display });
  };

  const publicMethods = (declaration, label) => {
    for (const member of declaration.members) {
      if (ts.isConstructorDeclaration(member))
        add(
          label,
          member,
          ts.getCombinedModifierFlags(declaration) & ts.ModifierFlags.Abstract ? 'base' : label,
        );
      if (!ts.isMethodDeclaration(member) || !ts.isIdentifier(member.name)) continue;
      const flags = ts.getCombinedModifierFlags(member);
      if (
        flags &
        (ts.ModifierFlags.Private | ts.ModifierFlags.Protected | ts.ModifierFlags.Abstract)
      )
        continue;
      add(`${label}.${member.name.text}`, member);
    }
    const base = declaration.heritageClauses?.find((c) => c.token === ts.SyntaxKind.ExtendsKeyword)
      ?.types[0];
    let symbol = base && checker.getSymbolAtLocation(base.expression);
    if (symbol && symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
    const parent = symbol?.declarations?.find(ts.isClassDeclaration);
    if (parent && own(parent)) publicMethods(parent, parent.name.text);
  };

  const visit = (file) => {
    for (let symbol of checker.getExportsOfModule(checker.getSymbolAtLocation(file))) {
      if (symbol.flags & ts.SymbolFlags.Alias) symbol = checker.getAliasedSymbol(symbol);
      for (const declaration of symbol.declarations ?? []) {
        if (!own(declaration)) continue;
        if (ts.isFunctionDeclaration(declaration)) add(symbol.name, declaration);
        // What makes an error must not end in another one.
        if (ts.isClassDeclaration(declaration) && !/Error$/.test(symbol.name))
          publicMethods(declaration, symbol.name);
        // A namespace of functions: `functional`, `init`.
        if (ts.isSourceFile(declaration)) visit(declaration);
      }
    }
  };
  for (const entry of entries) visit(program.getSourceFile(entry));
  return { signatures, types, unchecked };
}

const quoted = (text) => (text.includes("'") ? `"${text}"` : `'${text}'`);

function table(entries) {
  const sorted = [...entries].sort(([a], [b]) => (a < b ? -1 : 1));
  return sorted
    .map(([key, text]) => {
      const name = /^\w+$/.test(key) ? key : quoted(key);
      const line = `  ${name}: ${quoted(text)},`;
      // As Biome has it: what follows a short name stays in its line.
      return line.length <= 100 || name.length < 5 ? line : `  ${name}:\n    ${quoted(text)},`;
    })
    .join('\n');
}

function render(name, { signatures, types }) {
  const from = name === 'tensor' ? './core/arguments' : '@dl/tensor';
  return `/** What the public functions take, written from their types by tools/signatures/make.mjs, and the check of it. */

import { argumentChecker } from '${from}';

/** Types with names, by name. */
export const types = {
${table(types)}
};

/** The parameters of functions, constructors and methods. */
export const signatures = {
${table(signatures)}
};

/** Refuses arguments that the named function, constructor or method does not take: \`takes('name', arguments)\`. */
export const takes = /* @__PURE__ */ argumentChecker(signatures, types);
`;
}

/** Puts the check into the bodies that lack it. */
function insert(unchecked, folder) {
  const byFile = new Map();
  for (const item of unchecked) {
    const path = item.node.getSourceFile().fileName;
    byFile.set(path, [...(byFile.get(path) ?? []), item]);
  }
  for (const [path, items] of byFile) {
    let text = readFileSync(path, 'utf8');
    const edits = items.map(({ label, node, display }) => {
      const extra = display === 'base' ? ', new.target.name' : '';
      const line = `\n    takes('${label}', arguments${extra});`;
      // Behind super(): parameter properties want it first.
      const first = node.body.statements[0];
      const behindSuper =
        ts.isConstructorDeclaration(node) && first?.getText().startsWith('super(');
      return { at: behindSuper ? first.end : node.body.getStart() + 1, line };
    });
    for (const { at, line } of edits.sort((a, b) => b.at - a.at))
      text = text.slice(0, at) + line + text.slice(at);
    const module = relative(dirname(path), join(folder, 'src/signatures')).replaceAll('\\', '/');
    const specifier = module.startsWith('.') ? module : `./${module}`;
    if (!text.includes(`from '${specifier}'`)) {
      const at = text.search(
        /^(import|export|const|function|class|abstract|\/\*\*)(?![\s\S]*?\*\/\n\nimport)/m,
      );
      const firstImport = text.search(/^import /m);
      const where = firstImport >= 0 ? firstImport : Math.max(at, 0);
      text = `${text.slice(0, where)}import { takes } from '${specifier}';\n${text.slice(where)}`;
    }
    writeFileSync(path, text);
  }
}

for (const name of packages) {
  const folder = join(root, 'packages', name);
  if (existsSync(join(folder, 'src/index.ts'))) write(name, folder);
}
process.exitCode = stale > 0 ? 1 : 0;
