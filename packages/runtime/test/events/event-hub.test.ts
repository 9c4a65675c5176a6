import { filter, map, take, toArray } from 'rxjs';
import { afterEach, beforeEach, describe, expect, it, vi } from 'vitest';
import type { ClusterEvent, PublishedEvent } from '../../src/events/cluster-event.ts';
import { EventHub } from '../../src/events/event-hub.ts';
import { EventOutbox } from '../../src/events/event-outbox.ts';
import { eventsBehindMax, eventsPerTurnMax } from '../../src/limits.ts';
import { ClusterSignals } from '../../src/node/signals.ts';

const healed = (at: number): PublishedEvent => ({ type: 'healed', at });

let signals: ClusterSignals;
let hub: EventHub;
const warnings: Error[] = [];
const uncaught: unknown[] = [];
const onWarning = (warning: Error) => warnings.push(warning);
const onUncaught = (error: unknown) => uncaught.push(error);

beforeEach(() => {
  signals = new ClusterSignals();
  hub = new EventHub(signals);
  warnings.length = 0;
  uncaught.length = 0;
  process.on('warning', onWarning);
  process.on('uncaughtException', onUncaught);
});
afterEach(() => {
  process.off('warning', onWarning);
  process.off('uncaughtException', onUncaught);
});

/** RxJS reports by a timer, warnings come in the next tick: after this both would have shown. */
const settle = () => new Promise((resolve) => setTimeout(resolve, 5));

describe('events$', () => {
  it('tells the threads whether anybody listens', () => {
    expect(signals.listening).toBe(false);
    const first = hub.events$.subscribe();
    const second = hub.events$.subscribe();
    first.unsubscribe();
    expect(signals.listening).toBe(true);
    second.unsubscribe();
    expect(signals.listening).toBe(false);
  });

  it('goes on for a subscriber that throws and for the others, and reports it', async () => {
    const seen: number[] = [];
    const others: string[] = [];
    hub.events$.subscribe((event) => {
      if (event.type !== 'healed') return;
      seen.push(event.at);
      if (event.at === 1) throw new Error('subscriber bug');
    });
    hub.events$.subscribe((event) => others.push(event.type));
    hub.deliver([healed(1), healed(2)]);
    await settle();
    expect(seen).toEqual([1, 2]);
    expect(others).toContain('subscriber-failed');
    expect(others.filter((type) => type === 'healed')).toHaveLength(2);
    expect(warnings.map((warning) => warning.message)).toEqual([expect.stringContaining('subscriber bug')]);
    expect(uncaught).toEqual([]);
  });

  it('isolates subscribers behind operators too, and operators that throw', async () => {
    hub.events$.pipe(filter((event) => event.type === 'healed')).subscribe(() => {
      throw new Error('behind a filter');
    });
    const mapped = hub.events$.pipe(
      map(() => {
        throw new Error('inside a map');
      }),
    );
    mapped.subscribe();
    hub.deliver([healed(1)]);
    await settle();
    expect(warnings.map((warning) => warning.message).sort()).toEqual([
      expect.stringContaining('behind a filter'),
      expect.stringContaining('inside a map'),
    ]);
    expect(uncaught).toEqual([]);
  });

  it('does not answer a subscriber that always throws with events without end', async () => {
    let calls = 0;
    hub.events$.subscribe(() => {
      calls += 1;
      throw new Error('always');
    });
    hub.deliver([healed(1)]);
    await settle();
    expect(calls).toBe(2);
    expect(uncaught).toEqual([]);
  });

  it('completes with the cluster, for late subscribers as well', async () => {
    const completed: string[] = [];
    hub.events$.pipe(toArray()).subscribe((events) => completed.push(`first ${events.length}`));
    hub.deliver([healed(1)]);
    hub.complete();
    hub.events$.subscribe({ complete: () => completed.push('late') });
    expect(completed).toEqual(['first 1', 'late']);
    expect(signals.listening).toBe(false);
  });

  it('stops listening when a bounded pipe has enough', () => {
    hub.events$.pipe(take(1)).subscribe();
    hub.deliver([healed(1), healed(2)]);
    expect(signals.listening).toBe(false);
  });
});

describe('events()', () => {
  async function types(events: AsyncIterable<ClusterEvent>): Promise<string[]> {
    const seen: string[] = [];
    for await (const event of events) seen.push(event.type);
    return seen;
  }

  it('yields what happens until the signal aborts', async () => {
    const controller = new AbortController();
    const seen = types(hub.iterate(controller.signal));
    await settle();
    hub.deliver([healed(1), healed(2)]);
    await settle();
    controller.abort();
    expect(await seen).toEqual(['healed', 'healed']);
    expect(signals.listening).toBe(false);
  });

  it('ends with the cluster, after what was still waiting', async () => {
    const events = hub.iterate();
    const first = events.next();
    hub.deliver([healed(1), healed(2)]);
    hub.complete();
    expect((await first).value).toMatchObject({ at: 1 });
    expect(await types(events)).toEqual(['healed']);
  });

  it('drops the oldest for a consumer that is behind, and says how many', async () => {
    const events = hub.iterate();
    const first = events.next();
    hub.deliver([healed(0)]);
    await first;
    hub.deliver(Array.from({ length: eventsBehindMax + 10 }, (_, at) => healed(at)));
    expect((await events.next()).value).toMatchObject({ type: 'events-dropped', count: 10 });
    expect((await events.next()).value).toMatchObject({ type: 'healed', at: 10 });
    await events.return();
    expect(signals.listening).toBe(false);
  });
});

describe('EventOutbox', () => {
  function outbox() {
    const posts: { events: readonly PublishedEvent[]; dropped: number }[] = [];
    const post = (events: readonly PublishedEvent[], dropped: number) => {
      posts.push({ events: structuredClone(events), dropped });
    };
    return { posts, outbox: new EventOutbox(signals, post) };
  }

  it('posts nothing while nobody listens', async () => {
    const { posts, outbox: out } = outbox();
    out.publish('healed', {});
    await settle();
    expect(posts).toEqual([]);
  });

  it('posts one batch a turn, bounded, and counts what is above', async () => {
    signals.listening = true;
    const { posts, outbox: out } = outbox();
    for (let index = 0; index < eventsPerTurnMax + 3; index += 1) out.publish('healed', {});
    await settle();
    expect(posts.map(({ events, dropped }) => [events.length, dropped])).toEqual([[eventsPerTurnMax, 3]]);
  });

  it('loses only the event that cannot be cloned', async () => {
    signals.listening = true;
    vi.spyOn(Date, 'now').mockReturnValue(7);
    const { posts, outbox: out } = outbox();
    out.publishAny({ type: 'first' });
    out.publishAny({ type: 'broken', callback: () => undefined });
    out.publishAny({ type: 'last' });
    await settle();
    vi.restoreAllMocks();
    expect(posts).toEqual([
      { events: [{ at: 7, type: 'first' }], dropped: 0 },
      { events: [{ at: 7, type: 'last' }], dropped: 0 },
      { events: [], dropped: 1 },
    ]);
  });
});
