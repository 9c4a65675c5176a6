import type { EffectSink } from '@holdfast/kernel';
import {
  type FlushResult,
  type PageAnswer,
  type PageNotice,
  type PageRequest,
  type PageSyncEnv,
  type PageSyncEvent,
  pageSyncKernel,
  pageSyncRules,
} from '@holdfast/nfs-state';
import type { Contender, Question } from '../harness/question.ts';

const dataServers = 3;
/** A file of 64 MiB. */
const pages = 16_384;

const env: PageSyncEnv = {
  dataServers,
  stripes: { pages: 16, servers: [1, 2, 3] },
  commitsThroughMetadataServer: false,
  layoutErrorsMax: 3,
  commitRetriesMax: 3,
  writesMax: 64,
  commitPages: 8192,
  suspendMs: 100,
  restMs: 10,
  rules: pageSyncRules,
};

/** Servers that do what they are asked: each request is answered, in order. */
class Servers implements EffectSink<PageRequest, FlushResult, PageNotice> {
  readonly #asked: { readonly server: number; readonly request: PageRequest }[] = [];
  answered = 0;
  clean = 0;

  send(server: number, request: PageRequest): void {
    this.#asked.push({ server, request });
  }

  reply(): void {
    this.answered++;
  }

  deliver(notice: PageNotice): void {
    if (notice.type === 'clean') this.clean++;
  }

  /** The next answer, undefined when nothing is outstanding. */
  next(): PageSyncEvent | undefined {
    const asked = this.#asked.shift();
    return asked && { type: 'answer', from: asked.server, answer: answerTo(asked.request) };
  }

  setTimer(): void {
    throw new Error('nothing fails here');
  }

  cancelTimer(): void {}
  diskRead(): void {}
  diskWrite(): void {}
  diskFlush(): void {}
  trace(): void {}
}

function answerTo(asked: PageRequest): PageAnswer {
  const { request } = asked;
  switch (asked.type) {
    case 'WRITE':
      return { type: 'WRITTEN', request, page: asked.page, how: 'UNSTABLE', verifier: 1 };
    case 'COMMIT':
      return { type: 'COMMITTED', request, verifier: 1 };
    case 'LAYOUTGET':
      return { type: 'LAYOUT', request, generation: 1 };
    case 'LAYOUTCOMMIT':
      return { type: 'LAYOUT_COMMITTED', request };
    case 'LAYOUTRETURN':
      return { type: 'LAYOUT_RETURNED', request };
    case 'SETATTR':
      return { type: 'ATTRIBUTES_SET', request };
  }
}

/** Write every page of a file, flush, and hear every answer; the events that were. */
function oneFile(): number {
  const state = pageSyncKernel.initial(env);
  const servers = new Servers();
  let events = 0;
  const step = (event: PageSyncEvent): void => {
    pageSyncKernel.step(state, event, env, servers);
    events++;
  };
  for (let page = 0; page < pages; page++) step({ type: 'write', page, content: page + 1, locked: false });
  step({ type: 'flush', call: 1 });
  for (let event = servers.next(); event !== undefined; event = servers.next()) step(event);
  if (servers.answered !== 1 || servers.clean !== pages) throw new Error('pages are missing');
  return events;
}

const ours: Contender = {
  name: 'ours',
  round: async ({ warmUpMs, measureMs }) => {
    const run = (ms: number): { readonly events: number; readonly cpuSeconds: number } => {
      const untilMs = performance.now() + ms;
      const before = process.threadCpuUsage();
      let events = 0;
      while (performance.now() < untilMs) events += oneFile();
      const { user, system } = process.threadCpuUsage(before);
      return { events, cpuSeconds: (user + system) / 1e6 };
    };
    run(warmUpMs);
    const { events, cpuSeconds } = run(measureMs);
    return { value: events / cpuSeconds / 1e6, cpuNs: (cpuSeconds * 1e9) / events };
  },
};

export const kernelEvents: readonly Question[] = [
  {
    name: 'page-sync kernel, files of 64 MiB written and flushed, events per second of CPU time',
    unit: 'M/s',
    better: 'higher',
    ours,
    peers: [],
    verdicts: [{ measure: 'value', against: [], min: 1 }],
  },
];
