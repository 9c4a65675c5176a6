import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { NodeDownError } from '../../src/errors.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { deployEcho } from './echo.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

describe('aborting a call', () => {
  it('before it starts sends nothing', async () => {
    const { echo } = await deployEcho(threads);
    const sent = threads.at(mainSlot).exchange.framesSent;
    const why = new Error('early');
    await expect(echo.hold(1, { signal: AbortSignal.abort(why) })).rejects.toBe(why);
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
  });

  it('while it runs rejects with the reason and aborts the signal of the handler', async () => {
    const { echo, contexts, started } = await deployEcho(threads);
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
    const { echo } = await deployEcho(threads);
    const abort = new AbortController();
    expect(await echo.say({ text: 'x' }, { signal: abort.signal })).toBe('x');
    const sent = threads.at(mainSlot).exchange.framesSent;
    abort.abort();
    expect(threads.at(mainSlot).exchange.framesSent).toBe(sent);
    expect(threads.at(mainSlot).client.diagnostics().callsInFlight).toBe(0);
  });

  it('puts one listener on a signal, however many calls share it, and takes it off again', async () => {
    const { echo } = await deployEcho(threads);
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
    const { echo, started } = await deployEcho(threads);
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
    const { echo, started } = await deployEcho(threads);
    const call = echo.hold(1);
    await until(() => started.length === 1);
    threads.loopback.lose(mainSlot, 0);
    const error = await call.catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(NodeDownError);
    expect(error).toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'unknown', node: 'n0', retryable: false });
  });

  it('settles calls that never left with outcome not-sent', async () => {
    const { echo } = await deployEcho(threads);
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
    const { echo } = await deployEcho(threads);
    await echo.nothing();
    const call = echo.hold(1);
    threads.loopback.lose(mainSlot, 0);
    await expect(call).rejects.toMatchObject({ outcome: 'not-sent' });
  });

  it('that cannot be reached settles calls with outcome not-sent', async () => {
    const { echo } = await deployEcho(threads);
    const { exchange } = threads.at(mainSlot);
    exchange.unready.add(0);
    const why = new Error('no wires');
    exchange.connectAnswer = () => Promise.reject(why);
    await expect(echo.hold(1)).rejects.toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'not-sent', cause: why });
  });

  it('aborts the calls it made elsewhere', async () => {
    const { echo, contexts, started } = await deployEcho(threads);
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
    const { echo, opened, started } = await deployEcho(threads);
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
