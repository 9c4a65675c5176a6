import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { MessageTooLargeError } from '../../src/codec/errors.ts';
import { ClosedError, NodeDownError, TimeoutError } from '../../src/errors.ts';
import { bulkClass, servicePort } from '../../src/exchange/types.ts';
import { framesWaitingMax, messageBytesMax } from '../../src/limits.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { MailboxFullError, SchemaError, UnknownMemberError, UnknownServiceError } from '../../src/service/errors.ts';
import type { CallContext } from '../../src/service/types.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

const Echo = defineService('echo', {
  say: rpc({ in: z.object({ text: z.string(), times: z.int().min(1).max(9).default(1) }), out: z.string() }),
  bytes: rpc({ in: z.instanceof(Uint8Array), out: z.instanceof(Uint8Array) }),
  hold: rpc({ in: z.int(), out: z.int() }),
  wrong: rpc({ out: z.int() }),
  nothing: rpc({}),
});

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

/** An echo service on n0 whose `hold` answers when its gate opens, with what its handler saw. */
async function deployEcho(settings?: { mailboxMax: number }) {
  const opened = gate();
  const contexts: CallContext[] = [];
  const started: number[] = [];
  const implementation = Echo.implement(
    () => ({
      say: ({ text, times }) => text.repeat(times),
      bytes: (bytes) => bytes.map((byte) => byte ^ 0xff),
      hold: async (number, call) => {
        started.push(number);
        contexts.push(call);
        await opened.promise;
        return number;
      },
      wrong: () => 'seven' as unknown as number,
      nothing: () => undefined,
    }),
    settings,
  );
  const deploymentId = await threads.deploy(0, implementation);
  return { opened, contexts, started, deploymentId, echo: threads.at(mainSlot).client.service(Echo) };
}

describe('a call', () => {
  it('answers with what the handler returned, validated and with defaults filled in', async () => {
    const { echo } = await deployEcho();
    expect(await echo.say({ text: 'ab' })).toBe('ab');
    expect(await echo.say({ text: 'ab', times: 3 })).toBe('ababab');
    expect(await echo.nothing()).toBeUndefined();
  });

  it('reaches services in its own thread, in a later turn', async () => {
    await deployEcho();
    const own = threads.at(0).client.service(Echo);
    expect(await own.say({ text: 'self' })).toBe('self');
  });

  it('carries no bytes, a few, and more than fit into a frame, both ways', async () => {
    const { echo } = await deployEcho();
    for (const length of [0, 1, 300, 65_535, 65_536, 65_537, 1_000_000]) {
      const bytes = Uint8Array.from({ length }, (_, i) => i % 251);
      const back = await echo.bytes(bytes);
      expect(back.length).toBe(length);
      expect(back.every((byte, i) => byte === ((i % 251) ^ 0xff))).toBe(true);
    }
  });

  it('keeps its answers apart while sizes go up and down', async () => {
    const { echo } = await deployEcho();
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
    const { echo } = await deployEcho();
    const sent = threads.at(mainSlot).exchange.framesSent;
    const refusal = await echo.say({ text: 'a', times: 10 }).catch((error: unknown) => error);
    expect(refusal).toBeInstanceOf(SchemaError);
    expect(refusal).toMatchObject({ code: 'HF_SCHEMA', issues: [{ path: ['times'] }] });
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
  });

  it('is refused at the callee when the output does not fit', async () => {
    const { echo } = await deployEcho();
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
    const { echo } = await deployEcho();
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
    await deployEcho();
    const { client } = threads.at(mainSlot);
    const Other = defineService('other', { a: rpc({}) });
    await expect(client.service(Other).a()).rejects.toBeInstanceOf(UnknownServiceError);
    await expect(client.service(Echo).nothing({} as never, { node: 'n7' })).rejects.toMatchObject({
      code: 'HF_UNKNOWN_SERVICE',
      node: 'n7',
    });
  });

  it('with another definition than the deployed one is refused at once', async () => {
    await deployEcho();
    const Changed = defineService('echo', { say: rpc({ in: z.int(), out: z.string() }) });
    await expect(threads.at(mainSlot).client.service(Changed).say(1)).rejects.toMatchObject({
      code: 'HF_DEFINITION_MISMATCH',
    });
  });

  it('to a deployment or member that is not there is answered by the host', async () => {
    const { deploymentId } = await deployEcho();
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
    const { echo, opened } = await deployEcho();
    const inFlight = echo.hold(1);
    threads.at(mainSlot).client.close();
    await expect(inFlight).rejects.toBeInstanceOf(ClosedError);
    await expect(echo.say({ text: 'x' })).rejects.toMatchObject({ code: 'HF_CLOSED' });
    opened.open();
  });
});

