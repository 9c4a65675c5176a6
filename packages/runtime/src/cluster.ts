import { MessageChannel, Worker } from 'node:worker_threads';
import type { Observable } from 'rxjs';
import { type ClusterOptions, parseOptions } from './cluster/options.ts';
import type { ClusterConfig } from './control/config.ts';
import { ControlPlane, type SupervisorCall } from './control/control-plane.ts';
import { controlPort, type FromMember, type ToMember } from './control/messages.ts';
import type { CloseMode } from './control/supervisor-api.ts';
import { ClosedError, HoldfastError, NodeStuckError, SupervisorDownError } from './errors.ts';
import type { ClusterEvent } from './events/cluster-event.ts';
import { EventHub } from './events/event-hub.ts';
import { closeGraceMs, controlMsDefault, drainMsDefault } from './limits.ts';
import type { MemberName } from './member.ts';
import { Arena } from './memory/arena.ts';
import { ClusterBlock } from './memory/cluster-block.ts';
import { MemberThread } from './node/member-thread.ts';
import { ClusterSignals } from './node/signals.ts';
import { bootKey, type SupervisorBoot } from './supervisor/boot-data.ts';
import type { ViewMember } from './supervisor/membership.ts';
import { workerExecArgv } from './supervisor/worker-entry.ts';

/**
 * A cluster of nodes, each a worker thread, and this thread as its member `main`.
 *
 * @example
 * ```ts
 * await using cluster = await Cluster.start({ nodes: 4, storage: './.holdfast' });
 * cluster.events$.subscribe((event) => console.log(event.type));
 * await cluster.kill('n2');
 * cluster.members();
 * ```
 */
export class Cluster implements AsyncDisposable {
  readonly #config: ClusterConfig;
  readonly #arena: Arena;
  readonly #block: ClusterBlock;
  readonly #hub: EventHub;
  readonly #supervisor: Worker;
  readonly #supervisorEnded: Promise<void>;
  readonly #control: ControlPlane;
  readonly #welcome = Promise.withResolvers<MemberThread>();
  #main: MemberThread | undefined;
  #closing: Promise<void> | undefined;

  /**
   * Start a cluster; resolves when every node is up and all channels of a small cluster are ready. When it rejects,
   * nothing of the cluster is left.
   * @throws ConfigError (HF_CONFIG), BootError (HF_BOOT), StorageError (HF_STORAGE), StorageInUseError
   *   (HF_STORAGE_IN_USE), TimeoutError (HF_TIMEOUT), ArenaExhaustedError (HF_ARENA_EXHAUSTED)
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    const cluster = new Cluster(parseOptions(options));
    try {
      await cluster.#boot();
      return cluster;
    } catch (error) {
      await cluster.terminate().catch(() => undefined);
      throw error;
    }
  }

  private constructor(config: ClusterConfig) {
    this.#config = config;
    this.#arena = Arena.process();
    this.#block = ClusterBlock.create(this.#arena);
    const signals = new ClusterSignals();
    this.#hub = new EventHub(signals);
    const admin = new MessageChannel();
    const shared = { memory: this.#arena.memory, block: this.#block.extent, signals: signals.buffer };
    const boot: SupervisorBoot = { role: 'supervisor', shared, config, adminPort: admin.port2 };
    this.#supervisor = new Worker(new URL(config.workerUrl), {
      name: 'holdfast supervisor',
      workerData: { [bootKey]: boot },
      transferList: [admin.port2],
      ...workerExecArgv(),
    });
    this.#control = new ControlPlane(admin.port1);
    this.#supervisorEnded = this.#watchSupervisor();
    this.#welcome.promise.catch(() => undefined);
    this.#receiveControl();
  }

  /** What happens in the cluster, from now on. Free while nobody subscribes; a subscriber that throws is isolated. */
  get events$(): Observable<ClusterEvent> {
    return this.#hub.events$;
  }

  /** The same, for `for await`. */
  events(signal?: AbortSignal): AsyncGenerator<ClusterEvent, void, undefined> {
    return this.#hub.iterate(signal);
  }

  /** The members of the current view, as this thread knows it. */
  members(): readonly ViewMember[] {
    return this.#member().view.members;
  }

  /** The epoch of the current view. It rises with every change of membership, across processes too. */
  get epoch(): number {
    return this.#block.epoch;
  }

  /**
   * End a node's thread as a crash would, whatever it is doing; resolves when its end is agreed on.
   * @throws NodeStuckError (HF_NODE_STUCK) when the thread does not end: it is fenced instead.
   */
  async kill(name: MemberName): Promise<void> {
    await this.#ask(`Killing ${name}`, (supervisor) => supervisor.kill(name));
  }

