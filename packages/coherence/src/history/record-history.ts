import { setEnvironmentData } from 'node:worker_threads';
import { Cluster } from '@holdfast/runtime';
import {
  checkHistory,
  type HistoryReport,
  type Operation,
  type RegisterCall,
  type RegisterResult,
  registerModel,
} from '@holdfast/simulation';
import { openOnCluster } from '../container/open-container.ts';
import { historyLookMs, recordedCallsPerNodeMax } from '../limits.ts';
import { makeRecordMemory, RecordLog, type RecordMemory, recordMemoryName } from './record-log.ts';
import { HistoryClients, Recorded } from './recorded-container.ts';

export interface HistoryLoad {
  /** Worker nodes, 2 to 8. */
  readonly nodes: number;
  /** Calls to record, over all nodes. */
  readonly calls: number;
  readonly keys: number;
  /** Callers of each node; all of them may be on one object at a time. */
  readonly clientsPerNode: number;
  /** One call in so many is on object 0. */
  readonly hotEvery: number;
  /** Nodes killed and started again, one after the other, spread over the run. */
  readonly kills: number;
  /** How long a killed node stays away, in ms. */
  readonly awayMs: number;
  readonly seed: number;
  /** Told now and then how many calls were recorded. */
  onProgress?(recorded: number): void;
}

export interface RecordedHistory {
  readonly report: HistoryReport<RegisterCall, RegisterResult>;
  /** How often calls failed, by code. */
  readonly errors: Readonly<Record<string, number>>;
  readonly kills: number;
  readonly callsOnHotKey: number;
  readonly recordMs: number;
  readonly checkMs: number;
}

/**
 * Use a container from worker threads, record every call and its answer, kill nodes meanwhile, and look for an order of
 * all that was recorded. Starts and closes a cluster of its own.
 */
export async function recordHistory(load: HistoryLoad): Promise<RecordedHistory> {
  const perNode = Math.ceil(load.calls / load.nodes);
  if (perNode > recordedCallsPerNodeMax) throw new RangeError(`at most ${recordedCallsPerNodeMax} calls of a node fit`);
  const memory = makeRecordMemory(load.nodes, load.keys, perNode);
  // Threads that start from now on find it, those of a restarted node too.
  setEnvironmentData(recordMemoryName, memory as never);
  const startedMs = performance.now();
  try {
    await using cluster = await Cluster.start({ nodes: load.nodes });
    await openOnCluster(cluster, Recorded);
    await cluster.deploy(new URL(import.meta.resolve('@holdfast/coherence/history-clients')), { on: 'all' });
    const run = new Run(cluster, memory, load, perNode);
    await run.all();
    const recordedMs = performance.now();
    const operations = run.operations();
    const report = checkHistory(operations, registerModel);
    return {
      report,
      errors: run.errors,
      kills: run.kills,
      callsOnHotKey: operations.filter(({ key }) => key === 0).length,
      recordMs: recordedMs - startedMs,
      checkMs: performance.now() - recordedMs,
    };
  } finally {
    setEnvironmentData(recordMemoryName, undefined as never);
  }
}

type RecordedOperation = Operation<RegisterCall, RegisterResult>;

class Run {
  readonly errors: Record<string, number> = {};
  kills = 0;
  readonly #cluster: Cluster;
  readonly #load: HistoryLoad;
  readonly #perNode: number;
  readonly #logs: readonly RecordLog[];
  readonly #losses: { readonly from: number; readonly to: number }[] = [];

  constructor(cluster: Cluster, memory: RecordMemory, load: HistoryLoad, perNode: number) {
    this.#cluster = cluster;
    this.#load = load;
    this.#perNode = perNode;
    this.#logs = memory.logs.map((_, node) => new RecordLog(memory, node));
  }

  async all(): Promise<void> {
    const clients = this.#logs.map((_, node) => this.#clientsOf(node));
    const watch = setInterval(() => this.#load.onProgress?.(this.#recorded()), historyLookMs);
    try {
      await Promise.all([...clients, this.#killNodes()]);
    } finally {
      clearInterval(watch);
    }
  }

  operations(): RecordedOperation[] {
    const calls = this.#logs.flatMap((log, node) => log.operations(`n${node}`));
    const keys = Array.from({ length: this.#load.keys }, (_, key) => key);
    const losses = this.#losses.flatMap(({ from, to }) =>
      keys.map((key) => ({
        key,
        process: 'a death',
        call: { type: 'may-lose' } as const,
        invoked: from,
        end: { outcome: 'answered', at: to, result: {} } as const,
      })),
    );
    return [...calls, ...losses];
  }

  #recorded(): number {
    return this.#logs.reduce((sum, log) => sum + log.length, 0);
  }

  /** Until the node has recorded its share; again after it was killed. */
  async #clientsOf(node: number): Promise<void> {
    const { clientsPerNode: clients, hotEvery, seed } = this.#load;
    const service = this.#cluster.service(HistoryClients, { node: `n${node}`, timeoutMs: 0 });
    while (this.#logs[node]!.length < this.#perNode) {
      try {
        const { errors } = await service.run({ node, clients, until: this.#perNode, hotEvery, seed });
        for (const [code, count] of Object.entries(errors)) this.errors[code] = (this.errors[code] ?? 0) + count;
      } catch (error) {
        if (this.#load.kills === 0) throw error;
        await new Promise((resolve) => setTimeout(resolve, historyLookMs));
      }
    }
  }

  async #killNodes(): Promise<void> {
    const { kills, nodes, seed, calls, awayMs } = this.#load;
    for (; this.kills < kills; this.kills++) {
      const at = (calls * (this.kills + 1)) / (kills + 1);
      while (this.#recorded() < at) await new Promise((resolve) => setTimeout(resolve, historyLookMs));
      const name = `n${(this.kills * 7 + seed) % nodes}`;
      const from = this.#logs[0]!.now();
      await this.#cluster.kill(name);
      await new Promise((resolve) => setTimeout(resolve, awayMs));
      await this.#cluster.restart(name);
      this.#losses.push({ from, to: this.#logs[0]!.now() });
    }
  }
}