describe('the time of a call', () => {
  it('runs out with HF_TIMEOUT, and the handler hears of it', async () => {
    const { echo, contexts } = await deployEcho();
    await expect(echo.hold(1, { timeoutMs: 20 })).rejects.toBeInstanceOf(TimeoutError);
    const { signal } = contexts[0]!;
    await until(() => signal.aborted);
    expect(signal.reason).toBeInstanceOf(TimeoutError);
    expect(threads.at(mainSlot).client.diagnostics()).toMatchObject({ callsInFlight: 0, callsTimedOut: 1 });
  });

  it('never runs out early, however long the caller blocked its thread before', async () => {
    const { echo } = await deployEcho();
    await echo.nothing();
    const blockedUntil = performance.now() + 120;
    while (performance.now() < blockedUntil);
    const before = performance.now();
    const late = await echo.hold(1, { timeoutMs: 60 }).catch((error: unknown) => error);
    expect(late).toBeInstanceOf(TimeoutError);
    expect(performance.now() - before).toBeGreaterThanOrEqual(59);
  });

  it('does not run out for an answer that came while the caller was blocked', async () => {
    const { echo, opened, started } = await deployEcho();
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
    const { echo, opened } = await deployEcho();
    await expect(echo.hold(1, { timeoutMs: 10 })).rejects.toBeInstanceOf(TimeoutError);
    opened.open();
    const next = echo.hold(2);
    expect(await next).toBe(2);
  });

  it('is no limit at 0, and must be a number of milliseconds', async () => {
    const { echo } = await deployEcho();
    expect(await echo.say({ text: 'x' }, { timeoutMs: 0 })).toBe('x');
    for (const timeoutMs of [-1, Number.NaN, 2 ** 31, '5' as never]) {
      await expect(echo.say({ text: 'x' }, { timeoutMs })).rejects.toMatchObject({ code: 'HF_DEFINITION' });
    }
  });
});

describe('aborting a call', () => {
  it('before it starts sends nothing', async () => {
    const { echo } = await deployEcho();
    const sent = threads.at(mainSlot).exchange.framesSent;
    const why = new Error('early');
    await expect(echo.hold(1, { signal: AbortSignal.abort(why) })).rejects.toBe(why);
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
  });

  it('while it runs rejects with the reason and aborts the signal of the handler', async () => {
    const { echo, contexts, started } = await deployEcho();
    const abort = new AbortController();
    const why = new Error('enough');
    const calls = [echo.hold(1, { signal: abort.signal }), echo.hold(2, { signal: abort.signal }), echo.hold(3)];
    calls[2]!.catch(() => {});
    await until(() => started.length === 3);
    const third = contexts[2]!;
    abort.abort(why);
    abort.abort(new Error('twice'));
    await expect(calls[0]).rejects.toBe(why);
    await expect(calls[1]).rejects.toBe(why);
    await until(() => contexts[0]!.signal.aborted && contexts[1]!.signal.aborted);
    expect((contexts[0]!.signal.reason as Error).name).toBe('AbortError');
    expect(third.signal.aborted).toBe(false);
  });

  it('after it is settled does nothing', async () => {
    const { echo } = await deployEcho();
    const abort = new AbortController();
    expect(await echo.say({ text: 'x' }, { signal: abort.signal })).toBe('x');
    const sent = threads.at(mainSlot).exchange.framesSent;
    abort.abort();
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
    expect(threads.at(mainSlot).client.diagnostics().callsInFlight).toBe(0);
  });

  it('puts one listener on a signal, however many calls share it, and takes it off again', async () => {
    const { echo } = await deployEcho();
    const { signal } = new AbortController();
    const listeners: string[] = [];
    const [add, remove] = [signal.addEventListener.bind(signal), signal.removeEventListener.bind(signal)];
    signal.addEventListener = (...args: Parameters<typeof add>) => {
      listeners.push('add');
      add(...args);
    };
    signal.removeEventListener = (...args: Parameters<typeof remove>) => {
      listeners.push('remove');
      remove(...args);
    };
    await Promise.all(Array.from({ length: 500 }, () => echo.say({ text: 'x' }, { signal })));
    expect(listeners).toEqual(['add']);
    await until(() => listeners.length === 2);
    expect(listeners).toEqual(['add', 'remove']);
  });

  it('of a call that waits for room takes it out of the queue: the handler never sees it', async () => {
    const { echo, started } = await deployEcho();
    threads.loopback.cut(mainSlot, 0);
    threads.loopback.windowRecords = 1;
    const first = echo.hold(1);
    await turns(2);
    const abort = new AbortController();
    const second = echo.hold(2, { signal: abort.signal });
    const third = echo.hold(3);
    expect(threads.at(mainSlot).client.diagnostics().framesWaiting).toBe(2);
    abort.abort();
    await expect(second).rejects.toMatchObject({ name: 'AbortError' });
    threads.loopback.heal();
    await until(() => started.length === 2);
    expect(started).toEqual([1, 3]);
    first.catch(() => {});
    third.catch(() => {});
  });
});

