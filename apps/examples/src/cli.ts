/** `npm start -- [recipe] [options]`. */

import { accessSync, constants, existsSync, rmdirSync } from 'node:fs';
import { dirname, join, resolve } from 'node:path';
import { makeFolder } from '@dl/io/node';
import { DLError } from '@dl/tensor';
import { Command, CommanderError, InvalidArgumentError } from 'commander';
import type { Recipe, Settings } from './recipe';
import { say } from './recipe';
import { cifar } from './recipes/cifar';
import { featureMaps } from './recipes/feature-maps';
import { fineTune } from './recipes/fine-tune';
import { housePrices } from './recipes/house-prices';
import { lenet } from './recipes/lenet';
import { mlp } from './recipes/mlp';
import { optimisers } from './recipes/optimisers';
import { softmaxRegression } from './recipes/softmax-regression';
import { textCnn } from './recipes/text-cnn';

const recipes: readonly Recipe[] = [
  lenet,
  mlp,
  softmaxRegression,
  cifar,
  featureMaps,
  fineTune,
  textCnn,
  housePrices,
  optimisers,
];

/** The exit code of a run that Ctrl-C stopped, as shells have it: 128 + SIGINT. */
const INTERRUPTED = 130;

/** A mistake on the command line, said in one sentence. */
class CliError extends Error {}

function positive(text: string): number {
  const value = Number(text);
  if (!(value > 0 && Number.isFinite(value)))
    throw new InvalidArgumentError('It must be a positive number.');
  return value;
}

function wholeFrom(least: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (!Number.isSafeInteger(value) || value < least || text.trim() === '') {
      throw new InvalidArgumentError(`It must be a whole number from ${least}.`);
    }
    return value;
  };
}

function program(): Command {
  const width = Math.max(...recipes.map(({ name }) => name.length));
  const list = recipes.map(({ name, about }) => `  ${name.padEnd(width)}  ${about}`);
  return new Command('npm start --')
    .usage('[recipe] [options]')
    .description('Trains a model and leaves its weights, a log and a report in a run folder.')
    .argument('[recipe]', 'what to train', 'lenet')
    .option(
      '--data <folder>',
      'a folder with the data set: the four MNIST files for the classifiers of digits (default: built-in data)',
    )
    .option('--epochs <n>', 'how often to go through the training data', wholeFrom(1))
    .option('--batch-size <n>', "examples in a step (default: the recipe's own)", wholeFrom(1))
    .option(
      '--lr <rate>',
      'the learning rate at the beginning; it falls to 0 along a cosine',
      positive,
    )
    .option('--seed <n>', 'decides first weights, order and built-in digits', wholeFrom(0), 0)
    .option(
      '--model <name>',
      'a network of the zoo (cifar, feature-maps, fine-tune; default: resnet18)',
    )
    .option('--weights <file>', 'a state dict to begin from (feature-maps, fine-tune)')
    .option('--limit <n>', 'learn from the first n examples only', wholeFrom(1))
    .option('--out <folder>', 'the run folder (default: runs/<recipe>-<time>)')
    .option('--json', 'print a summary as one line of JSON; all else goes to the standard error')
    .addHelpText('after', `\nRecipes:\n${list.join('\n')}\n`)
    .addHelpText(
      'after',
      `Ctrl-C stops after the batch at work, keeps what was learned so far and ends with exit code ${INTERRUPTED}; a second
Ctrl-C quits at once. Errors end with exit code 1.`,
    )
    .allowExcessArguments(false)
    .configureOutput({
      outputError: (text, write) => write(`${text.trimEnd().replace(/\n/g, ' ')}\n`),
    })
    .exitOverride();
}

function findRecipe(name: string): Recipe {
  const found = recipes.find((recipe) => recipe.name === name);
  if (found) return found;
  const names = recipes.map((recipe) => recipe.name).join(', ');
  throw new CliError(`there is no recipe "${name}"; there are ${names}`);
}

/** Aborts at the first Ctrl-C; the second ends the process as if nobody had listened. */
function abortOnInterrupt(): AbortSignal {
  const control = new AbortController();
  const listen = () => {
    if (control.signal.aborted) {
      process.off('SIGINT', listen);
      process.kill(process.pid, 'SIGINT');
      return;
    }
    control.abort();
    say('\nStopping after this batch; Ctrl-C again quits at once.');
  };
  process.on('SIGINT', listen);
  return control.signal;
}

/** `2026-01-31-23-59-59`, in local time. */
function timestamp(): string {
  const now = new Date();
  const parts = [now.getFullYear(), now.getMonth() + 1, now.getDate()];
  parts.push(now.getHours(), now.getMinutes(), now.getSeconds());
  return parts.map((n) => String(n).padStart(2, '0')).join('-');
}

function print(text: string): void {
  process.stdout.write(`${text}\n`);
}

/**
 * Refuses a run folder that cannot be made or written to before any work is done for it. What it makes to find out goes again: a run that
 * is refused later leaves nothing.
 */
function checkFolder(folder: string): void {
  const missing: string[] = [];
  for (let at = resolve(folder); !existsSync(at); at = dirname(at)) missing.push(at);
  try {
    makeFolder(folder);
    accessSync(folder, constants.W_OK);
  } finally {
    for (const made of missing.filter(existsSync)) rmdirSync(made);
  }
}

async function main(): Promise<number> {
  const command = program().parse();
  const { json, ...options } = command.opts<
    Omit<Settings, 'signal' | 'tell'> & { json?: boolean }
  >();
  const recipe = findRecipe(command.processedArgs[0]);
  const signal = abortOnInterrupt();
  const out = options.out ?? join('runs', `${recipe.name}-${timestamp()}`);
  checkFolder(out);
  const summary = await recipe.run({ ...options, out, signal, tell: json ? say : print });
  const lost = Object.entries(summary ?? {}).find(([, value]) => !isFigure(value));
  if (lost) throw new CliError(`the run ends with ${lost[0]}: ${lost[1]}`);
  if (!summary) say('Nothing was learned.');
  else if (json) print(JSON.stringify(summary));
  return signal.aborted ? INTERRUPTED : 0;
}

/** Text, or a number that is one. */
function isFigure(value: string | number): boolean {
  return typeof value === 'string' || Number.isFinite(value);
}

/** One sentence for what a user can put right, the whole trace for what is a fault of ours. */
function explain(error: unknown): string {
  if (error instanceof CliError) return `error: ${error.message}`;
  if (error instanceof DLError) return `error: ${inOneLine(error)}`;
  if (isSystemError(error)) return `error: ${error.message}`;
  return error instanceof Error ? (error.stack ?? error.message) : String(error);
}

/** Without the name of the function, which says nothing to somebody who called none. */
function inOneLine({ op, message }: DLError): string {
  return message.replace(`${op}: `, '').replace(/\n\s*/g, '; ');
}

function isSystemError(error: unknown): error is NodeJS.ErrnoException {
  return error instanceof Error && 'syscall' in error;
}

process.exitCode = await main().catch((error: unknown) => {
  // Commander has said it already; asking for help is no error.
  if (error instanceof CommanderError) return error.exitCode;
  say(explain(error));
  return 1;
});
