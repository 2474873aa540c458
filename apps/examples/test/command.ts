import { spawn } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { gzipSync } from 'node:zlib';
import { build } from 'esbuild';

/** What a process left behind. */
export interface Outcome {
  readonly code: number | null;
  readonly signal: NodeJS.Signals | null;
  readonly stdout: string;
  readonly stderr: string;
}

/** The program from its sources, all packages in one file, so that no test meets a stale build. */
export async function buildCli(folder: string): Promise<string> {
  const outfile = join(folder, 'cli.mjs');
  await build({
    entryPoints: [join(import.meta.dirname, '..', 'src', 'cli.ts')],
    outfile,
    bundle: true,
    platform: 'node',
    format: 'esm',
    conditions: ['@dl/source'],
    // Packages in CommonJS ask for Node's modules by require.
    banner: {
      js: "import { createRequire as requireFrom } from 'node:module'; const require = requireFrom(import.meta.url);",
    },
    logLevel: 'error',
  });
  return outfile;
}

/** Runs the program in `cwd`. @param watch - called with the standard error so far and the process, to send signals. */
export function runCli(
  cli: string,
  cwd: string,
  args: readonly string[],
  watch: (stderr: string, kill: (signal: NodeJS.Signals) => void) => void = () => undefined,
): Promise<Outcome> {
  const child = spawn(process.execPath, [cli, ...args], { cwd });
  let stdout = '';
  let stderr = '';
  child.stdout.on('data', (chunk) => {
    stdout += chunk;
  });
  child.stderr.on('data', (chunk) => {
    stderr += chunk;
    watch(stderr, (signal) => child.kill(signal));
  });
  return new Promise((resolve, reject) => {
    child.on('error', reject);
    child.on('close', (code, signal) => resolve({ code, signal, stdout, stderr }));
  });
}

/** An IDX file of bytes. */
export function idx(shape: readonly number[], data: Uint8Array): Uint8Array {
  const head = Buffer.alloc(4 + 4 * shape.length);
  head.set([0, 0, 8, shape.length]);
  shape.forEach((size, i) => {
    head.writeUInt32BE(size, 4 + 4 * i);
  });
  return Buffer.concat([head, data]);
}

/** The four files of a tiny MNIST: in class c, only row c of the image is white. */
export function mnistFiles(train = 40, test = 20): Record<string, Uint8Array> {
  const images = (count: number) => {
    const pixels = new Uint8Array(count * 784);
    for (let n = 0; n < count; n++) {
      const row = n * 784 + 28 * (9 + (n % 10));
      pixels.fill(255, row, row + 28);
    }
    return idx([count, 28, 28], pixels);
  };
  const labels = (count: number) =>
    idx(
      [count],
      Uint8Array.from({ length: count }, (_, n) => n % 10),
    );
  return {
    'train-images-idx3-ubyte': images(train),
    'train-labels-idx1-ubyte': labels(train),
    't10k-images-idx3-ubyte.gz': gzipSync(images(test)),
    't10k-labels-idx1-ubyte.gz': gzipSync(labels(test)),
  };
}

/** Writes files into a new folder. @returns its path. */
export function folderOf(files: Record<string, Uint8Array>): string {
  const folder = mkdtempSync(join(tmpdir(), 'dl-examples-'));
  for (const [name, bytes] of Object.entries(files)) writeFileSync(join(folder, name), bytes);
  return folder;
}
