/** What a run finds, as it is written to a file. */

import type { GpuWork } from './answer';
import type { Timing } from './statistics';

/** A timing, with what a GPU had to do with it. */
export interface Measured extends Timing {
  /** CPU milliseconds of the browser's GPU process for a run: all that the GPU does where it is software. */
  readonly gpu?: number;
  /** What a run asked of the GPU. */
  readonly work?: GpuWork;
}

/** A workload of one contestant: its timing, or why there is none. */
export type Outcome = Measured | { readonly error: string };

/** Where a run was: in Node, or in a browser with a GPU. */
export interface Machine {
  readonly cpu: string;
  readonly cores: number;
  readonly node?: string;
  readonly browser?: string;
  /** What the browser calls the GPU. */
  readonly gpu?: string;
}

/** What a run found. */
export interface Results {
  readonly date: string;
  readonly machine: Machine;
  /** GFLOP/s of multiply-add in registers with 128-bit vectors, on one core; absent for runs in a browser. */
  readonly peak?: number;
  readonly versions: Readonly<Record<string, string>>;
  readonly rows: readonly {
    readonly name: string;
    readonly flops?: number;
    readonly outcomes: Readonly<Record<string, Outcome>>;
  }[];
}

/** Whether there is a timing. */
export const isTiming = (outcome: Outcome | undefined): outcome is Measured =>
  outcome !== undefined && 'median' in outcome;
