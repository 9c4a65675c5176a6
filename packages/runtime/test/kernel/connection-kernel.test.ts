import { Decoder, EffectBuffer, Encoder } from '@holdfast/kernel';
import { describe, expect, it } from 'vitest';
import type { ConnectionEnv } from '../../src/kernel/connection-env.ts';
import { connectionKernel } from '../../src/kernel/connection-kernel.ts';
import { connectionRules } from '../../src/kernel/connection-rules.ts';
import type {
  ClientNeed,
  ConnectionEvent,
  ConnectionNotice,
  InboxCell,
  OneSided,
  StatusPage,
} from '../../src/kernel/connection-types.ts';

const nobody: StatusPage = { endpoint: 0, versionMin: 1, versionMax: 1, phase: 'hello', seen: 0 };

/** A member with everything in reach: operations on its peer complete at once, hosts answer at once. */
class Member {
  readonly env: ConnectionEnv;
  readonly needs: readonly ClientNeed[];
  readonly said: ConnectionNotice[] = [];
  readonly state: ReturnType<typeof connectionKernel.initial>;
  page = nobody;
  peer: Member | undefined;
  cutOff = false;
  readonly #out = new EffectBuffer<OneSided, never, ConnectionNotice>();
  readonly #waiting: ConnectionEvent[] = [];
  #stepping = false;

  constructor(needs: readonly ClientNeed[], changes: Partial<ConnectionEnv> = {}) {
    this.needs = needs;
    this.env = {
      versionMin: 1,
      versionMax: 2,
      links: [0, 1],
      retriesMax: 4,
      hurriesMax: 2,
      timings: { retryMs: 10, retryMsMax: 80, incompatibleMs: 500, waitMs: 20, keepMs: 1000 },
      rules: connectionRules,
      ...changes,
    };
    this.state = connectionKernel.initial(this.env);
  }

  /** Milliseconds of the timers armed so far. */
  readonly timers: number[] = [];

  step(event: ConnectionEvent): void {
    this.#waiting.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    for (let next = this.#waiting.shift(); next !== undefined; next = this.#waiting.shift()) {
      this.#out.clear();
      connectionKernel.step(this.state, next, this.env, this.#out);
      const effects = Array.from({ length: this.#out.length }, (_, index) => ({ ...this.#out.at(index) }));
      for (const { kind, message, upward, a } of effects) {
        if (kind === 'send') this.#perform(message as OneSided);
        if (kind === 'deliver') this.#obey(upward as ConnectionNotice);
        if (kind === 'setTimer') this.timers.push(a);
      }
    }
    this.#stepping = false;
  }

  heard<T extends ConnectionNotice['type']>(type: T): Extract<ConnectionNotice, { type: T }>[] {
    return this.said.filter((notice): notice is Extract<ConnectionNotice, { type: T }> => notice.type === type);
  }

  #perform(operation: OneSided): void {
    const { peer } = this;
    if (peer === undefined || this.cutOff) this.#later({ type: `${operation.type}-failed` });
    else if (operation.type === 'read') this.#later({ type: 'read-done', page: peer.page });
    else {
      if (operation.type === 'write') peer.step({ type: 'inbox', cell: operation.cell });
      this.#later({ type: `${operation.type}-done` });
    }
  }

  #obey(notice: ConnectionNotice): void {
    this.said.push(notice);
    if (notice.type === 'publish') this.page = notice.page;
    if (notice.type === 'collect-needs') this.#later({ type: 'needs-collected', needs: this.needs });
    if (notice.type === 'create-ports') {
      const grants = notice.agreement.plan.map((need) => ({ ...need, handle: notice.agreement.self }));
      this.#later({ type: 'ports-created', grants });
    }
    if (notice.type === 'destroy-ports') this.#later({ type: 'ports-destroyed' });
    if (notice.type === 'close-session') this.#later({ type: 'session-ended', end: 'closed' });
    if (notice.type === 'end-session') this.#later({ type: 'session-ended', end: 'peer-dead' });
  }

  #later(event: ConnectionEvent): void {
    this.#waiting.push(event);
  }
}

function pair(
  needs: readonly [readonly ClientNeed[], readonly ClientNeed[]] = [[], []],
  changes: readonly [Partial<ConnectionEnv>, Partial<ConnectionEnv>] = [{}, {}],
): [Member, Member] {
  const a = new Member(needs[0], changes[0]);
  const b = new Member(needs[1], changes[1]);
  a.peer = b;
  b.peer = a;
  return [a, b];
}

function connect(members: readonly Member[]): void {
  for (const member of members) member.step({ type: 'connect', endpoint: 100 });
}

