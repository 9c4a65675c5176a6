import {
  applyDelta,
  emptyNfsState,
  endOfFile,
  type Mint,
  type NfsState,
  type Operation,
  planOperation,
  type Reply,
  type StateBounds,
  type Stateid,
} from '@holdfast/nfs-state';
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { PlainRules, plainBytes } from '../support/plain-rules.ts';

const bounds: StateBounds = {
  clientsMax: 100,
  opensPerClientMax: 100,
  ownersPerClientMax: 100,
  delegationsPerClientMax: 100,
  layoutsPerClientMax: 100,
  rangesPerFileMax: 100,
  sessionsPerClientMax: 1,
  slotsMax: 1,
};
const clientNames = ['anna', 'ben'] as const;
const files = ['f', 'g'] as const;

interface Act {
  readonly kind:
    | 'open'
    | 'downgrade'
    | 'close'
    | 'lock'
    | 'unlock'
    | 'test'
    | 'read'
    | 'write'
    | 'anonymous'
    | 'repeat';
  readonly client: number;
  readonly owner: number;
  readonly file: number;
  readonly access: number;
  readonly deny: number;
  readonly start: number;
  /** 0 reaches to the end of the file. */
  readonly length: number;
  readonly type: 'read' | 'write';
}

const act: fc.Arbitrary<Act> = fc.record({
  kind: fc.constantFrom(
    'open',
    'open',
    'downgrade',
    'close',
    'lock',
    'lock',
    'lock',
    'unlock',
    'test',
    'read',
    'write',
    'anonymous',
    'repeat',
  ),
  client: fc.nat(1),
  owner: fc.nat(1),
  file: fc.nat(1),
  access: fc.integer({ min: 1, max: 3 }),
  deny: fc.constantFrom(0, 0, 0, 1, 2, 3),
  start: fc.nat(plainBytes - 1),
  length: fc.nat(4),
  type: fc.constantFrom('read', 'write'),
});

/** Two clients with two owners each, which send what a correct client would, and what the plain rules say of it. */
class Run {
  readonly state: NfsState = emptyNfsState();
  readonly plain = new PlainRules();
  readonly #mint: Mint;
  readonly #minor: 0 | 1;
  readonly #ids: string[] = [];
  readonly #openSeqids = new Map<string, number>();
  readonly #lockSeqids = new Map<string, number>();
  readonly #stateids = new Map<string, Stateid>();
  #last: { operation: Operation; reply: Reply } | undefined;

  constructor(minor: 0 | 1) {
    let minted = 0n;
    this.#mint = { epoch: 1, node: 0, next: () => ++minted };
    this.#minor = minor;
    for (const name of clientNames) this.#ids.push(minor === 0 ? this.#confirmed(name) : this.#served(name));
  }

