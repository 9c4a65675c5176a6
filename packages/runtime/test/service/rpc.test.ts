import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MessageTooLargeError } from '../../src/codec/errors.ts';
import { ClosedError, TimeoutError } from '../../src/errors.ts';
import { messageBytesMax } from '../../src/limits.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { SchemaError, UnknownMemberError, UnknownServiceError } from '../../src/service/errors.ts';
import { deployEcho, Echo } from './echo.ts';
import { turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

describe('a call', () => {
  it('answers with what the handler returned, validated and with defaults filled in', async () => {
    const { echo } = await deployEcho(threads);
    expect(await echo.say({ text: 'ab' })).toBe('ab');
    expect(await echo.say({ text: 'ab', times: 3 })).toBe('ababab');
    expect(await echo.nothing()).toBeUndefined();
  });

  it('reaches services in its own thread, in a later turn', async () => {
    await deployEcho(threads);
    const own = threads.at(0).client.service(Echo);
    expect(await own.say({ text: 'self' })).toBe('self');
  });

  it('carries no bytes, a few, and more than fit into a frame, both ways', async () => {
    const { echo } = await deployEcho(threads);
    for (const length of [0, 1, 300, 65_535, 65_536, 65_537, 1_000_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      const back = await echo.bytes(bytes);
      expect(back.length).toBe(length);
      expect(back.every((byte, i) => byte === ((i % 251) ^ 0xff))).toBe(true);
    }
  });

  it('keeps its answers apart while sizes go up and down', async () => {
    const { echo } = await deployEcho(threads);
    const texts = Array.from({ length: 400 }, (_, n) => `${n}:`.padEnd((n * 7919) % 5000, 'x'));
    expect(await Promise.all(texts.map((text) => echo.say({ text })))).toEqual(texts);
  });

  it('settles whatever kind of promise the handler returns', async () => {
    const Odd = defineService('odd-promises', { ask: rpc({ in: z.string(), out: z.string() }) });
    const thenable = (property: PropertyDescriptor): unknown =>
      Object.defineProperty({}, ['the', 'n'].join(''), property);
    const thenables: Record<string, unknown> = {
      good: thenable({ value: (resolve: (value: string) => void) => resolve('from a thenable') }),
      throws: thenable({
        value: () => {
          throw new RangeError('in then');
        },
      }),
      trap: thenable({
        get: () => {
          throw new RangeError('in the getter');
        },
      }),
    };
    await threads.deploy(
      0,
      Odd.implement(() => ({ ask: (kind) => thenables[kind] as Promise<string> })),
    );
    const odd = threads.at(mainSlot).client.service(Odd);
    expect(await odd.ask('good')).toBe('from a thenable');
    await expect(odd.ask('throws')).rejects.toThrow('in then');
    await expect(odd.ask('trap')).rejects.toThrow('in the getter');
    expect(threads.at(0).host.diagnostics()[0]!.mailboxDepth).toBe(0);
  });

  it('keeps its order beside a large one', async () => {
    const order: number[] = [];
    const Sink = defineService('sink', { take: rpc({ in: z.object({ n: z.int(), pad: z.string() }) }) });
    await threads.deploy(
      0,
      Sink.implement(() => ({
        take: ({ n }) => {
          order.push(n);
        },
      })),
    );
    const sink = threads.at(mainSlot).client.service(Sink);
    const pads = ['', 'x'.repeat(200_000), '', 'y'.repeat(70_000), ''];
    await Promise.all(pads.map((pad, n) => sink.take({ n, pad })));
    expect(order).toEqual([0, 1, 2, 3, 4]);
  });

  it('is refused at the caller when its input does not fit, and never leaves', async () => {
    const { echo } = await deployEcho(threads);
    const sent = threads.at(mainSlot).exchange.framesSent;
    const refusal = await echo.say({ text: 'a', times: 10 }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SchemaError);
    expect(refusal).toMatchObject({ code: 'HF_SCHEMA', issues: [{ path: ['times'] }] });
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
  });

  it('is refused at the callee when the output does not fit', async () => {
    const { echo } = await deployEcho(threads);
    await expect(echo.wrong()).rejects.toMatchObject({ code: 'HF_SCHEMA', message: /output of echo.wrong/ });
  });

  it('is refused with HF_SCHEMA when a schema is asynchronous', async () => {
    const Slow = defineService('slow', { ask: rpc({ in: z.string().refine(async () => true) }) });
    await threads.deploy(
      0,
      Slow.implement(() => ({ ask: () => undefined })),
    );
    const slow = threads.at(mainSlot).client.service(Slow);
    await expect(slow.ask('x')).rejects.toMatchObject({ code: 'HF_SCHEMA', issues: [{ code: 'asynchronous' }] });
  });

  it('runs transforms once, at the callee', async () => {
    const seen: unknown[] = [];
    const Once = defineService('once', { add: rpc({ in: z.number().transform((n) => n + 1), out: z.number() }) });
    await threads.deploy(
      0,
      Once.implement(() => ({
        add: (n) => {
          seen.push(n);
          return n;
        },
      })),
    );
    expect(await threads.at(mainSlot).client.service(Once).add(1)).toBe(2);
    expect(seen).toEqual([2]);
  });

  it('over the limit is refused before anything is sent, in either direction', async () => {
    const { echo } = await deployEcho(threads);
    await expect(echo.bytes(new Uint8Array(messageBytesMax))).rejects.toBeInstanceOf(MessageTooLargeError);
    const Big = defineService('big', { make: rpc({ in: z.int(), out: z.instanceof(Uint8Array) }) });
    await threads.deploy(
      0,
      Big.implement(() => ({ make: (length) => new Uint8Array(length) })),
    );
    const big = threads.at(mainSlot).client.service(Big);
    await expect(big.make(messageBytesMax)).rejects.toMatchObject({ code: 'HF_MESSAGE_TOO_LARGE' });
    expect((await big.make(messageBytesMax - 100)).length).toBe(messageBytesMax - 100);
  });

  it('of an unknown service or on a node without it is refused at once', async () => {
    await deployEcho(threads);
    const { client } = threads.at(mainSlot);
    const Other = defineService('other', { a: rpc({}) });
    await expect(client.service(Other).a()).rejects.toBeInstanceOf(UnknownServiceError);
    await expect(client.service(Echo).nothing({} as never, { node: 'n7' })).rejects.toMatchObject({
      code: 'HF_UNKNOWN_SERVICE',
      node: 'n7',
    });
  });

  it('with another definition than the deployed one is refused at once', async () => {
    await deployEcho(threads);
    const Changed = defineService('echo', { say: rpc({ in: z.int(), out: z.string() }) });
    await expect(threads.at(mainSlot).client.service(Changed).say(1)).rejects.toMatchObject({
      code: 'HF_DEFINITION_MISMATCH',
    });
  });

  it('to a deployment or member that is not there is answered by the host', async () => {
    const { deploymentId } = await deployEcho(threads);
    const { client, exchange } = threads.at(mainSlot);
    const { schemaHash } = threads.directory.instances('echo')[0]!;
    const stale = { service: 'echo', node: 'n0', slot: 0, deploymentId: deploymentId + 7, schemaHash };
    threads.directory.replace([stale]);
    await expect(client.service(Echo).say({ text: 'x' })).rejects.toMatchObject({
      code: 'HF_UNKNOWN_SERVICE',
      retryable: true,
    });
    expect(exchange.ready(0)).toBe(true);
    await expect(threads.callMember(mainSlot, 0, deploymentId, 99)).rejects.toBeInstanceOf(UnknownMemberError);
  });

  it('after close, and in flight at close, settles with HF_CLOSED', async () => {
    const { echo, opened } = await deployEcho(threads);
    const inFlight = echo.hold(1);
    threads.at(mainSlot).client.close();
    await expect(inFlight).rejects.toBeInstanceOf(ClosedError);
    await expect(echo.say({ text: 'x' })).rejects.toMatchObject({ code: 'HF_CLOSED' });
    opened.open();
  });
});

describe('the time of a call', () => {
  it('runs out with HF_TIMEOUT, and the handler hears of it', async () => {
    const { echo, contexts } = await deployEcho(threads);
    await expect(echo.hold(1, { timeoutMs: 20 })).rejects.toBeInstanceOf(TimeoutError);
    const { signal } = contexts[0]!;
    await until(() => signal.aborted);
    expect(signal.reason).toBeInstanceOf(TimeoutError);
    expect(threads.at(mainSlot).client.diagnostics()).toMatchObject({ callsInFlight: 0, callsTimedOut: 1 });
  });

  it('never runs out early, however long the caller blocked its thread before', async () => {
    const { echo } = await deployEcho(threads);
    await echo.nothing();
    const blockedUntil = performance.now() + 120;
    while (performance.now() < blockedUntil);
    const before = performance.now();
    const late = await echo.hold(1, { timeoutMs: 60 }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TimeoutError);
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
  });

  it('does not run out for an answer that came while the caller was blocked', async () => {
    const { echo, opened, started } = await deployEcho(threads);
    const answer = echo.hold(5, { timeoutMs: 30 });
    await until(() => started.length === 1);
    opened.open();
    await turns(1);
    threads.at(0).exchange.flush();
    const blockedUntil = performance.now() + 100;
    while (performance.now() < blockedUntil);
    expect(await answer).toBe(5);
  });

  it('passes without effect on an answer that is late: it belongs to nobody', async () => {
    const { echo, opened } = await deployEcho(threads);
    await expect(echo.hold(1, { timeoutMs: 10 })).rejects.toBeInstanceOf(TimeoutError);
    opened.open();
    const next = echo.hold(2);
    expect(await next).toBe(2);
  });

  it('is no limit at 0, and must be a number of milliseconds', async () => {
    const { echo } = await deployEcho(threads);
    expect(await echo.say({ text: 'x' }, { timeoutMs: 0 })).toBe('x');
    for (const timeoutMs of [-1, Number.NaN, 2 ** 31, '5' as never]) {
      await expect(echo.say({ text: 'x' }, { timeoutMs })).rejects.toMatchObject({ code: 'HF_DEFINITION' });
    }
  });
});
