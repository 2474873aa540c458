/** The process of one contestant: requests and answers are JSON objects, one a line. */

import { createInterface } from 'node:readline';
import type { Request } from './answer';
import { answering } from './answer';
import { loaders } from './contestants/node';

const say = (message: object) => process.stdout.write(`${JSON.stringify(message)}\n`);

const contestant = await loaders[process.argv[2]]();
say({ version: contestant.version });
const answer = answering(contestant);
for await (const line of createInterface({ input: process.stdin })) {
  say(await answer(JSON.parse(line) as Request));
}
process.exit(0);
