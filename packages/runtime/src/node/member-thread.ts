import { MemberLane } from '../compute/member-lane.ts';
import { outcomeOf } from '../control/error-wire.ts';
import type { ControlPort, FromMember, LostMember, ToMember } from '../control/messages.ts';
import type { MemberReport } from '../control/supervisor-api.ts';
import { RemoteStore } from '../coord/remote-store.ts';
import { UnknownLinkError } from '../errors.ts';
import { EventOutbox } from '../events/event-outbox.ts';
import { createExchange } from '../exchange/exchange.ts';
import type { MemberExchange } from '../exchange/member-exchange.ts';
import type { DriverName } from '../interconnect/types.ts';
import { nodesMax } from '../limits.ts';
import { type MemberName, type MemberSlot, memberName } from '../member.ts';
import { Arena } from '../memory/arena.ts';
import { ClusterBlock } from '../memory/cluster-block.ts';
import { LocalPagePool } from '../memory/page-pool.ts';
import type { PagePool } from '../memory/types.ts';
import { ServiceDirectory } from '../service/directory.ts';
import type { MemberBoot } from '../supervisor/boot-data.ts';
import type { View } from '../supervisor/membership.ts';
import { ClusterSignals } from './signals.ts';
import type { LoadedServices } from './types.ts';

/** Loads what services need. Nodes do it at the first deploy, because a node boots without such libraries. */
export type ServicesLoader = (thread: MemberThread) => Promise<LoadedServices>;

/** One thread as a member of the cluster: what main, nodes and attached workers have in common. */
export class MemberThread {
  readonly name: MemberName;
  readonly boot: MemberBoot;
  readonly directory = new ServiceDirectory();
  readonly outbox: EventOutbox;
  readonly exchange: MemberExchange;
  readonly pages: PagePool;
  readonly lane: MemberLane;
  readonly coord: RemoteStore;
  readonly #control: ControlPort<FromMember, ToMember>;
  readonly #signals: ClusterSignals;
  readonly #stopping = new AbortController();
  readonly #loadServices: ServicesLoader;
  #services: Promise<LoadedServices> | undefined;
  #view: View;
  readonly #viewListeners = new Set<(view: View) => void>();
  #viewChanged = Promise.withResolvers<void>();
  #loopUse = performance.eventLoopUtilization();

