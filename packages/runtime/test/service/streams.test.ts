import { concat, from, interval, NEVER, Observable, of, Subject, throwError } from 'rxjs';
import { map, take, toArray } from 'rxjs/operators';
import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mainSlot } from '../../src/member.ts';
import { defineService, stream } from '../../src/service/define-service.ts';
import { StreamOverflowError } from '../../src/service/errors.ts';
import type { CallContext, StreamSource } from '../../src/service/types.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

const Ticks = defineService('ticks', {
  count: stream({ in: z.int(), out: z.int(), credit: 8 }),
  tight: stream({ out: z.int(), credit: 2, bufferValues: 2 }),
  newest: stream({ out: z.int(), credit: 2, bufferValues: 2, overflow: 'drop-newest' }),
  oldest: stream({ out: z.int(), credit: 2, bufferValues: 2, overflow: 'drop-oldest' }),
});

async function deployTicks(source: (input: number | undefined, call: CallContext) => StreamSource<number>) {
  const deploymentId = await threads.deploy(
    0,
    Ticks.implement(() => ({
      count: source,
      tight: (_, call) => source(undefined, call),
      newest: (_, call) => source(undefined, call),
      oldest: (_, call) => source(undefined, call),
    })),
  );
  return { deploymentId, ticks: threads.at(mainSlot).client.service(Ticks) };
}

/** Everything a stream says, and how it ended. */
function listen<Value>(source: Observable<Value>) {
  const heard: { values: Value[]; error?: unknown; completed: boolean } = { values: [], completed: false };
  const subscription = source.subscribe({
    next: (value) => heard.values.push(value),
    error: (error: unknown) => {
      heard.error = error;
    },
    complete: () => {
      heard.completed = true;
    },
  });
  return { heard, subscription };
}

function collect<Value>(source: Observable<Value>): Promise<Value[]> {
  return new Promise((resolve, reject) => source.pipe(toArray()).subscribe({ next: resolve, error: reject }));
}

