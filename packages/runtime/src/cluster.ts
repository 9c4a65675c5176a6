import { MessageChannel, Worker } from 'node:worker_threads';
import * as Comlink from 'comlink';
import type { Observable } from 'rxjs';
import type { Deployment, DeployOptions } from './cluster/deployment.ts';
import type { ClusterOptions } from './cluster/options.ts';
import { threadEntry } from './cluster/thread-entry.ts';
import { type ClusterConfig, deployMs } from './control/config.ts';
import { ControlPlane, type SupervisorCall } from './control/control-plane.ts';
import { settledWithin } from './control/deadline.ts';
import { type ControlPort, controlPort, type FromMember, type ToMember } from './control/messages.ts';
import type { CloseMode, CloseReport, DeploymentRecord, MemberDiagnostics } from './control/supervisor-api.ts';
import type { ClusterStore } from './coord/types.ts';
import { assertEngine } from './engine.ts';
import { ClosedError, NodeStuckError, SupervisorDownError } from './errors.ts';
import { type ClusterEvent, describeError } from './events/cluster-event.ts';
import { EventHub } from './events/event-hub.ts';
import { type ClusterExtensions, clusterMethods } from './extensions.ts';
import type { DriverName } from './interconnect/types.ts';
import { bootMsDefault, closeGraceMs, controlMsDefault, drainMsDefault, terminateMsDefault } from './limits.ts';
import type { MemberName } from './member.ts';
import { Arena } from './memory/arena.ts';
import { ClusterBlock } from './memory/cluster-block.ts';
import type { becomeMember } from './node/become-member.ts';
import { makeTicket } from './node/join.ts';
import type { MemberThread } from './node/member-thread.ts';
import { ClusterSignals } from './node/signals.ts';
import type { LoadedServices, MemberContext } from './node/types.ts';
import type { ServiceDefinition } from './service/define-service.ts';
import type { BroadcastProxy, CallOptions, ServiceMembers, ServiceProxy } from './service/types.ts';
import { bootKey, type MemberBoot, type SupervisorBoot } from './supervisor/boot-data.ts';
import type { ViewMember } from './supervisor/membership.ts';
import { workerExecArgv } from './supervisor/worker-entry.ts';

