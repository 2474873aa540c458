/** Long work in a worker: progress as it goes, and a stop that works at once. */

import { onBeforeUnmount, ref, shallowRef } from 'vue';
import type { Answer, JobName, Jobs } from './jobs';

/** A job of the worker and its state for a template. */
export function useJob<N extends JobName>(name: N) {
  const running = ref(false);
  const failure = ref('');
  const place = ref('');
  const progress = shallowRef<Jobs[N]['progress'] | null>(null);
  let worker: Worker | null = null;

  function stop(): void {
    worker?.terminate();
    worker = null;
    running.value = false;
  }

  function start(options: Jobs[N]['options']): void {
    stop();
    failure.value = '';
    progress.value = null;
    running.value = true;
    worker = new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    worker.onmessage = ({ data }: MessageEvent<Answer<N>>) => {
      if (data.kind === 'place') place.value = data.place;
      else if (data.kind === 'progress') progress.value = data.progress;
      else {
        if (data.kind === 'failed') failure.value = data.message;
        stop();
      }
    };
    worker.onerror = ({ message }) => {
      failure.value = message || 'the worker did not start';
      stop();
    };
    worker.postMessage({ name, options });
  }

  onBeforeUnmount(stop);
  return { running, failure, place, progress, start, stop };
}
