import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { bulkClass, servicePort } from '../../src/exchange/types.ts';
import { framesWaitingMax } from '../../src/limits.ts';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import { MailboxFullError } from '../../src/service/errors.ts';
import { deployEcho } from './echo.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

describe('back-pressure', () => {
  it('keeps calls in order while the window is full and goes on when there is room', async () => {
    const { echo, started, opened } = await deployEcho(threads);
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
    const { echo } = await deployEcho(threads);
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
    const { echo, opened } = await deployEcho(threads, { mailboxMax: 3 });
    const calls = Array.from({ length: 5 }, (_, n) => echo.hold(n));
    const settled = Promise.allSettled(calls);
    await expect(calls[3]).rejects.toBeInstanceOf(MailboxFullError);
    await expect(calls[4]).rejects.toMatchObject({ code: 'HF_MAILBOX_FULL', retryable: true, node: 'n0' });
    expect(threads.at(0).host.diagnostics()[0]).toMatchObject({ mailboxDepth: 3, mailboxMax: 3, callsRejected: 2 });
    opened.open();
    expect((await settled).filter(({ status }) => status === 'fulfilled')).toHaveLength(3);
  });

  it('refuses with HF_MAILBOX_FULL at the caller when too much waits', async () => {
    const { deploymentId } = await deployEcho(threads);
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
    const { echo, deploymentId } = await deployEcho(threads);
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
    const { echo } = await deployEcho(threads);
    const bad = {
      get text(): string {
        throw new Error('no text');
      },
    };
    await expect(echo.say(bad)).rejects.toThrow('no text');
    expect(await echo.say({ text: 'x' })).toBe('x');
  });

  it('may make calls from an abort listener that runs inside an abort', async () => {
    const { echo, started } = await deployEcho(threads);
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