/** One link between two members. */
export interface LinkFault {
  readonly between: readonly [MemberName, MemberName];
  readonly driver: DriverName;
}

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
// biome-ignore lint/suspicious/noUnsafeDeclarationMerging: extensions bring the methods of the interface.
export class Cluster implements AsyncDisposable {
  /** There once the options are read. */
  #config: ClusterConfig | undefined;
  readonly #arena: Arena;
  readonly #block: ClusterBlock;
  readonly #hub: EventHub;
  readonly #supervisor: Worker;
  readonly #supervisorEnded: Promise<void>;
  readonly #control: ControlPlane;
  readonly #welcome = Promise.withResolvers<MemberThread>();
  /** Loaded before the supervisor is asked to start, as all that a member needs. */
  #becomeMember: typeof becomeMember = () => {
    throw new TypeError('main was welcomed before it was ready');
  };
  #thread: MemberThread | undefined;
  #services: LoadedServices | undefined;
  #attached = false;
  #closing: Promise<void> | undefined;

  /**
   * Start a cluster; resolves when every node is up and all channels of a small cluster are ready. When it rejects,
   * nothing of the cluster is left.
   * @throws ConfigError (HF_CONFIG), BootError (HF_BOOT), StorageError (HF_STORAGE), StorageInUseError
   *   (HF_STORAGE_IN_USE), TimeoutError (HF_TIMEOUT), ArenaExhaustedError (HF_ARENA_EXHAUSTED)
   */
  static async start(options: ClusterOptions = {}): Promise<Cluster> {
    assertEngine();
    const cluster = new Cluster(threadEntry(options));
    try {
      await cluster.#boot(options);
      return cluster;
    } catch (error) {
      await cluster.terminate().catch(() => undefined);
      throw error;
    }
  }

  /** Starts the supervisor's thread, which boots while this one reads the options. */
  private constructor(entry: URL) {
    this.#arena = Arena.process();
    this.#block = ClusterBlock.create(this.#arena);
    const signals = new ClusterSignals();
    this.#hub = new EventHub(signals);
    const admin = new MessageChannel();
    const shared = { memory: this.#arena.memory, block: this.#block.extent, signals: signals.buffer };
    const boot: SupervisorBoot = { role: 'supervisor', shared, adminPort: admin.port2 };
    this.#supervisor = new Worker(entry, {
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

  /** This thread as a member: what a service finds in its context. It calls nodes without a relay. */
  get main(): MemberContext {
    return this.#member(this.#services).context;
  }

  /**
   * The coordination store, for facts that all members must agree on. It keeps them when the cluster has storage.
   * @example
   * ```ts
   * const { succeeded } = await cluster.coord.compareAndSet('leader', 0, new TextEncoder().encode('n0'));
   * ```
   */
  get coord(): ClusterStore {
    return this.main.coord;
  }

  /** The members of the current view, as this thread knows it. */
  members(): readonly ViewMember[] {
    return this.#member(this.#thread).view.members;
  }

  /** The epoch of the current view. It rises with every change of membership, across processes too. */
  get epoch(): number {
    this.#member(this.#thread);
    return this.#block.epoch;
  }

  /**
   * Run a service on nodes; resolves when it answers on all of them and every member can call it.
   * @param module URL or absolute path of a module whose default export is `defineService(...).implement(...)`
   * @throws what loading or setting it up threw, on the first node where it did; then it runs on none
   */
  async deploy(module: URL | string, options: DeployOptions): Promise<Deployment> {
    const config = this.#member(this.#config);
    const up = this.members().filter(({ slot, state }) => slot < config.nodes && state === 'up');
    const names = up.map((node) => node.name);
    const { parseDeploy } = await import('./cluster/deployment.ts');
    const request = parseDeploy(module, options, names);
    const deploy: SupervisorCall<DeploymentRecord> = (supervisor) => supervisor.deploy(request);
    const { id, service, nodes: on } = await this.#ask('The deploy', deploy, deployMs(config, request.on.length));
    const stop = () => this.#ask(`Stopping ${service}`, (supervisor) => supervisor.undeploy(id));
    return { name: service, nodes: on, stop };
  }

  /** A typed proxy of a deployed service. */
  service<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): ServiceProxy<M> {
    return this.#member(this.#services).client.service(definition, defaults);
  }

  /** The rpc members of a service, each called on all nodes it runs on. */
  broadcast<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): BroadcastProxy<M> {
    return this.#member(this.#services).client.broadcast(definition, defaults);
  }

  /**
   * Make a worker of the app a member; its code calls `joinCluster()`. Its thread stays the app's: when it ends, the
   * member is dead. Resolves with its name, `a0` and up.
   */
  async attach(worker: Worker): Promise<MemberName> {
    const { port1, port2 } = new MessageChannel();
    this.#attached = true;
    worker.postMessage(makeTicket(port2), [port2]);
    return this.#ask('Attaching a worker', (supervisor) => supervisor.attach(Comlink.transfer(port1, [port1])));
  }

  /** Figures of every member, this thread first. A member that does not answer within a second is listed as such. */
  async diagnostics(): Promise<readonly MemberDiagnostics[]> {
    const { name, boot } = this.#member(this.#thread);
    const report = await this.#member(this.#thread).report();
    const others = await this.#ask('Diagnostics', (supervisor) => supervisor.diagnostics());
    return [{ name, incarnation: boot.incarnation, responding: true, report }, ...others];
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
   * Take one link between two members down, as if it had failed: its port is closed, its ring replaced. Their session goes
   * on over another link, without loss; the link is made anew and comes back. See the events `link-down`, `failover` and
   * `link-up`. To cut all links at once, {@link partition}.
   * @throws UnknownNodeError (HF_UNKNOWN_NODE), UnknownLinkError (HF_UNKNOWN_LINK)
   */
  async failLink({ between, driver }: LinkFault): Promise<void> {
    const [first, second] = between;
    await this.#ask(`Failing a link of ${first} and ${second}`, (supervisor) => {
      return supervisor.failLink([first, second], driver);
    });
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

  /** End at once, as a crash of every node would: no service is asked. Cuts short a drain or close under way. */
  terminate(): Promise<void> {
    if (this.#closing !== undefined) this.#hurry();
    return this.#end('terminate', 0);
  }

  [Symbol.asyncDispose](): Promise<void> {
    return this.close();
  }

  async #boot(options: ClusterOptions): Promise<void> {
    const { parseOptions } = await import('./cluster/options.ts');
    const config = parseOptions(options);
    this.#config = config;
    this.#supervisor.postMessage(config);
    const { becomeMember } = await import('./node/become-member.ts');
    this.#becomeMember = becomeMember;
    await this.#control.call('Starting the cluster', config.bootMs, (supervisor) => supervisor.start());
    const main = await this.#welcome.promise;
    await main.knows(this.#block.epoch);
    this.#services = await main.services();
  }

  /**
   * Ask the supervisor, and wait until this thread knows the view the answer was given in.
   * @param workMs what the work itself may take
   */
  async #ask<Value>(
    what: string,
    call: SupervisorCall<Value>,
    workMs: number = this.#config?.bootMs ?? bootMsDefault,
  ): Promise<Value> {
    if (this.#closing !== undefined) throw new ClosedError('The cluster');
    const value = await this.#control.call(what, controlMsDefault + workMs, call);
    await this.#thread?.knows(this.#block.epoch);
    return value;
  }

  #member<Part>(part: Part | undefined): Part {
    if (part === undefined || this.#closing !== undefined) throw new ClosedError('The cluster');
    return part;
  }

  #receiveControl(): void {
    const port = controlPort<FromMember, ToMember>(this.#supervisor);
    port.receive((message) => {
      if (message.type === 'welcome') {
        this.#join(message.boot, port);
      } else if (message.type === 'events') {
        this.#hub.deliver(message.events, message.dropped);
      }
    });
  }

  /** Become the member `main`, at once: what the next messages say, only a member understands. */
  #join(boot: MemberBoot, port: ControlPort<FromMember, ToMember>): void {
    try {
      this.#thread = this.#becomeMember(boot, port);
      this.#welcome.resolve(this.#thread);
    } catch (error) {
      this.#welcome.reject(error);
    }
  }

  /** This thread is a member no more. Its services' failure to end is not the cluster's. */
  async #leave(): Promise<void> {
    await this.#thread?.stop('close').catch((error: unknown) => {
      this.#hub.deliver([{ type: 'log', at: Date.now(), node: 'main', level: 'error', message: String(error) }]);
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
    this.#control.end(error);
    if (this.#closing !== undefined) return;
    this.#hub.deliver([{ type: 'supervisor-down', at: Date.now(), error: describeError(error) }]);
    await this.#leave();
    this.#hub.complete();
  }

  #end(mode: CloseMode, graceMs: number): Promise<void> {
    this.#closing ??= this.#shutDown(mode, graceMs);
    return this.#closing;
  }

  /** The first call's report tells how it went; this one only keeps it from waiting. */
  #hurry(): void {
    this.#control
      .call('Ending the cluster', controlMsDefault, (supervisor) => supervisor.close('terminate', 0))
      .catch(() => undefined);
  }

  /** Have the supervisor end everybody else. */
  async #closeOthers(mode: CloseMode, graceMs: number, terminateMs: number): Promise<CloseReport> {
    const nothing: CloseReport = { stuck: [], left: false };
    // It waits for its options, and has started nobody.
    if (this.#config === undefined) return nothing;
    const timeoutMs = graceMs + terminateMs + controlMsDefault;
    return (
      this.#control
        .call('Closing the cluster', timeoutMs, (supervisor) => supervisor.close(mode, graceMs))
        // A supervisor that is gone has taken its nodes with it, and one that cannot answer is about to.
        .catch(() => nothing)
    );
  }

  async #shutDown(mode: CloseMode, graceMs: number): Promise<void> {
    const terminateMs = this.#config?.terminateMs ?? terminateMsDefault;
    const report = await this.#closeOthers(mode, graceMs, terminateMs);
    await this.#leave();
    this.#control.end();
    if (report.stuck.length > 0) {
      // The supervisor stays until its stuck children are gone, and does not keep the process alive.
      this.#supervisor.unref();
      void this.#supervisorEnded.then(() => this.#recycle(report));
      this.#hub.complete();
      throw new NodeStuckError(report.stuck);
    }
    void this.#supervisor.terminate();
    const ended = await settledWithin(this.#supervisorEnded, terminateMs);
    // Its last events have arrived before its exit is heard.
    this.#hub.complete();
    if (!ended) throw new NodeStuckError(['supervisor']);
    this.#recycle(report);
  }

  /**
   * The supervisor's thread has ended, in order or in a crash, and with it every thread it started: no node writes to the
   * cluster's memory any more. Only an attached worker that did not say that it let go still could.
   */
  #recycle({ left }: CloseReport): void {
    if (left || !this.#attached) this.#arena.giveAllOf(this.#block.tag);
  }
}

/** Packages above the runtime give a cluster more methods. */
export interface Cluster extends ClusterExtensions {}

Object.setPrototypeOf(Cluster.prototype, clusterMethods);
