/** The worker of one contestant, which is the worker's name: it answers messages. */

import type { Answer, Request } from '../answer';
import { answering } from '../answer';
import type { BrowserContestant } from './contestants';
import { loaders } from './contestants';
import { countGpuWork } from './counters';

const say = (answer: Answer) => postMessage(answer);
const count = countGpuWork();

async function begin(): Promise<(request: Request) => Promise<Answer>> {
  const contestant = await loaders[self.name as BrowserContestant]();
  say({ version: contestant.version });
  return answering(contestant, count);
}

// Requests wait until the contestant has been loaded, and for those before them.
let last: Promise<unknown> = begin().then(
  (answer) => {
    addEventListener('message', ({ data }) => {
      last = last.then(async () => say(await answer(data as Request)));
    });
  },
  (error) => say({ error: String((error as Error).message ?? error) }),
);