  constructor(boot: MemberBoot, control: ControlPort<FromMember, ToMember>, loadServices: ServicesLoader) {
    const { shared, slot, incarnation, loop } = boot;
    this.boot = boot;
    this.name = memberName(slot);
    this.#control = control;
    this.#loadServices = loadServices;
    this.#view = boot.view;
    this.directory.replace(boot.directory);
    this.#signals = new ClusterSignals(shared.signals);
    this.outbox = new EventOutbox(this.#signals, (events, dropped) =>
      control.post({ type: 'events', events, dropped }),
    );
    const arena = Arena.open(shared.memory);
    const block = ClusterBlock.open(arena, shared.block);
    this.exchange = createExchange({
      block,
      self: slot,
      incarnation,
      loop,
      requestWires: (peer) => control.post({ type: 'want-wires', peer }),
      onError: (error) => this.outbox.publish('log', { node: this.name, level: 'error', message: error.message }),
    });
    this.#watchPeers();
    this.pages = new LocalPagePool({ arena, self: slot, incarnation, range: boot.range });
    this.lane = new MemberLane(this.pages, control);
    this.coord = new RemoteStore((request) => control.post({ type: 'store', ...request }));
    for (const { peer, incarnation: theirs, ends } of boot.wires) this.exchange.attachWires(peer, theirs, ends);
    control.receive((message) => this.#receive(message));
    control.post({ type: 'booted' });
  }

  get view(): View {
    return this.#view;
  }

  /** Say that this member takes part in something; a later view says so. */
  takePart(role: string): void {
    this.#control.post({ type: 'take-part', role });
  }

  /** Be told of every later view; the function that ends it. */
  watchView(listener: (view: View) => void): () => void {
    this.#viewListeners.add(listener);
    return () => this.#viewListeners.delete(listener);
  }

  /** Aborted when this member is told to stop. */
  get signal(): AbortSignal {
    return this.#stopping.signal;
  }

  /** Resolves when this thread has applied the view of `epoch`, or of a later one. */
  async knows(epoch: number): Promise<void> {
    while (this.#view.epoch < epoch && !this.signal.aborted) await this.#viewChanged.promise;
  }

  /** What this member runs and calls; loaded at the first use. */
  services(): Promise<LoadedServices> {
    this.#services ??= this.#loadServices(this);
    return this.#services;
  }

  /** This member's figures. */
  async report(): Promise<MemberReport> {
    const use = performance.eventLoopUtilization();
    const { utilization } = performance.eventLoopUtilization(use, this.#loopUse);
    this.#loopUse = use;
    const { heapUsed, external } = process.memoryUsage();
    const services = (await this.#services)?.report() ?? [];
    let [sessions, framesSent, failovers] = [0, 0, 0];
    for (const peer of this.exchange.diagnostics()) {
      if (peer.ready) sessions += 1;
      framesSent += peer.framesSent;
      failovers += peer.failovers;
    }
    return {
      eventLoopUse: utilization,
      heapUsedBytes: heapUsed,
      externalBytes: external,
      freePages: this.pages.freePages,
      mailboxDepth: services.reduce((sum, service) => sum + service.mailboxDepth, 0),
      services,
      sessions,
      framesSent,
      failovers,
    };
  }

  /** Be a member no more: end the services, then the sessions. `drain` lets both finish what they accepted. */
  async stop(mode: 'drain' | 'close'): Promise<void> {
    await this.#endServices(mode);
    if (mode === 'drain') await this.exchange.drainAndClose();
    else this.exchange.close();
  }

  #receive(message: ToMember): void {
    switch (message.type) {
      case 'wires':
        this.exchange.attachWires(message.peer, message.incarnation, message.ends);
        break;
      case 'view':
        this.#applyView(message.view, message.lost);
        break;
      case 'directory':
        this.directory.replace(message.entries);
        this.#control.post({ type: 'directory-ack', version: message.version });
        break;
      case 'lane-settled':
        this.lane.settled(message.job, message.outcome);
        break;
      case 'stored':
        this.coord.answer(message);
        break;
      case 'fail-link':
        void this.#answer(message.request, () => this.#failLink(message.peer, message.driver));
        break;
      case 'pause':
        this.#standStill(message.pause);
        break;
      case 'diagnose':
        void this.#answer(message.request, () => this.report());
        break;
      case 'deploy':
        void this.#answer(message.request, async () => (await this.services()).deploy(message.order));
        break;
      case 'undeploy':
        void this.#answer(message.request, async () => (await this.services()).undeploy(message.deploymentId));
        break;
      case 'stop':
        void this.#answer(message.request, () => this.#obeyStop(message.mode));
        break;
    }
  }

  /** A node's thread ends next, and with it its sessions: its peers learn of that from the view, like of any death. */
  #obeyStop(mode: 'drain' | 'close'): Promise<void> {
    const threadEnds = this.boot.slot < nodesMax;
    return threadEnds && mode === 'close' ? this.#endServices(mode) : this.stop(mode);
  }

  async #endServices(mode: 'drain' | 'close'): Promise<void> {
    this.#stopping.abort();
    this.#viewChanged.resolve();
    await (await this.#services)?.stop(mode);
    this.lane.close();
    await this.coord.close();
  }

  #applyView(view: View, lost: readonly LostMember[]): void {
    this.#view = view;
    this.directory.forget(new Set(lost.map(({ slot }) => slot)));
    for (const { slot, incarnation, loss } of lost) this.exchange.dropPeer(slot, incarnation, loss);
    for (const listener of this.#viewListeners) listener(view);
    this.#viewChanged.resolve();
    this.#viewChanged = Promise.withResolvers();
    this.#control.post({ type: 'view-ack', epoch: view.epoch });
  }

  #watchPeers(): void {
    const node = this.name;
    this.exchange.listen({
      onReady: (slot) => {
        this.#control.post({ type: 'peer-ready', peer: slot });
        this.outbox.publish('session-up', { node, peer: memberName(slot) });
      },
      onLost: (slot, loss) => this.outbox.publish('session-down', { node, peer: memberName(slot), loss }),
      onLinkDown: (slot, driver, cause) =>
        this.outbox.publish('link-down', { node, peer: memberName(slot), driver, cause }),
      onLinkUp: (slot, driver) => this.outbox.publish('link-up', { node, peer: memberName(slot), driver }),
      onFailover: (slot, from, to) => this.outbox.publish('failover', { node, peer: memberName(slot), from, to }),
    });
  }

  #failLink(peer: MemberSlot, driver: DriverName): void {
    const pair = this.exchange.diagnostics().find((each) => each.peer === peer);
    if (pair === undefined || !pair.links.some((link) => link.driver === driver)) {
      throw new UnknownLinkError(this.name, memberName(peer), driver);
    }
    this.exchange.killLink(peer, driver);
  }

  /** Stop the thread here until it is resumed: no timer, no message, no service runs meanwhile. */
  #standStill(pause: number): void {
    this.outbox.flush();
    this.#control.post({ type: 'paused', pause });
    this.#signals.standStill(this.boot.slot, pause);
  }

  async #answer(request: number, work: () => unknown): Promise<void> {
    this.#control.post({ type: 'answer', request, outcome: await outcomeOf(work) });
  }
}
