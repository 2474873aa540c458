/**
 * A disk that fails, or a process that is killed, at a call that a test names. A test file puts it before `node:fs/promises`:
 *
 * @example
 * vi.mock('node:fs/promises', async (original) => {
 *   const { disk } = await import('@dl/testing/disk-faults');
 *   return disk.over(await original());
 * });
 */

import type { FileHandle } from 'node:fs/promises';

type Files = typeof import('node:fs/promises');

/** What fails: the calls that change a disk, and those before them. */
const CALLS = ['open', 'rename', 'rm', 'readdir'] as const;
const HANDLE_CALLS = ['write', 'sync', 'close'] as const;

type Call = (typeof CALLS | typeof HANDLE_CALLS)[number] | 'step';

class Disk {
  /** Names of the calls since the last `failAt`. */
  calls: Call[] = [];
  private fault: { readonly at: number; readonly code: string } | undefined;

  /**
   * The `at`-th call from now on, counted from 1, fails with `code`; 0 for none. `SIGKILL` kills this process there. The counter begins
   * anew.
   */
  failAt(at: number, code = 'ENOSPC'): void {
    this.calls = [];
    this.fault = at > 0 ? { at, code } : undefined;
  }

  /** The module, with faults. */
  over(files: Files): Files {
    const own = Object.fromEntries(
      CALLS.map((call) => [
        call,
        async (...args: never[]) => {
          this.pass(call);
          const result = await (files[call] as (...args: never[]) => Promise<unknown>)(...args);
          return call === 'open' ? this.overHandle(result as FileHandle) : result;
        },
      ]),
    );
    return { ...files, ...own };
  }

  private overHandle(handle: FileHandle): FileHandle {
    const get = (target: FileHandle, name: keyof FileHandle) => {
      const value = target[name];
      if (typeof value !== 'function') return value;
      const call = value.bind(target) as (...args: unknown[]) => Promise<unknown>;
      if (!HANDLE_CALLS.includes(name as never)) return call;
      return async (...args: unknown[]) => {
        const fault = this.isDue(name as Call);
        if (!fault) return call(...args);
        // A full disk takes a part of what is written; a handle whose close failed is closed all the same.
        if (name === 'write') await call(args[0], args[1], Number(args[2]) >> 1);
        if (name === 'close') await call();
        return fail(fault);
      };
    };
    return new Proxy(handle, { get: (target, name) => get(target, name as keyof FileHandle) });
  }

  /** Counts a call; `step` is for what is no call of the disk. */
  pass(call: Call): void {
    const fault = this.isDue(call);
    if (fault) fail(fault);
  }

  /** The error for this call, if it is the one. */
  private isDue(call: Call): Fault | undefined {
    this.calls.push(call);
    if (this.calls.length !== this.fault?.at) return undefined;
    const { code } = this.fault;
    return Object.assign(new Error(`${code}: made to fail, ${call}`), {
      code,
      errno: -1,
      syscall: call,
    });
  }
}

type Fault = Error & { readonly code: string };

function fail(fault: Fault): never {
  if (fault.code === 'SIGKILL') process.kill(process.pid, 'SIGKILL');
  throw fault;
}

/** The disk of this test file. */
export const disk = new Disk();
