/** What the worker can do: options it takes, progress it tells. */

/** Points of the plane in two classes. */
export interface Points {
  /** x₁, x₂ of each point. */
  readonly positions: readonly (readonly [number, number])[];
  readonly labels: readonly number[];
}

/** All jobs by name. */
export interface Jobs {
  readonly playground: {
    readonly options: {
      readonly points: Points;
      readonly layers: number;
      readonly width: number;
      readonly activation: 'relu' | 'tanh' | 'sigmoid';
      readonly rate: number;
      readonly steps: number;
    };
    readonly progress: {
      readonly step: number;
      readonly loss: number;
      readonly accuracy: number;
      /** The probability of class 1 on a grid from −1 to 1, rows from the top. */
      readonly surface: Float32Array;
    };
  };
  readonly digits: {
    readonly options: {
      readonly epochs: number;
      readonly images: number;
      readonly device: 'cpu' | 'webgl';
    };
    readonly progress: {
      readonly epoch: number;
      readonly step: number;
      readonly loss: number;
      readonly accuracy: number | null;
      readonly samplesPerSecond: number | null;
      /** The weights, once an epoch. */
      readonly weights: Uint8Array | null;
    };
  };
  readonly curve: {
    readonly options: {
      readonly weightDecay: number;
      readonly dropout: number;
      readonly steps: number;
    };
    readonly progress: {
      readonly step: number;
      readonly training: number;
      readonly test: number;
      readonly line: readonly number[];
      readonly points: readonly (readonly [number, number])[];
    };
  };
  readonly batchNorm: {
    readonly options: { readonly depth: number; readonly rate: number; readonly steps: number };
    readonly progress: { readonly without: readonly number[]; readonly with: readonly number[] };
  };
  readonly zoo: {
    readonly options: { readonly model: string; readonly variant: 'torchvision' | 'd2l' };
    readonly progress: {
      readonly svg: string;
      readonly table: string;
      readonly parameters: number;
      readonly multiplyAdds: number;
    };
  };
}

/** A job's name. */
export type JobName = keyof Jobs;

/** What the worker sends back. */
export type Answer<N extends JobName> =
  | { readonly kind: 'place'; readonly place: string }
  | { readonly kind: 'progress'; readonly progress: Jobs[N]['progress'] }
  | { readonly kind: 'done' }
  | { readonly kind: 'failed'; readonly message: string };

/** Cells of the playground's grid in a row. */
export const GRID = 48;
