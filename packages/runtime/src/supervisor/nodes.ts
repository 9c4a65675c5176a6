import { mkdirSync } from 'node:fs';
import { join } from 'node:path';
import { settledWithin, withTimeout } from '../control/deadline.ts';
import { BootError, ClosedError, NodeStuckError, StorageError, TimeoutError, UnknownNodeError } from '../errors.ts';
import { type DeathCause, describeError } from '../events/cluster-event.ts';
import type { WireEnds } from '../interconnect/wires.ts';
import { wireTransfers } from '../interconnect/wires.ts';
import { meshMembersMax } from '../limits.ts';
import { type MemberName, type MemberSlot, mainSlot, memberName } from '../member.ts';
import type { Extent } from '../memory/arena.ts';
import { pageBytes } from '../memory/types.ts';
import type { NodeBoot } from './boot-data.ts';
import { sendWires } from './broker.ts';
import { type MemberRecord, makeRecord } from './member-record.ts';
import { NodeThread, type ThreadEnd } from './node-thread.ts';
import type { SupervisorParts } from './parts.ts';

export interface NodesListener {
  /** A new member's control port is there; messages may come. */
  onEnrolled(record: MemberRecord): void;
  /** The member's end is known, agreed on and published. Its place is not free yet. */
  onDown(record: MemberRecord, cause: DeathCause): void;
  /** All survivors let go of it. Resolves when nothing that runs elsewhere touches its pages. */
  settled(record: MemberRecord): Promise<void>;
}

/** The threads of the nodes: starts, ends, and what a death calls for, in its order. */
export class Nodes {
  readonly #parts: SupervisorParts;
  readonly #listener: NodesListener;
  readonly #ranges = new Map<MemberSlot, Extent>();
  #closing = false;

  constructor(parts: SupervisorParts, listener: NodesListener) {
    this.#parts = parts;
    this.#listener = listener;
  }