  /**
   * Start a fresh incarnation of a node that is down, with what was deployed on it. What it had in memory is lost.
   */
  async restart(name: MemberName): Promise<void> {
    await this.#ask(`Restarting ${name}`, (supervisor) => supervisor.restart(name));
  }

  /** Make a node stand still, as a stopped thread would; resolves when it does. Its heartbeat stops too. */
  async pause(name: MemberName): Promise<void> {
    await this.#ask(`Pausing ${name}`, (supervisor) => supervisor.pause(name));
  }

  async resume(name: MemberName): Promise<void> {
    await this.#ask(`Resuming ${name}`, (supervisor) => supervisor.resume(name));
  }

  /**
   * Cut all links between two groups of members until {@link heal}. Nothing is lost: sessions keep what they could not
   * deliver, and go on after. `oneWay` cuts only what `groupA` sends to `groupB`.
   */
  async partition(
    groupA: readonly MemberName[],
    groupB: readonly MemberName[],
    { oneWay = false }: { readonly oneWay?: boolean } = {},
  ): Promise<void> {
    await this.#ask('The partition', (supervisor) => supervisor.partition(groupA, groupB, oneWay));
  }

  /** Undo every partition. */
  async heal(): Promise<void> {
    await this.#ask('Healing', (supervisor) => supervisor.heal());
  }

  /**
   * End in order: services take no new calls, finish the accepted ones and are disposed, sessions close, then threads
   * end. After `timeoutMs` what is still running is cut off, as by {@link close}.
   */
  drain({ timeoutMs = drainMsDefault }: { readonly timeoutMs?: number } = {}): Promise<void> {
    return this.#end('drain', timeoutMs);
  }

  /**
   * End now: services are disposed, calls under way reject, threads end, files are closed.
   * @throws NodeStuckError (HF_NODE_STUCK) naming threads that did not end; everything else is gone all the same.
   */
  close(): Promise<void> {
    return this.#end('close', closeGraceMs);
  }

  /** End at once, as a crash of every node would: no service is asked. */
  terminate(): Promise<void> {
    return this.#end('terminate', 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #boot(): Promise<void> {
    await this.#control.call('Starting the cluster', this.#config.bootMs, (supervisor) => supervisor.start());
    const main = await this.#welcome.promise;
    await main.knows(this.#block.epoch);
  }

  /** Ask the supervisor, and wait until this thread knows the view the answer was given in. */
  async #ask<Value>(what: string, call: SupervisorCall<Value>): Promise<Value> {
    if (this.#closing !== undefined) throw new ClosedError('The cluster');
    const value = await this.#control.call(what, controlMsDefault + this.#config.bootMs, call);
    await this.#main?.knows(this.#block.epoch);
    return value;
  }

  #member(): MemberThread {
    if (this.#main === undefined) throw new ClosedError('The cluster');
    return this.#main;
  }

  #receiveControl(): void {
    const port = controlPort<FromMember, ToMember>(this.#supervisor);
    port.receive((message) => {
      if (message.type === 'welcome') {
        this.#main = new MemberThread(message.boot, port);
        this.#welcome.resolve(this.#main);
      } else if (message.type === 'events') {
        this.#hub.deliver(message.events, message.dropped);
      }
    });
  }

  async #watchSupervisor(): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    let cause: unknown;
    this.#supervisor.on('error', (error) => {
      cause = error;
    });
    this.#supervisor.on('exit', () => resolve());
    await promise;
    const error = new SupervisorDownError({ cause });
    this.#welcome.reject(error);
    this.#control.end(this.#closing === undefined ? error : new ClosedError('The cluster'));
    this.#main?.stop();
  }

  #end(mode: CloseMode, graceMs: number): Promise<void> {
    this.#closing ??= this.#shutDown(mode, graceMs);
    return this.#closing;
  }

  async #shutDown(mode: CloseMode, graceMs: number): Promise<void> {
    const timeoutMs = graceMs + this.#config.terminateMs + controlMsDefault;
    const report = await this.#control
      .call('Closing the cluster', timeoutMs, (supervisor) => supervisor.close(mode, graceMs))
      .catch((error: unknown) => {
        // A supervisor that is gone has taken its nodes with it: there is nothing left to close.
        if (error instanceof HoldfastError && error.code !== 'HF_TIMEOUT') return { stuck: [], extents: [] };
        throw error;
      });
    this.#main?.stop();
    this.#main = undefined;
    this.#control.end();
    this.#hub.complete();
    if (report.stuck.length > 0) {
      // Ending the supervisor would wait for its stuck children: it stays, and does not keep the process alive.
      this.#supervisor.unref();
      throw new NodeStuckError(report.stuck);
    }
    await this.#supervisor.terminate();
    await this.#supervisorEnded;
    for (const extent of report.extents) this.#arena.give(extent);
    this.#arena.give(this.#block.extent);
  }
}