describe('a connection', () => {
  it('opens from both sides, whoever comes first, and both agree on the same session', () => {
    const [a, b] = pair();
    connect([a, b]);
    expect([a.state.stage, b.state.stage]).toEqual(['open', 'open']);
    expect(a.heard('ready')[0]?.agreement).toEqual({ self: 100, peer: 100, version: 2, links: [0, 1], plan: [] });
    expect(b.heard('ready')[0]?.agreement).toEqual(a.heard('ready')[0]?.agreement);
  });

  it('gives each client what both sides need, and tells a client without counterpart so', () => {
    const [a, b] = pair([
      [
        { client: 2, ports: 4, bytesPerPort: 10 },
        { client: 1, ports: 1, bytesPerPort: 30 },
        { client: 9, ports: 1, bytesPerPort: 1 },
      ],
      [
        { client: 1, ports: 2, bytesPerPort: 20 },
        { client: 2, ports: 3, bytesPerPort: 99 },
      ],
    ]);
    connect([a, b]);
    expect(a.heard('ready')[0]).toMatchObject({
      agreement: {
        plan: [
          { client: 1, ports: 1, bytesPerPort: 20 },
          { client: 2, ports: 3, bytesPerPort: 10 },
        ],
      },
      refusals: [{ client: 9, why: 'no-counterpart' }],
    });
    expect(b.heard('ready')[0]?.refusals).toEqual([]);
  });

  it('says once that no version is in common, and goes on reading slowly', () => {
    const [a, b] = pair(undefined, [{ versionMax: 1 }, { versionMin: 2 }]);
    connect([a, b]);
    a.step({ type: 'timer', timer: 0 });
    a.step({ type: 'timer', timer: 0 });
    expect(a.heard('incompatible')).toEqual([{ type: 'incompatible', lack: 'version', versionMin: 2, versionMax: 2 }]);
    expect(a.timers.slice(-2)).toEqual([500, 500]);
    expect(a.heard('ready')).toEqual([]);
  });

  it('says once that no link is in common, and keeps its endpoint', () => {
    const [a, b] = pair(undefined, [{ links: [0] }, { links: [1] }]);
    connect([a, b]);
    for (const member of [a, b]) {
      expect(member.state).toMatchObject({ stage: 'incompatible', endpoint: 100 });
      member.step({ type: 'timer', timer: 0 });
      expect(member.heard('incompatible')).toMatchObject([{ lack: 'link' }]);
      expect(member.state.endpoint).toBe(100);
    }
  });

  it('waits longer after each failure, up to a bound', () => {
    const [a, b] = pair();
    b.page = nobody;
    a.step({ type: 'connect', endpoint: 100 });
    for (let round = 0; round < 5; round++) a.step({ type: 'timer', timer: 0 });
    expect(a.timers).toEqual([10, 20, 40, 80, 80, 80]);
  });

  it('takes a fresh endpoint for every session, and ends the old one when the peer comes with a new one', () => {
    const [a, b] = pair();
    connect([a, b]);
    const reborn = new Member([]);
    reborn.peer = a;
    a.peer = reborn;
    reborn.step({ type: 'connect', endpoint: 200 });
    expect(a.heard('closed')).toEqual([{ type: 'closed', end: 'peer-restarted' }]);
    reborn.step({ type: 'timer', timer: 0 });
    expect([a.state.stage, reborn.state.stage]).toEqual(['open', 'open']);
    expect(a.heard('ready')[1]?.agreement).toMatchObject({ self: 101, peer: 200 });
  });

  it('closes in order on both sides when one does not want it any more', () => {
    const [a, b] = pair();
    connect([a, b]);
    b.step({ type: 'disconnect' });
    expect(b.heard('closed')).toEqual([{ type: 'closed', end: 'closed' }]);
    expect(a.heard('closed')).toEqual([{ type: 'closed', end: 'closed' }]);
    expect(b.state.stage).toBe('idle');
    expect(b.page.endpoint).toBe(0);
  });

  it('looks at its peer now and then, and ends a session the peer has left without a word', () => {
    const [a, b] = pair();
    connect([a, b]);
    b.page = { ...b.page, endpoint: 300, seen: 0 };
    a.step({ type: 'timer', timer: 0 });
    expect(a.heard('closed')).toEqual([{ type: 'closed', end: 'peer-restarted' }]);
  });

  it('tells no client of an attempt that failed, and leaves no ports behind', () => {
    const [a, b] = pair();
    a.step({ type: 'connect', endpoint: 100 });
    b.cutOff = true;
    b.step({ type: 'connect', endpoint: 100 });
    expect([a, b].flatMap((member) => [...member.heard('ready'), ...member.heard('closed')])).toEqual([]);
    expect([a.state.portsExist, b.state.portsExist]).toEqual([false, false]);
  });

  it('reads back from its encoding the state that it wrote', () => {
    const [a, b] = pair([[{ client: 1, ports: 1, bytesPerPort: 1 }], [{ client: 1, ports: 1, bytesPerPort: 1 }]]);
    connect([a, b]);
    const encoder = new Encoder();
    connectionKernel.encode(a.state, encoder);
    expect(connectionKernel.decode(new Decoder(encoder.view()))).toEqual(a.state);
    expect((a.state.heard as InboxCell).grants).toHaveLength(1);
  });
});
