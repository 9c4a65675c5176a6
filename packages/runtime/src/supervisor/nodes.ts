import { join } from 'node:path';
import { settledWithin, withTimeout } from '../control/deadline.ts';
import { ClosedError, NodeStuckError, TimeoutError, UnknownNodeError } from '../errors.ts';
import type { DeathCause } from '../events/cluster-event.ts';
import { type MemberName, type MemberSlot, mainSlot, memberName } from '../member.ts';
import type { Extent } from '../memory/arena.ts';
import { formatPageRange } from '../memory/page-range.ts';
import { pageBytes } from '../memory/types.ts';
import type { DirectoryEntry } from '../service/directory.ts';
import type { PeerWires } from './boot-data.ts';
import type { Deaths } from './deaths.ts';
import { type MemberRecord, makeRecord } from './member-record.ts';
import { type NodeThread, startThread } from './node-thread.ts';
import type { SupervisorParts } from './parts.ts';
import { makeStorageDirectory } from './storage-directory.ts';
import { sendAll, type Wiring } from './wiring.ts';

export interface NodesHooks {
  /** A new node's control port is there; no message has come yet. */
  readonly enrolled: (record: MemberRecord) => void;
  /** What is deployed now. */
  readonly directory: () => readonly DirectoryEntry[];
}

/** The threads of the nodes: their starts, ends and restarts. */
export class Nodes {
  readonly #parts: SupervisorParts;
  readonly #deaths: Deaths;
  readonly #wiring: Wiring;
  readonly #hooks: NodesHooks;
  readonly #ranges = new Map<MemberSlot, Extent>();
  readonly #unformatted: Extent[] = [];
  /** Places whose next incarnation is being written down. */
  readonly #starting = new Set<MemberSlot>();
  #closing = false;

  constructor(parts: SupervisorParts, deaths: Deaths, wiring: Wiring, hooks: NodesHooks) {
    this.#parts = parts;
    this.#deaths = deaths;
    this.#wiring = wiring;
    this.#hooks = hooks;
  }