  #confirmed(name: string): string {
    const { clientId, confirm } = this.#do({ type: 'setclientid', name, verifier: '1', principal: 'p', callback: '' });
    this.#do({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal: 'p' });
    return clientId!;
  }

  #served(name: string): string {
    const client = this.#do({ type: 'exchange-id', name, verifier: '1', principal: 'p', update: false }).clientId!;
    this.#do({ type: 'create-session', client, sequence: 1, principal: 'p', slots: 1 });
    this.#do({ type: 'reclaim-complete', client });
    return client;
  }

  #do(operation: Operation): Reply {
    const { reply, deltas } = planOperation(this.state, operation, this.#mint, bounds);
    for (const delta of deltas) applyDelta(this.state, delta);
    this.#last = { operation, reply };
    return reply;
  }

  #next(seqids: Map<string, number>, who: string): number {
    const seqid = (seqids.get(who) ?? 0) + 1;
    seqids.set(who, seqid);
    return seqid;
  }

  /** What the kernel answered, and what the plain rules answer. */
  act(step: Act): readonly [string, string] | undefined {
    const client = this.#ids[step.client]!;
    const owner = `o${step.owner}`;
    const file = files[step.file]!;
    const who = `${client}/${owner}`;
    const own = this.plain.find(who, file);
    const stateid = this.#stateids.get(`${who}/${file}`);
    const locked = this.#stateids.get(`lock ${who}/${file}`);
    const end = step.length === 0 ? plainBytes : Math.min(plainBytes, step.start + step.length);
    const length = step.length === 0 || end === plainBytes ? endOfFile - 1n : BigInt(step.length);
    const range = { offset: BigInt(step.start), length };
    switch (step.kind) {
      case 'open': {
        const seqid = this.#next(this.#openSeqids, who);
        const { access, deny } = step;
        const reply = this.#do({ type: 'open', client, owner, seqid, file, access, deny });
        this.#remember(`${who}/${file}`, reply);
        const said = this.plain.open(who, file, access, deny);
        if (reply.mustConfirm !== true) return [reply.status, said];
        const confirmSeqid = this.#next(this.#openSeqids, who);
        const confirmed = this.#do({ type: 'open-confirm', stateid: reply.stateid!, seqid: confirmSeqid });
        this.#remember(`${who}/${file}`, confirmed);
        return [`${reply.status} ${confirmed.status}`, `${said} OK`];
      }
      case 'downgrade': {
        if (own === undefined || stateid === undefined) return undefined;
        const seqid = this.#next(this.#openSeqids, who);
        const { access, deny } = step;
        const reply = this.#do({ type: 'open-downgrade', stateid, seqid, access, deny });
        this.#remember(`${who}/${file}`, reply);
        return [reply.status, this.plain.downgrade(own, access, deny)];
      }
      case 'close': {
        if (own === undefined || stateid === undefined) return undefined;
        const reply = this.#do({ type: 'close', stateid, seqid: this.#next(this.#openSeqids, who) });
        this.plain.close(own, [who]);
        this.#stateids.delete(`${who}/${file}`);
        this.#stateids.delete(`lock ${who}/${file}`);
        return [reply.status, 'OK'];
      }
      case 'lock': {
        if (own === undefined || stateid === undefined) return undefined;
        const mode = step.type === 'write' ? 2 : 1;
        const isDenied = this.plain.isDenied(who, file, step.start, end, step.type);
        const said = (own.access & mode) === 0 ? 'OPENMODE' : isDenied ? 'DENIED' : 'OK';
        const lockType = step.type;
        let reply: Reply;
        if (locked === undefined) {
          const openSeqid = this.#next(this.#openSeqids, who);
          const lockSeqid = (this.#lockSeqids.get(who) ?? 0) + 1;
          reply = this.#do({ type: 'lock-new', open: stateid, openSeqid, owner, lockSeqid, lockType, range });
          if (reply.status === 'OK') this.#lockSeqids.set(who, lockSeqid);
        } else {
          reply = this.#do({
            type: 'lock',
            stateid: locked,
            seqid: this.#next(this.#lockSeqids, who),
            lockType,
            range,
          });
        }
        this.#remember(`lock ${who}/${file}`, reply);
        if (said === 'OK') this.plain.lock(who, file, step.start, end, step.type);
        return [reply.status, said];
      }
      case 'unlock': {
        if (locked === undefined) return undefined;
        const reply = this.#do({ type: 'unlock', stateid: locked, seqid: this.#next(this.#lockSeqids, who), range });
        this.#remember(`lock ${who}/${file}`, reply);
        this.plain.lock(who, file, step.start, end, undefined);
        return [reply.status, 'OK'];
      }
      case 'test': {
        const reply = this.#do({ type: 'lock-test', client, owner, file, lockType: step.type, range });
        return [reply.status, this.plain.isDenied(who, file, step.start, end, step.type) ? 'DENIED' : 'OK'];
      }
      case 'read':
      case 'write': {
        if (own === undefined || stateid === undefined) return undefined;
        const write = step.kind === 'write';
        const reply = this.#do({ type: 'io', file, stateid, write });
        return [reply.status, (own.access & (write ? 2 : 1)) === 0 ? 'OPENMODE' : 'OK'];
      }
      case 'anonymous': {
        const write = step.type === 'write';
        const reply = this.#do({ type: 'io', file, stateid: { key: '0'.repeat(24), seqid: 0 }, write });
        const isDenied = this.plain.opens.some((open) => open.file === file && (open.deny & (write ? 2 : 1)) !== 0);
        return [reply.status, isDenied ? 'LOCKED' : 'OK'];
      }
      case 'repeat': {
        if (this.#minor === 1) return undefined;
        const last = this.#last!;
        if (!('seqid' in last.operation) && last.operation.type !== 'lock-new') return undefined;
        const again = planOperation(this.state, last.operation, this.#mint, bounds);
        expect(again.deltas).toEqual([]);
        return [JSON.stringify(again.reply, plainly), JSON.stringify(last.reply, plainly)];
      }
    }
  }

  #remember(key: string, { stateid }: Reply): void {
    if (stateid !== undefined) this.#stateids.set(key, stateid);
  }

  /** The locked bytes of all files as the state has them and as the plain rules have them. */
  bytes(): readonly [unknown, unknown] {
    const kept = files.map((file) =>
      Array.from({ length: plainBytes }, (_, byte) => {
        const held = [...(this.state.files.get(file)?.locks ?? [])].flatMap((key) => {
          const { client, owner, ranges } = this.state.locks.get(key)!;
          const range = ranges.find(({ start, end }) => start <= BigInt(byte) && BigInt(byte) < end);
          return range === undefined ? [] : [`${client}/${owner} ${range.type}`];
        });
        return held.sort();
      }),
    );
    const plain = files.map((file) =>
      this.plain.bytesOf(file).map((byte) => [...byte].map(([who, type]) => `${who} ${type}`).sort()),
    );
    return [kept, plain];
  }
}

const plainly = (_key: string, value: unknown): unknown => (typeof value === 'bigint' ? value.toString() : value);

describe.each([0, 1] as const)('shares and locks of NFSv4.%i', (minor) => {
  it('are granted and refused as by rules written plainly, in 10^5 operations', () => {
    let judged = 0;
    fc.assert(
      fc.property(fc.array(act, { minLength: 20, maxLength: 80 }), (acts) => {
        const run = new Run(minor);
        for (const each of acts) {
          const said = run.act(each);
          if (said === undefined) continue;
          judged++;
          // 10^5 expectations take as long as the operations.
          if (said[0] !== said[1]) expect(said[0], JSON.stringify(each)).toBe(said[1]);
        }
        const [kept, plain] = run.bytes();
        expect(kept).toEqual(plain);
        expect(run.state.opens.size).toBe(run.plain.opens.length);
      }),
      { numRuns: 8000 },
    );
    expect(judged).toBeGreaterThan(100_000);
  }, 60_000);
});
