import { fileURLToPath } from 'node:url';
import { defineProject } from 'vitest/config';

/**
 * Every workspace package exports its TypeScript sources under `@dl/source`; the rest are Vite's
 * own conditions for Node.
 */
const conditions = ['@dl/source', 'module', 'node', 'development|production'];

/** Looks at every block of the checked heap after each test. */
const checkedHeap = fileURLToPath(new URL('./checked-heap.ts', import.meta.url));

/**
 * The vitest project of one package: its `test/` folder, run against the sources of all workspace
 * packages, so that no test ever meets a stale build.
 */
export function packageTests(name: string) {
  return defineProject({
    resolve: { conditions },
    ssr: { resolve: { conditions } },
    test: {
      name,
      environment: 'node',
      include: ['test/**/*.test.ts'],
      // Against hanging only: a machine that is busy may take a minute for what takes a second.
      testTimeout: 600_000,
      hookTimeout: 600_000,
      // Tests of what the garbage collector must bring back call gc().
      execArgv: ['--expose-gc'],
      setupFiles: process.env.DL_CHECKED_HEAP ? [checkedHeap] : [],
    },
  });
}
