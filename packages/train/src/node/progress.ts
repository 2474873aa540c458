/** How far a run has come, in a terminal or in a log that nobody watches. */

import { SingleBar } from 'cli-progress';
import type { Callback, Run } from '../callback';
import { formatFigures, formatRate, formatTime } from '../format';
import type { EpochReport, StepReport } from '../history';
import { takes } from '../signatures';
import { now } from '../turn';

/** Where progress goes: `process.stderr`, or anything to write text to. */
export interface TextStream {
  /** Writes text. */
  write(text: string): unknown;
  /** Whether it is a terminal. */
  readonly isTTY?: boolean;
  /** The width of the terminal. */
  readonly columns?: number;
}

/** Options of `ProgressBar`. */
export interface ProgressOptions {
  /** Where to write. Default the standard error, so that results can be piped. */
  readonly stream?: TextStream;
  /** Whether to draw a bar. Default: in a terminal, unless the environment variable CI is set. */
  readonly bar?: boolean;
  /** Without a bar, a line at least this often within an epoch. Default 30 seconds. */
  readonly quietSeconds?: number;
  /** What the validation batches are called. Default 'validation'. */
  readonly validationName?: string;
}

const FORMAT = 'epoch {epoch} |{bar}| {percentage}%{state}';

/** Shows a run: a bar with loss, metrics, samples a second and time left, then one line for each epoch; or only lines. */
export class ProgressBar implements Callback {
  private readonly stream: TextStream;
  private readonly drawn: boolean;
  private readonly quiet: number;
  private readonly validationName: string;
  private bar: SingleBar | undefined;
  private begun = 0;
  private shown = 0;
  private examples = 0;
  /** Milliseconds of learning in the epochs before. */
  private past = 0;

  /** Shows runs on the standard error, or where the options say. */
  constructor(options: ProgressOptions = {}) {
    takes('ProgressBar', arguments);
    const { stream = process.stderr, bar, quietSeconds = 30 } = options;
    this.stream = stream;
    this.drawn = bar ?? (stream.isTTY === true && !process.env.CI);
    this.quiet = quietSeconds * 1000;
    this.validationName = options.validationName ?? 'validation';
  }

  onEpochStart(run: Run, epoch: number): void {
    takes('ProgressBar.onEpochStart', arguments);
    this.begun = now();
    this.shown = this.begun;
    this.examples = 0;
    if (!this.drawn || run.batches === undefined) return;
    this.bar = new SingleBar({
      format: FORMAT,
      stream: this.stream as NodeJS.WriteStream,
      barsize: (this.stream.columns ?? 80) < 100 ? 10 : 20,
      barCompleteChar: '█',
      barIncompleteChar: '░',
      hideCursor: false,
      clearOnComplete: true,
      fps: 10,
      // Ctrl-C belongs to the program.
      gracefulExit: false,
      // Cuts long lines itself; the other way would leave a killed program's terminal without wrapping.
      linewrap: true,
    });
    this.bar.start(run.batches, 0, { epoch: `${epoch}/${run.epochs}`, state: '' });
  }

  onStepEnd(run: Run, report: StepReport): Promise<void> | undefined {
    takes('ProgressBar.onStepEnd', arguments);
    this.examples += report.count;
    const time = now();
    // Ten times a second is as often as anybody can read.
    if (time - this.shown < (this.bar ? 100 : this.quiet)) return undefined;
    this.shown = time;
    return this.show(run, report, time);
  }

  private async show(run: Run, report: StepReport, time: number): Promise<void> {
    const figures = formatFigures(await run.figures());
    const rate = formatRate(this.examples / ((time - this.begun) / 1000));
    const left = formatTime(this.secondsLeft(run, report, time));
    const state = ` · ${left} left · ${figures} · ${rate} samples/s`;
    if (this.bar) this.bar.update(report.batch, { state });
    else {
      const share = run.batches ? ` · ${Math.floor((100 * report.batch) / run.batches)}%` : '';
      this.stream.write(`epoch ${report.epoch}/${run.epochs}${share}${state}\n`);
    }
  }

  /** Time left for the whole run, by the speed so far; validation is not foreseen. */
  private secondsLeft(run: Run, { step }: StepReport, time: number): number {
    if (run.batches === undefined) return Number.NaN;
    const spent = this.past + time - this.begun;
    return ((run.batches * run.epochs - step) * spent) / step / 1000;
  }

  onEpochEnd(run: Run, report: EpochReport): void {
    takes('ProgressBar.onEpochEnd', arguments);
    this.past += report.seconds * 1000;
    this.close();
    const parts = [
      `epoch ${report.epoch}/${run.epochs}${report.complete ? '' : ' (cut short)'}`,
      formatFigures(report.train),
      ...(report.validation ? [`${this.validationName} ${formatFigures(report.validation)}`] : []),
      `${formatRate(report.samplesPerSecond)} samples/s`,
      formatTime(report.seconds),
    ];
    this.stream.write(`${parts.join(' · ')}\n`);
  }

  onFitEnd(): void {
    this.close();
  }

  private close(): void {
    this.bar?.stop();
    this.bar = undefined;
  }
}
