import { join } from 'node:path';
import type { MessagePort } from 'node:worker_threads';
import { Lane } from '../compute/lane.ts';
import type { ClusterConfig } from '../control/config.ts';
import { unpackError } from '../control/error-wire.ts';
import type { ControlPort, FromMember, ToMember } from '../control/messages.ts';
import type { CloseMode, CloseReport, MemberDiagnostics, MemberReport } from '../control/supervisor-api.ts';
import { openEmbeddedStore } from '../coord/embedded-store.ts';
import type { CoordStore } from '../coord/types.ts';
import { NodeDownError, NodeStuckError, UnknownNodeError } from '../errors.ts';
import type { DeathCause } from '../events/cluster-event.ts';
import { EventOutbox } from '../events/event-outbox.ts';
import type { DriverName } from '../interconnect/types.ts';
import { closeGraceMs, controlMsDefault, diagnoseMs } from '../limits.ts';
import { type MemberName, mainSlot, memberName } from '../member.ts';
import { Arena } from '../memory/arena.ts';
import { ClusterBlock } from '../memory/cluster-block.ts';
import { reapPages } from '../memory/page-range.ts';
import { ownedBy, PageTable, sameOwner } from '../memory/page-table.ts';
import { ClusterSignals } from '../node/signals.ts';
import { Attachments } from './attachments.ts';
import type { SharedParts } from './boot-data.ts';
import { Broker } from './broker.ts';
import { Deaths } from './deaths.ts';
import { Deployments } from './deployments.ts';
import { Faults } from './faults.ts';
import { Heartbeats } from './heartbeats.ts';
import { Ledger } from './ledger.ts';
import { type MemberRecord, makeRecord } from './member-record.ts';
import { MemberRequests } from './member-requests.ts';
import type { View } from './membership.ts';
import type { NodeThread } from './node-thread.ts';
import { Nodes } from './nodes.ts';
import type { SupervisorParts } from './parts.ts';
import { Restarts } from './restarts.ts';
import { Roster } from './roster.ts';
import { makeStorageDirectory } from './storage-directory.ts';
import { StoreDesks } from './store-desks.ts';
import { wipeCells } from './wipe-cells.ts';
import { Wiring } from './wiring.ts';

/** The thread that owns the cluster's truth: who is a member, what runs where, and what follows when one dies. */
export class Supervisor {
  readonly deployments: Deployments;
  readonly faults: Faults;
  readonly #parts: SupervisorParts;
  readonly #store: CoordStore;
  readonly #desks: StoreDesks;
  readonly #toMain: ControlPort<ToMember, FromMember>;
  readonly #nodes: Nodes;
  readonly #attachments: Attachments;
  readonly #deaths: Deaths;
  readonly #lane: Lane;
  readonly #restarts: Restarts;
  readonly #heartbeats: Heartbeats;
  readonly #wiring: Wiring;
  #closing = false;