  /** Start the nodes of a new cluster together, and agree on the first view. Rejects when one does not boot. */
  async startAll(main: MemberRecord): Promise<void> {
    const { config, ledger, roster } = this.#parts;
    const slots = Array.from({ length: config.nodes }, (_, slot) => slot);
    const incarnations = await ledger.nextIncarnations(slots);
    const wires = this.#layMesh([...slots, mainSlot]);
    const records = slots.map((slot) => this.#spawn(slot, incarnations.get(slot) ?? 0, wires.get(slot) ?? []));
    for (const { peer, ends } of wires.get(mainSlot) ?? []) sendWires(main, peer, ends);
    await Promise.all(records.map((record) => this.#booted(record)));
    await roster.commit([main, ...records].map(({ slot, incarnation }) => ({ slot, incarnation, state: 'up' })));
    for (const record of records) this.#announceUp(record);
  }

  /**
   * Start a new incarnation of a node that is down. Waits until its place is free: every survivor has let go of it.
   * @throws NodeStuckError, UnknownNodeError, BootError, TimeoutError
   */
  async restart(name: MemberName): Promise<MemberRecord> {
    const { config, ledger, roster, broker } = this.#parts;
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
    if (!roster.current(last)) throw new UnknownNodeError(name, { hint: `${name} is being restarted already.` });
    const incarnation = (await ledger.nextIncarnations([last.slot])).get(last.slot) ?? 0;
    const peers = this.#mesh() ? roster.running() : [];
    const wires = peers.map((peer) => ({ peer, laid: broker.lay(last.slot, peer.slot) }));
    const record = this.#spawn(
      last.slot,
      incarnation,
      wires.map(({ peer, laid }) => ({ peer: peer.slot, ends: laid.a })),
    );
    for (const { peer, laid } of wires) sendWires(peer, record.slot, laid.b);
    await this.#booted(record);
    await roster.commit([{ slot: record.slot, incarnation, state: 'up' }]);
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
    else if (record.phase === 'ending') await this.#fence(record);
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

  /** The page ranges of all nodes but those whose threads are stuck. */
  unusedRanges(): Extent[] {
    const ranges = [...this.#ranges].filter(([slot]) => this.#parts.roster.get(slot)?.phase !== 'stuck');
    return ranges.map(([, range]) => range);
  }

  /** The page range of a slot: the same one for each of its incarnations. */
  range(slot: MemberSlot): Extent {
    const known = this.#ranges.get(slot);
    if (known !== undefined) return known;
    const range = this.#parts.arena.take(this.#parts.config.pagesPerNode * pageBytes);
    this.#ranges.set(slot, range);
    return range;
  }

  #spawn(slot: MemberSlot, incarnation: number, wires: NodeBoot['wires']): MemberRecord {
    const { config, shared, roster } = this.#parts;
    const name = memberName(slot);
    const range = this.range(slot);
    const storage = config.storage === undefined ? undefined : makeDirectory(join(config.storage, name));
    const loop = config.loops[slot] ?? 'event';
    const thread = new NodeThread({
      name,
      entry: config.workerUrl,
      boot: { role: 'node', shared, slot, incarnation, loop, range, storage, view: roster.view, wires },
      transfer: wires.flatMap(({ ends }) => wireTransfers(ends)),
      resourceLimits: config.resourceLimits,
    });
    const record = makeRecord({ slot, name, incarnation, control: thread.control, thread, range });
    roster.enrol(record);
    this.#listener.onEnrolled(record);
    void thread.ended.then((end) => this.#bury(record, end));
    return record;
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

  /** What a death calls for, in this order: see docs/runtime.md. */
  async #bury(record: MemberRecord, end: ThreadEnd): Promise<void> {
    const { roster, requests, outbox, broker } = this.#parts;
    const { slot, name, incarnation } = record;
    const cause = record.ending ?? end.cause;
    record.phase = 'down';
    roster.forget(record);
    requests.forget(slot);
    record.booted.reject(new BootError(name, `its thread ended (${cause}).`, { cause: end.error }));
    const { acknowledged } = await roster.commit(
      [{ slot, incarnation, state: 'down' }],
      [{ slot, incarnation, loss: 'dead' }],
    );
    outbox.publish('node-down', {
      node: name,
      incarnation,
      cause,
      exitCode: end.exitCode,
      ...(end.error === undefined ? {} : { error: describeError(end.error) }),
    });
    record.agreed.resolve();
    this.#listener.onDown(record, cause);
    await acknowledged;
    await this.#listener.settled(record);
    broker.release(slot, 'ended');
    record.buried.resolve();
  }

  /** The thread does not end: it is shut out of the cluster, and what it can reach is never used again while it lives. */
  async #fence(record: MemberRecord): Promise<void> {
    const { roster, requests, outbox, broker, config } = this.#parts;
    const { slot, name, incarnation } = record;
    record.phase = 'stuck';
    record.ending = 'stuck';
    record.thread?.abandon();
    roster.forget(record);
    requests.forget(slot);
    await roster.commit([{ slot, incarnation, state: 'stuck' }], [{ slot, incarnation, loss: 'fenced' }]);
    broker.release(slot, 'stuck');
    outbox.publish('node-stuck', { node: name, incarnation, terminateMs: config.terminateMs });
    this.#listener.onDown(record, 'stuck');
  }

  /** Small clusters are wired completely; in large ones a pair is wired when it first talks. */
  #mesh(): boolean {
    return this.#parts.config.nodes + 1 <= meshMembersMax;
  }

  #layMesh(slots: readonly MemberSlot[]): Map<MemberSlot, { peer: MemberSlot; ends: WireEnds }[]> {
    const wires = new Map<MemberSlot, { peer: MemberSlot; ends: WireEnds }[]>(slots.map((slot) => [slot, []]));
    if (!this.#mesh()) return wires;
    for (const [index, first] of slots.entries()) {
      for (const second of slots.slice(index + 1)) {
        const laid = this.#parts.broker.lay(first, second);
        wires.get(first)?.push({ peer: second, ends: laid.a });
        wires.get(second)?.push({ peer: first, ends: laid.b });
      }
    }
    return wires;
  }

  #refuseWhenClosing(): void {
    if (this.#closing) throw new ClosedError('The cluster');
  }
}

function makeDirectory(path: string): string {
  try {
    mkdirSync(path, { recursive: true });
    return path;
  } catch (cause) {
    throw new StorageError(`The directory ${path} cannot be made.`, {
      hint: 'Check its parent and its rights.',
      cause,
    });
  }
}