  /**
   * Make `threads` the nodes of a new cluster, and agree on the first view. Rejects when one does not boot.
   * @param threads one for each node, started already
   */
  async startAll(main: MemberRecord, threads: readonly NodeThread[]): Promise<void> {
    const { config, ledger, roster, broker } = this.#parts;
    const incarnations = await ledger.nextIncarnations([...threads.keys()]);
    this.#refuseWhenClosing();
    const wires = this.#wiring.layMesh(new Map([...incarnations, [mainSlot, main.incarnation]]));
    const records = threads.map((thread, slot) => {
      return this.#enrol(thread, slot, incarnations.get(slot) ?? 0, wires.get(slot) ?? []);
    });
    sendAll(main, wires.get(mainSlot) ?? []);
    // While the threads start; nobody takes pages before this thread sends an order.
    this.formatRanges();
    await Promise.all(records.map((record) => this.#booted(record)));
    await roster.commit([main, ...records].map(({ slot, incarnation }) => ({ slot, incarnation, state: 'up' })));
    await withTimeout(broker.allReady(), config.bootMs, 'Opening the channels');
    for (const record of records) this.#announceUp(record);
  }

  /**
   * Start a new incarnation of a node that is down. Waits until its place is free: every survivor has let go of it.
   * @param wanted asked when the place is free
   * @throws NodeStuckError, UnknownNodeError, BootError, TimeoutError
   */
  async restart(name: MemberName, wanted: () => boolean = () => true): Promise<MemberRecord> {
    const { config, roster } = this.#parts;
    const last = roster.byName(name);
    if (last.thread === undefined) throw new UnknownNodeError(name, { hint: 'Only nodes can be restarted.' });
    if (last.phase === 'stuck') throw new NodeStuckError([name]);
    if (last.phase !== 'down') {
      throw new UnknownNodeError(name, {
        hint: `${name} is ${last.phase}: only a node that is down can be restarted.`,
      });
    }
    await withTimeout(last.buried.promise, config.bootMs, `Letting go of ${name}`, () => {
      return { node: name, hint: `Not acknowledged by: ${roster.late().join(', ')}.` };
    });
    this.#refuseWhenClosing();
    if (!wanted()) throw new ClosedError(`The place of ${name}`, { hint: 'Every node was ended: see escalated.' });
    if (!roster.current(last) || this.#starting.has(last.slot)) {
      throw new UnknownNodeError(name, { hint: `${name} is being restarted already.` });
    }
    const incarnation = await this.#nextIncarnation(last.slot);
    const thread = startThread(config, last.slot);
    const record = this.#enrol(thread, last.slot, incarnation, []);
    await this.#booted(record);
    await roster.commit([{ slot: record.slot, incarnation, state: 'up' }]);
    this.#wiring.joined(record);
    this.#announceUp(record);
    return record;
  }

  /**
   * Order the end of a thread and wait until its exit is agreed on, or until it is fenced because it will not end.
   */
  async end(record: MemberRecord, cause: DeathCause): Promise<'ended' | 'stuck'> {
    const { thread } = record;
    if (thread === undefined || record.phase === 'down') return 'ended';
    if (record.phase === 'stuck') return 'stuck';
    record.ending ??= cause;
    if (record.phase !== 'ending') {
      record.phase = 'ending';
      thread.terminate();
    }
    const ended = await settledWithin(thread.ended, this.#parts.config.terminateMs);
    if (ended) await record.agreed.promise;
    else if (record.phase === 'ending') await this.#deaths.fence(record);
    return ended ? 'ended' : 'stuck';
  }

  /** No node is started any more, and deaths have no consequences but the ones that are safe. */
  stopStarting(): void {
    this.#closing = true;
  }

  /** End every node's thread; the names of those that would not. */
  async endAll(cause: DeathCause): Promise<MemberName[]> {
    const records = this.#parts.roster.records.filter((record) => record.thread !== undefined);
    const ends = await Promise.all(records.map((record) => this.end(record, cause)));
    return records.filter((_, index) => ends[index] === 'stuck').map((record) => record.name);
  }

  /** The page ranges of all members so far. */
  get ranges(): readonly Extent[] {
    return [...this.#ranges.values()];
  }

  /** Make the pages of ranges that are new free. Before anybody is told to use them. */
  formatRanges(): void {
    for (const range of this.#unformatted.splice(0)) formatPageRange(this.#parts.arena, range);
  }

  /** The page range of a slot: the same one for each of its incarnations. */
  range(slot: MemberSlot): Extent {
    const known = this.#ranges.get(slot);
    if (known !== undefined) return known;
    const { arena, block, config } = this.#parts;
    const range = arena.take(config.pagesPerNode * pageBytes, block.tag);
    this.#ranges.set(slot, range);
    this.#unformatted.push(range);
    return range;
  }

  #enrol(thread: NodeThread, slot: MemberSlot, incarnation: number, wires: readonly PeerWires[]): MemberRecord {
    const { config, shared, roster } = this.#parts;
    const name = memberName(slot);
    const range = this.range(slot);
    const storage = config.storage === undefined ? undefined : makeStorageDirectory(join(config.storage, name));
    const loop = config.loops[slot] ?? 'event';
    const place = { slot, incarnation, loop, range, storage };
    thread.welcome({ ...place, shared, view: roster.view, directory: this.#hooks.directory(), wires });
    const record = makeRecord({ slot, name, incarnation, control: thread.control, thread, range });
    roster.enrol(record);
    this.#hooks.enrolled(record);
    void thread.ended.then((end) => this.#deaths.bury(record, end));
    return record;
  }

  async #nextIncarnation(slot: MemberSlot): Promise<number> {
    this.#starting.add(slot);
    try {
      return (await this.#parts.ledger.nextIncarnations([slot])).get(slot) ?? 0;
    } finally {
      this.#starting.delete(slot);
    }
  }

  async #booted(record: MemberRecord): Promise<void> {
    const { bootMs } = this.#parts.config;
    try {
      await withTimeout(record.booted.promise, bootMs, `The boot of ${record.name}`, () => ({ node: record.name }));
    } catch (error) {
      if (error instanceof TimeoutError) await this.end(record, 'failed');
      throw error;
    }
    this.#refuseWhenClosing();
    if (record.phase === 'booting') record.phase = 'up';
  }

  #announceUp({ name, incarnation, phase }: MemberRecord): void {
    if (phase === 'up') this.#parts.outbox.publish('node-up', { node: name, incarnation });
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new ClosedError('The cluster');
  }
}
