/** What a recipe is, and what the command line gives it. */

/** Options as they come from the command line; a recipe has its own defaults for those that are not given. */
export interface Settings {
  /** Folder of the data set; without it the recipe draws or generates its data. */
  readonly data?: string;
  readonly epochs?: number;
  readonly batchSize?: number;
  readonly lr?: number;
  readonly seed: number;
  /** A network of the zoo, for recipes that let one choose. */
  readonly model?: string;
  /** A file with weights to begin from. */
  readonly weights?: string;
  /** Learn from the first so many examples only. */
  readonly limit?: number;
  /** Folder for what the run leaves. */
  readonly out: string;
  /** Aborted by Ctrl-C. */
  readonly signal: AbortSignal;
  /** Prints results: to the standard output, or to the standard error where that is for JSON. */
  tell(text: string): void;
}

/** What `--json` prints; recipes add figures of their own. */
export interface Summary {
  readonly recipe: string;
  readonly dataset: string;
  /** Of learning, without reading data and writing files. */
  readonly seconds: number;
  /** The folder with what the run left. */
  readonly run: string;
  readonly [figure: string]: string | number;
}

/** A training run with everything around it. */
export interface Recipe {
  readonly name: string;
  /** One line for `--help`. */
  readonly about: string;
  /** Runs it. Progress goes to the standard error. @returns null where it was stopped before it learned anything. */
  run(settings: Settings): Promise<Summary | null>;
}

/** Says how it goes; the standard output is for results. */
export function say(text: string): void {
  process.stderr.write(`${text}\n`);
}