describe('the death of a node', () => {
  it('settles calls that left with outcome unknown', async () => {
    const { echo, started } = await deployEcho();
    const call = echo.hold(1);
    await until(() => started.length === 1);
    threads.loopback.lose(mainSlot, 0);
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NodeDownError);
    expect(error).toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'unknown', node: 'n0', retryable: false });
  });

  it('settles calls that never left with outcome not-sent', async () => {
    const { echo } = await deployEcho();
    threads.loopback.cut(mainSlot, 0);
    threads.loopback.windowRecords = 1;
    const sent = echo.hold(1);
    await turns(2);
    const waiting = echo.hold(2);
    threads.loopback.lose(mainSlot, 0);
    await expect(sent).rejects.toMatchObject({ outcome: 'unknown' });
    await expect(waiting).rejects.toMatchObject({ outcome: 'not-sent', retryable: true });
  });

  it('settles calls that the session never gave to a link with outcome not-sent', async () => {
    const { echo } = await deployEcho();
    await echo.nothing();
    const call = echo.hold(1);
    threads.loopback.lose(mainSlot, 0);
    await expect(call).rejects.toMatchObject({ outcome: 'not-sent' });
  });

  it('that cannot be reached settles calls with outcome not-sent', async () => {
    const { echo } = await deployEcho();
    const { exchange } = threads.at(mainSlot);
    exchange.unready.add(0);
    const why = new Error('no wires');
    exchange.connectAnswer = () => Promise.reject(why);
    await expect(echo.hold(1)).rejects.toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'not-sent', cause: why });
  });

  it('aborts the calls it made elsewhere', async () => {
    const { echo, contexts, started } = await deployEcho();
    echo.hold(1).catch(() => {});
    await until(() => started.length === 1);
    const { signal } = contexts[0]!;
    threads.loopback.lose(mainSlot, 0);
    expect(signal.aborted).toBe(true);
    expect(signal.reason).toMatchObject({ code: 'HF_NODE_DOWN', node: 'main' });
  });

  it('never lets an answer to a dead caller reach the one that took its place', async () => {
    const gates = [gate(), gate()];
    const Two = defineService('two', { hold: rpc({ in: z.int(), out: z.int() }) });
    await threads.deploy(
      0,
      Two.implement(() => ({ hold: (n) => gates[n]!.promise.then(() => n) })),
    );
    const old = threads.at(mainSlot).client.service(Two).hold(0);
    await turns(3);
    const { client } = threads.restart(mainSlot);
    await expect(old).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
    const next = client.service(Two).hold(1);
    await turns(3);
    gates[0]!.open();
    await turns(3);
    gates[1]!.open();
    expect(await next).toBe(1);
  });

  it('never lets an answer of its old session reach a caller of the new one', async () => {
    const { echo, opened, started } = await deployEcho();
    const old = echo.hold(1);
    await until(() => started.length === 1);
    threads.loopback.lose(mainSlot, 0, 'restarted');
    await expect(old).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
    threads.at(mainSlot).exchange.becomeReady(0);
    threads.at(0).exchange.becomeReady(mainSlot);
    const next = echo.hold(2);
    await until(() => started.length === 2);
    opened.open();
    expect(await next).toBe(2);
  });
});