  /** @param toMain the port to the embedding thread, as to any member */
  constructor(shared: SharedParts, config: ClusterConfig, toMain: ControlPort<ToMember, FromMember>) {
    const arena = Arena.open(shared.memory);
    const block = ClusterBlock.open(arena, shared.block);
    const signals = new ClusterSignals(shared.signals);
    const outbox = new EventOutbox(signals, (events, dropped) => toMain.post({ type: 'events', events, dropped }));
    this.#store = openStore(config.storage);
    this.#desks = new StoreDesks(config.storage);
    const ledger = new Ledger(this.#store);
    const roster = new Roster(block, ledger, outbox);
    const broker = new Broker(arena, config.interconnect, block.tag);
    const requests = new MemberRequests();
    this.#toMain = toMain;
    this.#parts = { config, shared, arena, block, signals, outbox, ledger, roster, broker, requests };
    this.deployments = new Deployments(this.#parts);
    this.faults = new Faults(this.#parts);
    this.#lane = new Lane(this.#parts);
    this.#wiring = new Wiring(this.#parts);
    const directory = () => this.deployments.entries;
    const enrolled = (record: MemberRecord) => this.#enrolled(record);
    this.#deaths = new Deaths(this.#parts, {
      onDown: (record, cause) => this.#down(record, cause),
      settled: (record) => this.#clearPlace(record),
    });
    this.#nodes = new Nodes(this.#parts, this.#deaths, this.#wiring, { enrolled, directory });
    this.#attachments = new Attachments(this.#parts, this.#deaths, this.#wiring, {
      enrolled,
      directory,
      range: (slot) => {
        const range = this.#nodes.range(slot);
        this.#nodes.formatRanges();
        return range;
      },
    });
    this.#restarts = new Restarts(this.#parts, this.#nodes, this.deployments);
    this.#heartbeats = new Heartbeats(this.#parts, (record) => void this.#nodes.end(record, 'hung'));
  }

  get view(): View {
    return this.#parts.roster.view;
  }

  /** @param threads one for each node, started already */
  async start(threads: readonly NodeThread[]): Promise<View> {
    const incarnation = (await this.#parts.ledger.nextIncarnations([mainSlot])).get(mainSlot) ?? 0;
    const range = this.#nodes.range(mainSlot);
    const name = memberName(mainSlot);
    const main = makeRecord({ slot: mainSlot, name, incarnation, control: this.#toMain, thread: undefined, range });
    main.phase = 'up';
    this.#parts.roster.enrol(main);
    this.#enrolled(main);
    const { shared } = this.#parts;
    const place = { slot: mainSlot, incarnation, range, loop: 'event', storage: undefined } as const;
    this.#toMain.post({ type: 'welcome', boot: { ...place, shared, view: this.view, directory: [], wires: [] } });
    await this.#nodes.startAll(main, threads);
    return this.view;
  }

  async kill(name: MemberName): Promise<void> {
    const record = this.#node(name);
    if (record.phase === 'down') throw new NodeDownError(name, 'not-sent', { hint: 'It is down already.' });
    const end = await this.#nodes.end(record, 'killed');
    if (end === 'stuck') throw new NodeStuckError([name]);
  }

  async restart(name: MemberName): Promise<void> {
    await this.#restarts.restart(this.#node(name).name);
  }

  pause(name: MemberName): Promise<void> {
    return this.faults.pause(this.#running(name));
  }

  resume(name: MemberName): void {
    this.faults.resume(this.#node(name));
  }

  /** Have the first of two members take a link between them down. */
  async failLink([name, peer]: readonly [MemberName, MemberName], driver: DriverName): Promise<void> {
    const { roster, requests } = this.#parts;
    const [record, other] = [roster.byName(name), roster.byName(peer)];
    const body = { type: 'fail-link', peer: other.slot, driver } as const;
    await requests.ask(record, body, `Taking down the ${driver} link to ${peer}`, controlMsDefault);
  }

  async diagnostics(): Promise<MemberDiagnostics[]> {
    const nodes = this.#parts.roster.records.filter((record) => record.slot !== mainSlot);
    return Promise.all(
      nodes.map(async (record) => {
        const { name, incarnation } = record;
        try {
          const report = await this.#parts.requests.ask(record, { type: 'diagnose' }, 'Diagnostics', diagnoseMs);
          return { name, incarnation, responding: true, report: report as MemberReport };
        } catch {
          return { name, incarnation, responding: false, report: undefined };
        }
      }),
    );
  }

  attach(port: MessagePort): Promise<MemberName> {
    return this.#attachments.attach(port);
  }

  /** End everything but this thread. Threads that will not end are named, not waited for. */
  async close(mode: CloseMode, graceMs: number): Promise<CloseReport> {
    this.#closing = true;
    this.#nodes.stopStarting();
    const others = this.#parts.roster.up().filter((record) => record.slot !== mainSlot);
    const nodes = others.filter((record) => record.thread !== undefined);
    const attached = others.filter((record) => record.thread === undefined);
    if (mode !== 'terminate') await this.#stop(nodes, mode, graceMs);
    const left = await this.#stop(attached, mode === 'drain' ? 'drain' : 'close', Math.max(graceMs, closeGraceMs));
    const stuck = await this.#nodes.endAll('closed');
    await this.#attachments.detachAll();
    await this.#lane.close();
    this.#heartbeats.stop();
    this.#deaths.close();
    await this.#desks.close();
    await this.#store.close();
    return { stuck, left };
  }

  /** Resolves when the threads that were stuck at the close have ended after all. */
  async stuckEnded(): Promise<void> {
    const stuck = this.#parts.roster.records.filter((record) => record.phase === 'stuck');
    await Promise.all(stuck.map((record) => record.thread?.ended));
  }

  /** Ask members to end their part; whether all did in time. */
  async #stop(members: readonly MemberRecord[], mode: 'drain' | 'close', graceMs: number): Promise<boolean> {
    const { requests } = this.#parts;
    const stops = members.map((member) =>
      requests.ask(member, { type: 'stop', mode }, `Stopping ${member.name}`, graceMs),
    );
    return (await Promise.allSettled(stops)).every((stop) => stop.status === 'fulfilled');
  }

  #enrolled(record: MemberRecord): void {
    record.control.receive((message) => {
      if (this.#parts.roster.current(record)) this.#receive(record, message);
    });
  }

  #down(record: MemberRecord, cause: DeathCause): void {
    this.#heartbeats.remove(record);
    this.faults.ended(record);
    this.#desks.forget(record);
    void this.deployments.nodeDown(record.slot);
    if (!this.#closing) this.#restarts.afterDeath(record, cause);
  }

  /** No job works on the pages of the dead; then they are poisoned, and its place is as if nobody had been there. */
  async #clearPlace(dead: MemberRecord): Promise<void> {
    const { slot, incarnation } = dead;
    const { arena, block, roster } = this.#parts;
    const table = new PageTable(arena);
    const owner = ownedBy(slot, incarnation);
    await this.#lane.settle(dead, (page) => sameOwner(table.owner(page), owner));
    reapPages(arena, this.#nodes.ranges, slot, incarnation);
    for (const other of roster.records) wipeCells(block, slot, other.slot);
  }

  #receive(record: MemberRecord, message: FromMember): void {
    const { roster, requests, broker } = this.#parts;
    switch (message.type) {
      case 'booted':
        this.#heartbeats.add(record);
        record.booted.resolve();
        break;
      case 'boot-failed':
        record.booted.reject(message.outcome.ok ? undefined : unpackError(message.outcome.error));
        break;
      case 'peer-ready':
        broker.sideReady(record.slot, message.peer);
        break;
      case 'want-wires':
        this.#wiring.want(record, message.peer);
        break;
      case 'view-ack':
        roster.acknowledge(record, message.epoch);
        break;
      case 'take-part':
        void roster.takePart(record, message.role);
        break;
      case 'directory-ack':
        this.deployments.acknowledge(record.slot, message.version);
        break;
      case 'answer':
        requests.answer(message.request, message.outcome);
        break;
      case 'paused':
        this.faults.standsStill(record, message.pause);
        break;
      case 'store':
        this.#desks.receive(record, message);
        break;
      case 'lane-run':
        this.#lane.run(record, message.order);
        break;
      case 'lane-abort':
        this.#lane.abort(record, message.job);
        break;
      case 'events':
        this.#toMain.post(message);
        break;
    }
  }

  #node(name: MemberName): MemberRecord {
    const record = this.#parts.roster.byName(name);
    if (record.thread === undefined) throw new UnknownNodeError(name, { hint: 'Only nodes can be acted on so.' });
    return record;
  }

  #running(name: MemberName): MemberRecord {
    const record = this.#node(name);
    if (record.phase !== 'up') throw new NodeDownError(name, 'not-sent', { hint: `It is ${record.phase}.` });
    return record;
  }
}

function openStore(storage: string | undefined): CoordStore {
  if (storage === undefined) return openEmbeddedStore();
  makeStorageDirectory(storage);
  return openEmbeddedStore({ path: join(storage, 'cluster.db') });
}
