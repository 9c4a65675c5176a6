import { afterEach, expect, it } from 'vitest';
import { z } from 'zod';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { turns, until } from './steering.ts';
import { Threads } from './thread.ts';

const Work = defineService('work', {
  now: rpc({ in: z.object({ id: z.int(), pad: z.string() }), out: z.int() }),
  later: rpc({ in: z.object({ id: z.int(), pad: z.string() }), out: z.int() }),
  serial: rpc({ in: z.object({ id: z.int(), pad: z.string() }), out: z.int(), serial: true }),
});

const members = ['now', 'later', 'serial'] as const;

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

/** Mulberry32: small, seeded, the same everywhere. */
function randomness(seed: number): (below: number) => number {
  let state = seed;
  return (below) => {
    state = (state + 0x6d2b79f5) | 0;
    let t = Math.imul(state ^ (state >>> 15), 1 | state);
    t = (t + Math.imul(t ^ (t >>> 7), 61 | t)) ^ t;
    return ((t ^ (t >>> 14)) >>> 0) % below;
  };
}

interface Call {
  readonly caller: number;
  readonly member: (typeof members)[number];
  readonly abort: AbortController;
  outcome?: string | undefined;
}

/** Random calls, aborts, short time-outs, full windows, cuts and lost sessions on one service with two callers. */
async function run(seed: number): Promise<void> {
  const random = randomness(seed);
  const calls: Call[] = [];
  const ran: number[] = [];
  const releases: (() => void)[] = [];
  const handler = ({ id }: { id: number }): Promise<number> => {
    ran.push(id);
    return new Promise((resolve) => releases.push(() => resolve(id)));
  };
  await threads.deploy(
    0,
    Work.implement(
      () => ({
        now: ({ id }) => {
          ran.push(id);
          return id;
        },
        later: handler,
        serial: handler,
      }),
      { mailboxMax: 40 },
    ),
  );
  const callers = [mainSlot, 1];
  const proxies = callers.map((slot) => threads.at(slot).client.service(Work));
  const settled: Promise<void>[] = [];
  const call = (): void => {
    const caller = random(2);
    const member = members[random(3)]!;
    const abort = new AbortController();
    const one: Call = { caller, member, abort };
    const id = calls.push(one) - 1;
    const pad = 'x'.repeat(random(20) === 0 ? 70_000 + random(90_000) : random(40));
    const timeoutMs = random(6) === 0 ? 1 + random(20) : 30_000;
    const promise = proxies[caller]![member]({ id, pad }, { signal: abort.signal, timeoutMs });
    settled.push(
      promise.then(
        (value) => {
          one.outcome = value === id ? 'fulfilled' : `answered with ${value}`;
        },
        (error: Error & { code?: string; outcome?: string }) => {
          const what = error.name === 'AbortError' ? 'aborted' : error.code;
          one.outcome = error.outcome === undefined ? what : `${what} ${error.outcome}`;
        },
      ),
    );
  };
  const release = (): void => releases.splice(random(releases.length || 1), 1)[0]?.();
  const lose = (): void => {
    const slot = callers[random(2)]!;
    threads.loopback.lose(slot, 0, 'restarted');
    threads.at(slot).exchange.becomeReady(0);
    threads.at(0).exchange.becomeReady(slot);
  };
  for (let step = 0; step < 400; step++) {
    const dice = random(100);
    if (dice < 55) call();
    else if (dice < 75) release();
    else if (dice < 83) calls[random(calls.length || 1)]?.abort.abort();
    else if (dice < 86) threads.loopback.windowRecords = 1 + random(4);
    else if (dice < 89) threads.loopback.cut(callers[random(2)]!, 0);
    else if (dice < 92) threads.loopback.heal();
    else if (dice < 93) lose();
    else await turns(1 + random(3));
  }
  threads.loopback.windowRecords = 1000;
  threads.loopback.heal();
  const released = setInterval(() => {
    while (releases.length > 0) release();
  }, 1);
  await Promise.all(settled);
  await until(() => threads.at(0).host.diagnostics()[0]!.mailboxDepth === 0);
  clearInterval(released);

  expect(new Set(ran).size, 'no call ran twice').toBe(ran.length);
  const neverRan = ['HF_NODE_DOWN not-sent', 'HF_MAILBOX_FULL'];
  for (const [id, { outcome }] of calls.entries()) {
    if (outcome === 'fulfilled') expect(ran, `call ${id} was answered`).toContain(id);
    if (neverRan.includes(outcome!)) expect(ran, `call ${id} said ${outcome}`).not.toContain(id);
    const outcomes = ['fulfilled', ...neverRan, 'HF_NODE_DOWN unknown', 'HF_TIMEOUT', 'aborted'];
    expect(outcomes, `call ${id} ended`).toContain(outcome);
  }
  for (const caller of [0, 1]) {
    const started = ran.filter((id) => calls[id]!.caller === caller && calls[id]!.member !== 'serial');
    expect(started, 'calls of one caller start in order').toEqual(started.toSorted((a, b) => a - b));
  }
  for (const slot of callers) {
    expect(threads.at(slot).client.diagnostics()).toMatchObject({
      callsInFlight: 0,
      framesWaiting: 0,
      framesRefused: 0,
    });
  }
}

const firstSeed = Number(process.env.HF_SEED ?? Math.floor(Math.random() * 2 ** 31));

it.each(Array.from({ length: 30 }, (_, n) => firstSeed + n))(
  'every call settles once, runs at most once and in order, whatever happens (HF_SEED=%i)',
  (seed) => run(seed),
);
