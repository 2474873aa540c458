/** `npm run bench -- [options]`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import { contestants as inBrowsers } from './browser/contestants';
import { buildPage } from './browser-page';
import { measureInBrowser } from './browser-run';
import { compare, formatMarkdown, formatPage, formatTable } from './report';
import type { Results } from './results';
import { contestants, measure } from './run';
import { browserRows, type Workload, type WorkloadName, workloads } from './workloads';

interface Options {
  only?: string;
  quick?: boolean;
  contestants?: string;
  browser?: boolean;
  site?: string;
  rounds?: string;
  patience: string;
  json?: string;
  page?: string | boolean;
  markdown?: boolean;
  compare?: string;
  from?: string;
}

const program = new Command('npm run bench --')
  .description(
    'Times our packages and their peers on the same work; contestants take turns in one run.',
  )
  .option('--only <pattern>', 'workloads whose name matches the regular expression')
  .option('--quick', 'leave out slow workloads, fewer rounds')
  .option('--contestants <names>', `some of: ${contestants.join(', ')}`)
  .option('--browser', `in headless Chromium; contestants are ${inBrowsers.join(', ')}`)
  .option('--site <folder>', 'measure nothing: build the page that runs in any browser')
  .option('--rounds <n>', 'how often contestants take turns (default: 5, in a browser 3)')
  .option('--patience <s>', 'seconds after which a contestant that is too slow is stopped', '120')
  .option('--json <file>', 'write what was measured, with machine and versions')
  .option('--page [file]', 'write a page with a chart (default: benchmark.html)')
  .option('--markdown', 'print the table in Markdown')
  .option('--compare <file>', 'tell what got slower since an earlier --json')
  .option('--from <file>', 'measure nothing: use an earlier --json')
  .allowExcessArguments(false)
  .exitOverride();

/** Those of `all` that the option names. */
function chosenNames<Name extends string>(options: Options, all: readonly Name[]): Name[] {
  const wanted = options.contestants?.split(',').map((name) => name.trim());
  const unknown = wanted?.find((name) => !(all as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no contestant "${unknown}"; there are ${all.join(', ')}`);
  return all.filter((name) => wanted?.includes(name) ?? true);
}

/** The rows that the options name; without a pattern, a run in a browser has its own. */
function chosenRows({ only, quick, browser }: Options): (Workload & { name: WorkloadName })[] {
  const pattern = new RegExp(only ?? '', 'u');
  const list = workloads.filter(
    ({ name, ...rest }) =>
      (only === undefined && browser ? browserRows.includes(name) : pattern.test(name)) &&
      !(quick && 'slow' in rest),
  );
  if (list.length === 0) throw new Error(`no workload matches "${only}"`);
  return list;
}

/** Measures what the options ask for. */
function measureChosen(options: Options): Promise<Results> {
  const { quick, browser, rounds = browser ? 3 : 5 } = options;
  const list = chosenRows(options);
  const common = {
    rounds: quick ? 2 : Number(rounds),
    budget: quick ? 150 : 400,
    patience: 1000 * Number(options.patience),
    onProgress: (text: string) => console.error(text),
  };
  if (!browser)
    return measure({ ...common, names: chosenNames(options, contestants), workloads: list });
  const names = chosenNames(options, inBrowsers);
  return measureInBrowser({ ...common, names, rows: list.map(({ name }) => name) });
}

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  if (options.site) {
    await buildPage(options.site);
    return;
  }
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Results;
  const results = options.from ? read(options.from) : await measureChosen(options);
  console.log(options.markdown ? formatMarkdown(results) : formatTable(results));
  if (options.json) writeFileSync(options.json, `${JSON.stringify(results, null, 2)}\n`);
  if (options.page) {
    const file = options.page === true ? 'benchmark.html' : options.page;
    writeFileSync(file, await formatPage(results));
    console.log(`\n${file}`);
  }
  if (options.compare) {
    const slower = compare(results, read(options.compare));
    console.log(slower.length === 0 ? '\nNothing got slower.' : `\nSlower:\n${slower.join('\n')}`);
    if (slower.length > 0) process.exitCode = 1;
  }
}

try {
  await main();
} catch (error) {
  if (error instanceof CommanderError) process.exit(error.exitCode);
  console.error(`Error: ${(error as Error).message}`);
  process.exitCode = 1;
}