describe('a stream', () => {
  it('brings every value in order, beyond its credit, and completes', async () => {
    const { ticks } = await deployTicks((n) => from(Array.from({ length: n! }, (_, i) => i)).pipe(map((i) => i)));
    expect(await collect(ticks.count(30))).toEqual(Array.from({ length: 30 }, (_, i) => i));
    expect(await collect(ticks.count(0))).toEqual([]);
    expect(threads.at(mainSlot).client.diagnostics().streamsOpen).toBe(0);
    expect(threads.at(0).host.diagnostics()[0]!.streamsOpen).toBe(0);
  });

  it('is cold: each subscription has its own producer', async () => {
    let subscriptions = 0;
    const { ticks } = await deployTicks(
      () =>
        new Observable((subscriber) => {
          subscriptions += 1;
          subscriber.next(subscriptions);
          subscriber.complete();
        }),
    );
    const count = ticks.count(1);
    await turns(2);
    expect(subscriptions).toBe(0);
    expect([await collect(count), await collect(count)]).toEqual([[1], [2]]);
  });

  it('brings an error after the values before it, with its class', async () => {
    const { ticks } = await deployTicks(() =>
      concat(
        of(1, 2),
        throwError(() => new RangeError('over')),
      ),
    );
    const { heard } = listen(ticks.count(1));
    await until(() => heard.error !== undefined);
    expect(heard).toMatchObject({ values: [1, 2], completed: false });
    expect(heard.error).toBeInstanceOf(RangeError);
  });

  it('brings what the handler throws, and what it should not have returned', async () => {
    const { ticks } = await deployTicks((n) => {
      if (n === 1) throw new SyntaxError('thrown');
      return 'no stream' as never;
    });
    await expect(collect(ticks.count(1))).rejects.toBeInstanceOf(SyntaxError);
    await expect(collect(ticks.count(2))).rejects.toBeInstanceOf(TypeError);
    await expect(collect(ticks.count('x' as never))).rejects.toMatchObject({ code: 'HF_SCHEMA' });
  });

  it('ends with HF_SCHEMA at a value that does not fit, and stops its producer', async () => {
    const source = new Subject<number>();
    const { ticks } = await deployTicks(() => source);
    const { heard } = listen(ticks.count(1));
    await until(() => source.observed);
    source.next(1);
    source.next('two' as never);
    await until(() => heard.error !== undefined);
    expect(heard.values).toEqual([1]);
    expect(heard.error).toMatchObject({ code: 'HF_SCHEMA' });
    expect(source.observed).toBe(false);
  });

  it('stops its producer when the consumer unsubscribes', async () => {
    let stopped = false;
    let signal: AbortSignal | undefined;
    const { ticks } = await deployTicks((_, call) => {
      signal = call.signal;
      return new Observable(() => () => {
        stopped = true;
      });
    });
    const { subscription } = listen(ticks.count(1));
    await until(() => signal !== undefined);
    subscription.unsubscribe();
    await until(() => stopped && signal!.aborted);
    expect(threads.at(0).host.diagnostics()[0]!.streamsOpen).toBe(0);
  });

  it('is not ended by a subscriber that throws, nor the process: it is reported', async () => {
    const { ticks } = await deployTicks(() => of(1, 2, 3));
    const heard: number[] = [];
    ticks.count(1).subscribe((value) => {
      heard.push(value);
      throw new Error(`at ${value}`);
    });
    await until(() => heard.length === 3);
    expect(threads.reported.map((error) => (error as Error).message)).toEqual(['at 1', 'at 2', 'at 3']);
  });

  it('works with operators that end it early', async () => {
    const { ticks } = await deployTicks(() => interval(1).pipe(map((i) => i * 10)));
    expect(await collect(ticks.count(1).pipe(take(3)))).toEqual([0, 10, 20]);
    await until(() => threads.at(0).host.diagnostics()[0]!.streamsOpen === 0);
  });

  it('ends with the reason of an abort', async () => {
    const { ticks } = await deployTicks(() => NEVER);
    const abort = new AbortController();
    const { heard } = listen(ticks.count(1, { signal: abort.signal }));
    await turns(3);
    const why = new Error('enough');
    abort.abort(why);
    expect(heard.error).toBe(why);
    await until(() => threads.at(0).host.diagnostics()[0]!.streamsOpen === 0);
    const early = listen(ticks.count(1, { signal: abort.signal }));
    expect(early.heard.error).toBe(why);
  });

  it('ends with HF_TIMEOUT when the next value takes longer than allowed', async () => {
    const source = new Subject<number>();
    const { ticks } = await deployTicks(() => source);
    const { heard } = listen(ticks.count(1, { timeoutMs: 30 }));
    await until(() => source.observed);
    source.next(1);
    await until(() => heard.error !== undefined);
    expect(heard.values).toEqual([1]);
    expect(heard.error).toMatchObject({ code: 'HF_TIMEOUT' });
    await until(() => !source.observed);
  });

  it('has no time-out from the defaults of its proxy, which are meant for calls', async () => {
    const source = new Subject<number>();
    await deployTicks(() => source);
    const ticks = threads.at(mainSlot).client.service(Ticks, { timeoutMs: 20 });
    const { heard } = listen(ticks.count(1));
    await until(() => source.observed);
    const later = performance.now() + 60;
    await until(() => performance.now() > later);
    source.next(1);
    await until(() => heard.values.length === 1);
    expect(heard.error).toBeUndefined();
  });

  it('ends with HF_NODE_DOWN when its node dies, and its producer stops when the consumer dies', async () => {
    const source = new Subject<number>();
    const { ticks } = await deployTicks(() => source);
    const { heard } = listen(ticks.count(1));
    await until(() => source.observed);
    source.next(1);
    await until(() => heard.values.length === 1);
    threads.loopback.lose(mainSlot, 0);
    expect(heard.error).toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'unknown', node: 'n0' });
    expect(source.observed).toBe(false);
  });

  it('ends with HF_CLOSED when the client closes or the service is undeployed', async () => {
    const { ticks, deploymentId } = await deployTicks(() => NEVER);
    const first = listen(ticks.count(1));
    await turns(3);
    await threads.at(0).host.undeploy(deploymentId);
    await until(() => first.heard.error !== undefined);
    expect(first.heard.error).toMatchObject({ code: 'HF_CLOSED' });
    await expect(collect(ticks.count(1))).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
    threads.at(mainSlot).client.close();
    await expect(collect(ticks.count(1))).rejects.toMatchObject({ code: 'HF_CLOSED' });
  });
});

