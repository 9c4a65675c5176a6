import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { callChainMax } from '../../src/limits.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { CallCycleError } from '../../src/service/errors.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

const Desk = defineService('desk', {
  one: rpc({ in: z.string(), serial: true }),
  other: rpc({ in: z.string(), serial: true }),
  free: rpc({ in: z.string() }),
});

describe('members that are not serial', () => {
  it('start in the order of arrival and interleave at await', async () => {
    const log: string[] = [];
    const opened = gate();
    const handler = async (name: string) => {
      log.push(`start ${name}`);
      if (name === 'a') await opened.promise;
      log.push(`end ${name}`);
    };
    await threads.deploy(
      0,
      Desk.implement(() => ({ one: handler, other: handler, free: handler })),
    );
    const desk = threads.at(mainSlot).client.service(Desk);
    const a = desk.free('a');
    const b = desk.free('b').then(() => opened.open());
    await Promise.all([a, b]);
    expect(log).toEqual(['start a', 'start b', 'end b', 'end a']);
  });
});

describe('serial members', () => {
  it('run one call at a time, in order, over all callers; other members go on beside them', async () => {
    const log: string[] = [];
    const gates = new Map(['a', 'b', 'c'].map((name) => [name, gate()]));
    const handler = async (name: string) => {
      log.push(`start ${name}`);
      await gates.get(name)?.promise;
      log.push(`end ${name}`);
    };
    await threads.deploy(
      0,
      Desk.implement(() => ({ one: handler, other: handler, free: handler })),
    );
    const desk = threads.at(mainSlot).client.service(Desk);
    const second = threads.at(1).client.service(Desk);
    const calls = [desk.one('a'), desk.one('b')];
    await turns(3);
    calls.push(second.one('c'));
    await desk.other('x');
    await desk.free('y');
    gates.get('c')!.open();
    gates.get('b')!.open();
    await turns(3);
    expect(log).toEqual(['start a', 'start x', 'end x', 'start y', 'end y']);
    gates.get('a')!.open();
    await Promise.all(calls);
    expect(log.slice(5)).toEqual(['end a', 'start b', 'end b', 'start c', 'end c']);
  });

  it('go on after a call that threw, at once or later', async () => {
    await threads.deploy(
      0,
      Desk.implement(() => ({
        one: (name) => {
          if (name === 'sync') throw new RangeError('sync');
          return name === 'async' ? Promise.reject(new RangeError('async')) : undefined;
        },
        other: () => undefined,
        free: () => undefined,
      })),
    );
    const desk = threads.at(mainSlot).client.service(Desk);
    const calls = [desk.one('sync'), desk.one('ok'), desk.one('async'), desk.one('ok')];
    const settled = await Promise.allSettled(calls);
    expect(settled.map(({ status }) => status)).toEqual(['rejected', 'fulfilled', 'rejected', 'fulfilled']);
    expect(threads.at(0).host.diagnostics()[0]!.mailboxDepth).toBe(0);
  });

  it('never start a call whose caller gave up while it waited', async () => {
    const started: string[] = [];
    const opened = gate();
    const one = async (name: string) => {
      started.push(name);
      await opened.promise;
    };
    await threads.deploy(
      0,
      Desk.implement(() => ({ one, other: one, free: one })),
    );
    const desk = threads.at(mainSlot).client.service(Desk);
    const abort = new AbortController();
    const first = desk.one('first');
    const aborted = desk.one('aborted', { signal: abort.signal });
    const late = desk.one('late', { timeoutMs: 10 });
    const last = desk.one('last');
    await until(() => started.length === 1);
    abort.abort();
    await expect(aborted).rejects.toMatchObject({ name: 'AbortError' });
    await expect(late).rejects.toMatchObject({ code: 'HF_TIMEOUT' });
    await until(() => threads.at(0).host.diagnostics()[0]!.mailboxDepth === 2);
    opened.open();
    await Promise.all([first, last]);
    expect(started).toEqual(['first', 'last']);
  });
});

describe('calls among serial members', () => {
  const A = defineService('a', { go: rpc({ in: z.string(), out: z.string(), serial: true }) });
  const B = defineService('b', {
    back: rpc({ in: z.string(), out: z.string() }),
    serially: rpc({ in: z.string(), out: z.string(), serial: true }),
  });

  /** A on n0, B on n1; A calls B's member of that name, which calls A again when told to. */
  async function deployPair(): Promise<void> {
    const pass = async (input: string): Promise<string> => {
      if (input === 'cycle') return threads.at(1).client.service(A).go('again', { timeoutMs: 2000 });
      return `B(${input})`;
    };
    await threads.deploy(
      0,
      A.implement(() => ({
        go: async (input) => {
          await turns(1);
          if (input === 'again') return 'ran again';
          const [member, rest] = input.split(':') as ['back' | 'serially', string];
          return `A(${await threads.at(0).client.service(B)[member](rest)})`;
        },
      })),
    );
    await threads.deploy(
      1,
      B.implement(() => ({ back: pass, serially: pass })),
    );
  }

  it('pass through one another', async () => {
    await deployPair();
    const a = threads.at(mainSlot).client.service(A);
    expect(await Promise.all([a.go('back:x'), a.go('serially:y'), a.go('serially:z')])).toEqual([
      'A(B(x))',
      'A(B(y))',
      'A(B(z))',
    ]);
  });

  it('are refused with HF_CALL_CYCLE, not left hanging, when they come back to where they wait', async () => {
    await deployPair();
    const a = threads.at(mainSlot).client.service(A);
    for (const way of ['back:cycle', 'serially:cycle']) {
      const error = await a.go(way).catch((reason: unknown) => reason);
      expect(error).toBeInstanceOf(CallCycleError);
      expect(error).toMatchObject({ code: 'HF_CALL_CYCLE' });
    }
    expect(await a.go('again')).toBe('ran again');
  });

  it('may come back to another run of the same member', async () => {
    await deployPair();
    const a = threads.at(mainSlot).client.service(A);
    const b = threads.at(mainSlot).client.service(B);
    const [first, viaB] = await Promise.all([a.go('back:x'), b.back('cycle')]);
    expect([first, viaB]).toEqual(['A(B(x))', 'ran again']);
  });

  it('are refused when they pass through too many', async () => {
    const Ladder = defineService('ladder', { up: rpc({ in: z.int(), out: z.int(), serial: true }) });
    const implementation = Ladder.implement((context, step) => ({
      up: async (height) => {
        if (height === 0) return step as number;
        const above = (Number(context.slot) + 1) % 40;
        return threads
          .at(context.slot)
          .client.service(Ladder)
          .up(height - 1, { node: `n${above}` });
      },
    }));
    for (let slot = 0; slot < 40; slot++) await threads.deploy(slot, implementation, slot);
    const ladder = threads.at(mainSlot).client.service(Ladder);
    expect(await ladder.up(callChainMax - 1, { node: 'n0' })).toBe(callChainMax - 1);
    await expect(ladder.up(callChainMax, { node: 'n0' })).rejects.toBeInstanceOf(CallCycleError);
  });
});
