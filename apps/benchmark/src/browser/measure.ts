/** A run in the page: each contestant is a worker. */

import type { Answer } from '../answer';
import type { Results } from '../results';
import type { RunOptions } from '../turns';
import { Partner, takeTurns } from '../turns';
import type { WorkloadName } from '../workloads';
import { workloads } from '../workloads';
import type { BrowserContestant } from './contestants';

/** What a run in the page takes. */
export interface PageOptions extends Omit<RunOptions<BrowserContestant>, 'workloads'> {
  /** Names of the rows. */
  readonly rows: readonly WorkloadName[];
  /** CPU milliseconds that the GPU process has spent, where somebody knows. */
  readonly clock?: () => Promise<number>;
  /** Ends the run; rows that are done remain. */
  readonly signal?: AbortSignal;
  /** Hears about what has been found so far. */
  readonly onRow?: (results: Results) => void;
}

function launch(name: BrowserContestant): Partner {
  const worker = new Worker(new URL('./worker.js', import.meta.url), { type: 'module', name });
  const partner = new Partner(
    (request) => worker.postMessage(request),
    () => worker.terminate(),
  );
  worker.onmessage = ({ data }) => partner.receive(data as Answer);
  worker.onerror = (event) => partner.end(event.message || 'its worker does not start');
  return partner;
}

/** What the browser calls its GPU. */
function rendererName(): string | undefined {
  const gl = new OffscreenCanvas(1, 1).getContext('webgl2');
  if (!gl) return undefined;
  const info = gl.getExtension('WEBGL_debug_renderer_info');
  const name = String(gl.getParameter(info ? info.UNMASKED_RENDERER_WEBGL : gl.RENDERER));
  gl.getExtension('WEBGL_lose_context')?.loseContext();
  return name;
}

/** The browser and its version. */
function browserName(): string {
  const [, name, version] =
    /(Firefox|Edg|Chrome|Version)\/([\d.]+)/.exec(navigator.userAgent) ?? [];
  if (!name) return navigator.userAgent;
  return `${{ Edg: 'Edge', Version: 'Safari' }[name] ?? name} ${version}`;
}

/** Times the rows, and tells what was found. */
export async function measure(options: PageOptions): Promise<Results> {
  const { rows: names, clock, signal, onRow } = options;
  const cores = navigator.hardwareConcurrency;
  const date = new Date().toISOString();
  const gpu = rendererName();
  const machine = { cpu: navigator.platform, cores, browser: browserName(), ...(gpu && { gpu }) };
  const partners = new Set<Partner>();
  signal?.addEventListener('abort', () => {
    for (const partner of partners) partner.stop();
  });
  const all: Results['rows'][number][] = [];
  const found = await takeTurns(
    { ...options, workloads: workloads.filter(({ name }) => names.includes(name)) },
    {
      launch(name) {
        if (signal?.aborted) return 'stopped';
        const partner = launch(name);
        partners.add(partner);
        return partner;
      },
      ...(clock && { clock }),
      isStopped: () => signal?.aborted ?? false,
      onRow(row, versions) {
        all.push(row);
        onRow?.({ date, machine, versions: { ...versions }, rows: [...all] });
      },
    },
  );
  return { date, machine, ...found };
}
