import type { Handle } from '@holdfast/kernel';
import type { PageIndex, PagePool } from '@holdfast/runtime';
import type { IomMessage, StorageAnswer, StorageRequest, ToParity } from '../kernel/iom-messages.ts';
import { type Address, noAddress, type Peer, type PjEntry } from '../kernel/journal.ts';
import { parityIom } from '../kernel/parity-iom.ts';
import { chainOf, type ParityEnv, type ParityEvent, type ParityState, updateByMj } from '../kernel/parity-state.ts';
import { raidRules } from '../kernel/raid-rules.ts';
import { AddressSupply } from './address-supply.ts';
import { KernelRunner } from './kernel-runner.ts';
import { pageOfHandle } from './page-handles.ts';
import type { RoleHost } from './role-host.ts';

/** A parity block as it is, all updates that are held merged in: where it is, and the update of each member in it. */
export interface LocatedParity {
  readonly address: Address;
  readonly vv: readonly number[];
}

const groupName = ({ gfid, group }: { readonly gfid: number; readonly group: number }) => `${gfid}.${group}`;

/** Runs the parity kernel of an I/O manager on its drive and its links. */
export class ParityRole {
  readonly #host: RoleHost;
  readonly #pages: PagePool;
  readonly #runner: KernelRunner<ParityState, ParityEvent, ParityEnv, IomMessage, never, StorageRequest>;
  readonly #addresses: AddressSupply;
  /** Deltas that are held and not merged yet, in pages of ours. */
  readonly #held = new Set<Handle>();
  readonly #merging = new Map<number, Handle>();
  /** The difference of each update that was recalled. */
  readonly #differences = new Map<number, PageIndex>();
  readonly #ready = Promise.withResolvers<void>();
  #changed = Promise.withResolvers<void>();
  #inbox: Promise<void> = Promise.resolve();
  #failure: Error | undefined;