describe('credit', () => {
  it('keeps what is over it at the producer, until the buffer is full: HF_STREAM_OVERFLOW', async () => {
    const source = new Subject<number>();
    const { ticks } = await deployTicks(() => source);
    const { heard } = listen(ticks.tight());
    await until(() => source.observed);
    for (let i = 0; i < 5; i++) source.next(i);
    await until(() => heard.error !== undefined);
    expect(heard.values).toEqual([0, 1, 2, 3]);
    expect(heard.error).toBeInstanceOf(StreamOverflowError);
    expect(source.observed).toBe(false);
  });

  it('drops the newest or the oldest when the definition says so', async () => {
    const source = new Subject<number>();
    const { ticks } = await deployTicks(() => source);
    const newest = listen(ticks.newest());
    const oldest = listen(ticks.oldest());
    await until(() => source.observers.length === 2);
    for (let i = 0; i < 8; i++) source.next(i);
    source.complete();
    await until(() => newest.heard.completed && oldest.heard.completed);
    expect(newest.heard.values).toEqual([0, 1, 2, 3]);
    expect(oldest.heard.values).toEqual([0, 1, 6, 7]);
  });

  it('holds back a producer that can be pulled, to what an iteration takes', async () => {
    let made = 0;
    let finished = false;
    const { ticks } = await deployTicks(async function* () {
      try {
        for (;;) {
          made += 1;
          yield made;
        }
      } finally {
        finished = true;
      }
    });
    const taken: number[] = [];
    const pause = gate();
    const iterating = (async () => {
      for await (const value of ticks.count(1)) {
        taken.push(value);
        if (value === 5) await pause.promise;
        if (value === 40) break;
      }
    })();
    await until(() => taken.length === 5);
    await turns(20);
    expect(made).toBeLessThanOrEqual(5 + 8 + 1);
    pause.open();
    await iterating;
    expect(taken).toEqual(Array.from({ length: 40 }, (_, i) => i + 1));
    await until(() => finished);
  });

  it('is given back by a subscriber as fast as values come', async () => {
    const { ticks } = await deployTicks(async function* () {
      for (let i = 0; i < 500; i++) yield i;
    });
    expect(await collect(ticks.tight())).toHaveLength(500);
  });
});

describe('an iteration', () => {
  it('throws an error once, after the values before it', async () => {
    const { ticks } = await deployTicks(() =>
      concat(
        of(1, 2),
        throwError(() => new RangeError('over')),
      ),
    );
    const iterator = ticks.count(1)[Symbol.asyncIterator]();
    expect(await iterator.next()).toEqual({ done: false, value: 1 });
    expect(await iterator.next()).toEqual({ done: false, value: 2 });
    await expect(iterator.next()).rejects.toBeInstanceOf(RangeError);
    expect(await iterator.next()).toEqual({ done: true, value: undefined });
  });

  it('answers several questions asked at once in order', async () => {
    const { ticks } = await deployTicks(() => of(1, 2));
    const iterator = ticks.count(1)[Symbol.asyncIterator]();
    const answers = await Promise.all([iterator.next(), iterator.next(), iterator.next(), iterator.next()]);
    expect(answers.map(({ value }) => value)).toEqual([1, 2, undefined, undefined]);
  });
});