describe('back-pressure', () => {
  it('keeps calls in order while the window is full and goes on when there is room', async () => {
    const { echo, started, opened } = await deployEcho();
    threads.loopback.cut(mainSlot, 0);
    threads.loopback.windowRecords = 1;
    const calls = [echo.hold(0)];
    await turns(2);
    for (let n = 1; n < 200; n++) calls.push(echo.hold(n));
    expect(threads.at(mainSlot).client.diagnostics().framesWaiting).toBe(199);
    threads.loopback.heal();
    opened.open();
    expect(await Promise.all(calls)).toEqual(Array.from({ length: 200 }, (_, n) => n));
    expect(started).toEqual(Array.from({ length: 200 }, (_, n) => n));
  });

  it('waits for a session and then sends in order', async () => {
    const { echo } = await deployEcho();
    const { exchange } = threads.at(mainSlot);
    exchange.unready.add(0);
    const connected = gate();
    exchange.connectAnswer = () => connected.promise;
    const calls = [echo.say({ text: 'a' }), echo.bytes(new Uint8Array(200_000)), echo.say({ text: 'b' })];
    exchange.becomeReady(0);
    connected.open();
    const [a, , b] = await Promise.all(calls);
    expect([a, b]).toEqual(['a', 'b']);
  });

  it('refuses with HF_MAILBOX_FULL at the callee beyond its bound', async () => {
    const { echo, opened } = await deployEcho({ mailboxMax: 3 });
    const calls = Array.from({ length: 5 }, (_, n) => echo.hold(n));
    const settled = Promise.allSettled(calls);
    await expect(calls[3]).rejects.toBeInstanceOf(MailboxFullError);
    await expect(calls[4]).rejects.toMatchObject({ code: 'HF_MAILBOX_FULL', retryable: true, node: 'n0' });
    expect(threads.at(0).host.diagnostics()[0]).toMatchObject({ mailboxDepth: 3, mailboxMax: 3, callsRejected: 2 });
    opened.open();
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('refuses with HF_MAILBOX_FULL at the caller when too much waits', async () => {
    const { deploymentId } = await deployEcho();
    const { exchange } = threads.at(mainSlot);
    exchange.unready.add(0);
    exchange.connectAnswer = () => new Promise(() => {});
    const { courier } = threads.courierAt(mainSlot);
    for (let n = 0; n < framesWaitingMax; n++) {
      courier.begin(0, 1).at += 1;
      courier.end();
    }
    await expect(threads.callMember(mainSlot, 0, deploymentId, 0)).rejects.toBeInstanceOf(MailboxFullError);
  });
});

describe('hostile frames', () => {
  it('are answered with HF_CODEC when a call can be made out, else dropped, and the service lives on', async () => {
    const { echo, deploymentId } = await deployEcho();
    const { exchange } = threads.at(mainSlot);
    let seed = 12345;
    const random = (): number => {
      seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
      return seed >>> 24;
    };
    for (let n = 0; n < 3000; n++) {
      const length = 1 + (n % 60);
      const space = exchange.begin(0, bulkClass, servicePort, length);
      if (space === undefined) {
        await turns(3);
        continue;
      }
      for (let i = 0; i < length; i++) space.bytes[space.start + i] = random();
      space.bytes[space.start] = n % 8;
      if (length > 8 && n % 2 === 0) space.view.setUint32(space.start + 4, deploymentId, true);
      exchange.commit(length);
    }
    await turns(5);
    expect(await echo.say({ text: 'alive' })).toBe('alive');
  });
});

describe('code of callers inside calls', () => {
  it('may call services from a getter of the input', async () => {
    const Loose = defineService('loose', { take: rpc({ in: z.any(), out: z.any() }) });
    await threads.deploy(
      0,
      Loose.implement(() => ({ take: (value) => value as unknown })),
    );
    const loose = threads.at(mainSlot).client.service(Loose);
    let inner: Promise<unknown> | undefined;
    const outer = loose.take({
      get a() {
        inner ??= loose.take('inner');
        return 1;
      },
    });
    expect(await outer).toEqual({ a: 1 });
    expect(await inner).toBe('inner');
  });

  it('may throw from a getter: the call rejects with that and the next one works', async () => {
    const { echo } = await deployEcho();
    const bad = {
      get text(): string {
        throw new Error('no text');
      },
    };
    await expect(echo.say(bad)).rejects.toThrow('no text');
    expect(await echo.say({ text: 'x' })).toBe('x');
  });

  it('may make calls from an abort listener that runs inside an abort', async () => {
    const { echo, started } = await deployEcho();
    const abort = new AbortController();
    let second: Promise<string> | undefined;
    abort.signal.addEventListener('abort', () => {
      second = echo.say({ text: 'again' });
    });
    const first = echo.hold(1, { signal: abort.signal });
    await until(() => started.length === 1);
    abort.abort();
    await expect(first).rejects.toMatchObject({ name: 'AbortError' });
    expect(await second).toBe('again');
  });
});
