/** Names of files that are being written, and the removal of those whose writer was killed. */

import { createHash, randomBytes } from 'node:crypto';
import { readdir, rm, stat } from 'node:fs/promises';
import { hostname } from 'node:os';
import { join, resolve } from 'node:path';
import { codeOf } from '../errors';

/** Tells machines apart that share a folder: only on its own one can a process be asked for. */
const HOST = createHash('sha256').update(hostname()).digest('hex').slice(0, 8);
const NAME = /\.([0-9a-f]{8})\.(\d+)\.[0-9a-f]{12}\.tmp$/;

/** A name beside `path` that nobody else has. */
export function temporaryName(path: string): string {
  return `${path}.${HOST}.${process.pid}.${randomBytes(6).toString('hex')}.tmp`;
}

/** Folders in which this process has looked. */
const cleaned = new Set<string>();

/** Removes what killed processes of this machine left in a folder; once a process, since later ones cannot come from before. */
export async function removeAbandoned(folder: string): Promise<void> {
  const place = resolve(folder);
  if (cleaned.has(place)) return;
  cleaned.add(place);
  // What cannot be listed cannot be cleaned; writing there will say why.
  const names = await readdir(place).catch(() => []);
  for (const name of names) {
    const path = join(place, name);
    if (await isAbandoned(name, path)) await rm(path, { force: true }).catch(() => undefined);
  }
}

async function isAbandoned(name: string, path: string): Promise<boolean> {
  const [, host, pid] = NAME.exec(name) ?? [];
  if (host !== HOST) return false;
  if (Number(pid) !== process.pid) return !isRunning(Number(pid));
  // A container that starts again often has the number of the one that was killed.
  const begun = Date.now() - process.uptime() * 1000;
  const file = await stat(path).catch(() => null);
  return file !== null && file.mtimeMs < begun - 1000;
}

function isRunning(pid: number): boolean {
  try {
    process.kill(pid, 0);
    return true;
  } catch (error) {
    return codeOf(error) !== 'ESRCH';
  }
}