  constructor(host: RoleHost) {
    this.#host = host;
    this.#pages = host.pages;
    this.#addresses = new AddressSupply(host.store, host.storage);
    const { incarnation, peers } = host;
    this.#ready.promise.catch(() => undefined);
    this.#changed.promise.catch(() => undefined);
    const env: ParityEnv = { incarnation, addresses: [], peers, rules: raidRules };
    this.#runner = new KernelRunner(parityIom, env, {
      send: (to, message) => this.#host.send(to, message),
      reply: () => undefined,
      deliver: (request) => this.#deliver(request),
      trace: (step, id) => this.#host.trace('parity', step, id, () => this.#entryOf(id)?.mj.gfid),
      settled: () => this.#settled(),
    });
  }

  start(): void {
    this.#dispatch({ type: 'recovered', ...this.#host.store.journaled.openEntries().parity });
  }

  /** Resolves when every update that the log left open is decided, and every data IOM was heard. */
  get ready(): Promise<void> {
    return this.#ready.promise;
  }

  peer(peer: Peer, up: boolean): void {
    this.#dispatch({ type: 'peer', peer, up });
  }

  /** A message of a data IOM, in the order they come; a delta in it lies in a page of ours already. */
  message(from: Peer, message: ToParity): void {
    this.#inbox = this.#inbox.then(async () => {
      if (message.type === 'ios_updatepn') {
        const pool = () => this.#state.pool;
        while (pool().free.length <= this.#state.requested.length) await this.#addresses.more(pool);
        this.#load(message.mj);
      }
      const delta = message.type === 'ios_updatepn' || message.type === 'delta' ? message.delta : 0;
      if (delta !== 0) this.#held.add(delta);
      this.#dispatch({ type: 'message', from, message });
    });
    this.#inbox.catch((error: unknown) => this.fail(this.#host.store.stop(error)));
  }

  /** The parity block with everything that is held merged in. */
  locate(gfid: number, group: number): LocatedParity {
    const block = this.#state.blocks.find((each) => each.gfid === gfid && each.group === group);
    const known = block ?? this.#host.store.journaled.parity(gfid, group) ?? { address: noAddress, vv: [] };
    const vv = [...known.vv];
    let { address } = known;
    for (const { entry } of chainOf(this.#state, { gfid, group })) {
      address = entry.newAddress;
      vv[entry.mj.slot] = entry.mj.seq;
    }
    return { address, vv };
  }

  /** Resolves when every update that is open now has ended. */
  async ended(): Promise<void> {
    await this.ready;
    const open = new Set(this.#state.updates.map(({ entry }) => entry.pj));
    while (this.#state.updates.some(({ entry }) => open.has(entry.pj))) await this.#changed.promise;
  }

  /** The object of an open update, by its entry at the data IOM. */
  gfidOf(from: Peer, mj: number): number | undefined {
    return updateByMj(this.#state, from, mj)?.entry.mj.gfid;
  }

  fail(error: Error): void {
    this.#failure ??= error;
    this.#ready.reject(error);
    this.#changed.reject(error);
  }

  close(): void {
    for (const handle of this.#held) this.#pages.give(pageOfHandle(handle));
    for (const page of this.#differences.values()) this.#pages.give(page);
    this.#held.clear();
    this.#differences.clear();
  }

  get #state(): ParityState {
    return this.#runner.state;
  }

  #entryOf(pj: number): PjEntry | undefined {
    return this.#state.updates.find(({ entry }) => entry.pj === pj)?.entry;
  }

  #deliver(request: StorageRequest): void {
    if (request.type === 'merge') this.#merging.set(request.id, request.delta);
    this.#host.storage.serve(
      request,
      (answer) => this.#answered(answer),
      async () => undefined,
    );
  }

  #answered(answer: StorageAnswer): void {
    if (answer.type === 'combined') {
      this.#merging.delete(answer.id);
      this.#letGo(answer.delta);
    }
    if (answer.type === 'difference') {
      const before = this.#differences.get(answer.id);
      if (before !== undefined) this.#pages.give(before);
      this.#differences.set(answer.id, pageOfHandle(answer.delta));
    }
    this.#dispatch(answer);
  }

  #letGo(delta: Handle): void {
    if (this.#held.delete(delta)) this.#pages.give(pageOfHandle(delta));
  }

  #dispatch(event: ParityEvent): void {
    if (this.#failure !== undefined) return;
    try {
      this.#runner.dispatch(event);
    } catch (error) {
      this.fail(this.#host.store.stop(error));
      return;
    }
    // Only now: what a message brought may have been merged before, and is then wanted by nobody.
    if (event.type === 'message') this.#letGoUnwanted();
  }

  #letGoUnwanted(): void {
    const { requested } = this.#state;
    if (this.#held.size <= requested.length + this.#merging.size) return;
    const wanted = new Set([...requested.map(({ delta }) => delta), ...this.#merging.values()]);
    for (const delta of [...this.#held]) if (!wanted.has(delta)) this.#letGo(delta);
  }

  #settled(): void {
    const state = this.#state;
    if (this.#differences.size > 0) {
      const open = new Set(state.updates.map(({ entry }) => entry.pj));
      for (const [id, page] of this.#differences) {
        if (open.has(id)) continue;
        this.#pages.give(page);
        this.#differences.delete(id);
      }
    }
    this.#forgetIdleBlocks();
    if (this.#state.updates.length > 0) this.#addresses.balance(() => this.#state.pool);
    const isDecided =
      !state.recovering &&
      state.peers.every((peer) => peer === 'known') &&
      state.updates.every(({ stage, dataHardened }) => stage !== 'aside' && (stage !== 'hardening' || dataHardened));
    if (isDecided) this.#ready.resolve();
    const changed = this.#changed;
    this.#changed = Promise.withResolvers();
    this.#changed.promise.catch(() => undefined);
    changed.resolve();
  }

  #load({ gfid, group }: { readonly gfid: number; readonly group: number }): void {
    const { blocks } = this.#state;
    if (blocks.some((block) => block.gfid === gfid && block.group === group)) return;
    const block = this.#host.store.journaled.parity(gfid, group);
    if (block === undefined) return;
    blocks.push({ ...block, vv: [...block.vv] });
    blocks.sort((a, b) => a.gfid - b.gfid || a.group - b.group);
  }

  #forgetIdleBlocks(): void {
    const state = this.#state;
    if (state.blocks.length <= 2 * (state.updates.length + state.requested.length) + idleBlocksKept) return;
    const busy = new Set([
      ...state.updates.map(({ entry: { mj } }) => groupName(mj)),
      ...state.requested.map(({ mj }) => groupName(mj)),
    ]);
    state.blocks = state.blocks.filter((block) => busy.has(groupName(block)));
  }
}

const idleBlocksKept = 64;
