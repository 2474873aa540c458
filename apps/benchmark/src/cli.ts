/** `npm run bench -- [options]`. */

import { readFileSync, writeFileSync } from 'node:fs';
import { Command, CommanderError } from 'commander';
import type { Results } from './report';
import { compare, formatMarkdown, formatPage, formatTable } from './report';
import { type ContestantName, contestants, measure } from './run';
import { type Workload, workloads } from './workloads';

interface Options {
  only?: string;
  quick?: boolean;
  contestants?: string;
  rounds: string;
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
  .option('--rounds <n>', 'how often contestants take turns', '5')
  .option('--patience <s>', 'seconds after which a contestant that is too slow is stopped', '120')
  .option('--json <file>', 'write what was measured, with machine and versions')
  .option('--page [file]', 'write a page with a chart (default: benchmark.html)')
  .option('--markdown', 'print the table in Markdown')
  .option('--compare <file>', 'tell what got slower since an earlier --json')
  .option('--from <file>', 'measure nothing: use an earlier --json')
  .allowExcessArguments(false)
  .exitOverride();

function chosen(options: Options): { names: ContestantName[]; list: Workload[] } {
  const wanted = options.contestants?.split(',').map((name) => name.trim());
  const unknown = wanted?.find((name) => !(contestants as readonly string[]).includes(name));
  if (unknown !== undefined)
    throw new Error(`there is no contestant "${unknown}"; there are ${contestants.join(', ')}`);
  const pattern = new RegExp(options.only ?? '', 'u');
  const list = (workloads as readonly Workload[]).filter(
    ({ name, slow }) => pattern.test(name) && !(options.quick && slow),
  );
  if (list.length === 0) throw new Error(`no workload matches "${options.only}"`);
  return { names: contestants.filter((name) => wanted?.includes(name) ?? true), list };
}

async function main(): Promise<void> {
  const options = program.parse().opts<Options>();
  const read = (file: string) => JSON.parse(readFileSync(file, 'utf8')) as Results;
  const { names, list } = chosen(options);
  const results = options.from
    ? read(options.from)
    : await measure({
        names,
        workloads: list,
        rounds: options.quick ? 2 : Number(options.rounds),
        budget: options.quick ? 150 : 400,
        patience: 1000 * Number(options.patience),
        onProgress: (text) => console.error(text),
      });
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
