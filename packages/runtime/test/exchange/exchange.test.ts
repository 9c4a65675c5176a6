import { afterEach, describe, expect, it } from 'vitest';
import { ClosedError } from '../../src/errors.ts';
import { ConsumerThrewError, FrameTooLargeError } from '../../src/exchange/errors.ts';
import type { MemberExchange } from '../../src/exchange/member-exchange.ts';
import { makeWires } from '../../src/interconnect/wires.ts';
import { frameBytesMax, quietTicksMax, stallBeats } from '../../src/limits.ts';
import { Neighbours, nextLoss, sendText, texts, until } from './exchange-pair.ts';

const numbered = (count: number): string[] => Array.from({ length: count }, (_, index) => `frame ${index}`);

describe('Exchange', () => {
  let hood: Neighbours;
  let a: MemberExchange;
  let b: MemberExchange;
  const pair = async (): Promise<void> => {
    ({ hood, a, b } = await Neighbours.pair());
  };
  afterEach(() => hood.close());

  it('carries frames both ways, in order, each to the consumer of its port', async () => {
    await pair();
    const [one, two, back] = [texts(b, 1), texts(b, 2), texts(a, 1)];
    for (let count = 0; count < 100; count++) {
      expect(sendText(a, 1, 1 + (count % 2), `frame ${count}`)).toBe(true);
      expect(sendText(b, 0, 1, `frame ${count}`)).toBe(true);
    }
    await until(() => one.length === 50 && two.length === 50 && back.length === 100);
    expect(one).toEqual(numbered(100).filter((_, index) => index % 2 === 0));
    expect(two).toEqual(numbered(100).filter((_, index) => index % 2 === 1));
    expect(back).toEqual(numbered(100));
    expect(hood.errors).toEqual([]);
  });

  for (const driver of ['ring', 'port'] as const) {
    it(`works over the ${driver} driver alone`, async () => {
      hood = new Neighbours();
      [a, b] = [hood.add(3), hood.add(64)];
      hood.wire(3, 64, [driver]);
      await Promise.all([a.connect(64), b.connect(3)]);
      const received = texts(b, 9);
      for (const text of numbered(1000)) expect(sendText(a, 64, 9, text)).toBe(true);
      await until(() => received.length === 1000);
      expect(received).toEqual(numbered(1000));
      expect(b.diagnostics()[0]?.links.map((link) => link.driver)).toEqual([driver]);
    });
  }

  it('takes frames of 0 to 65 536 bytes and refuses longer ones', async () => {
    await pair();
    const lengths: number[] = [];
    b.consume(4, (_from, _bytes, start, end) => lengths.push(end - start));
    for (const length of [0, 1, 3, 4, 5, 1000, frameBytesMax]) {
      expect(a.begin(1, 0, 4, length)).toBeDefined();
      a.commit(length);
    }
    await until(() => lengths.length === 7);
    expect(lengths).toEqual([0, 1, 3, 4, 5, 1000, frameBytesMax]);
    expect(() => a.begin(1, 0, 4, frameBytesMax + 1)).toThrow(FrameTooLargeError);
    expect(() => a.begin(1, 0, 0, 8)).toThrow(RangeError);
    expect(() => a.begin(1, 0, 40_000, 8)).toThrow(RangeError);
    expect(() => a.commit(1)).toThrow(RangeError);
    expect(a.begin(1, 0, 4, 8)).toBeDefined();
    expect(() => a.commit(9)).toThrow(RangeError);
    expect(a.begin(2, 0, 4, 8)).toBeUndefined();
  });

  it('keeps a throwing consumer and a throwing listener away from everyone else, and reports both', async () => {
    await pair();
    const received = texts(b, 1);
    b.consume(2, () => {
      throw new Error('from the consumer');
    });
    b.listen({
      onLost: () => {
        throw new Error('from the listener');
      },
    });
    sendText(a, 1, 1, 'before');
    sendText(a, 1, 2, 'thrown at');
    sendText(a, 1, 1, 'after');
    await until(() => received.length === 2);
    expect(received).toEqual(['before', 'after']);
    const lost = nextLoss(b);
    b.dropPeer(0, 1, 'dead');
    expect(await lost).toEqual({ peer: 0, loss: 'dead' });
    expect(hood.errors.map((error) => [error.constructor, (error.cause as Error).message])).toEqual([
      [ConsumerThrewError, 'from the consumer'],
      [ConsumerThrewError, 'from the listener'],
    ]);
  });

  it('lets observers see each record once, and keeps one that throws away from the frames', async () => {
    await pair();
    const received = texts(b, 1);
    let records = 0;
    const stop = b.observe((batch) => {
      records++;
      expect([batch.from, batch.trafficClass]).toEqual([0, 2]);
      throw new Error('from the observer');
    });
    for (const text of numbered(100)) sendText(a, 1, 1, text);
    await until(() => received.length === 100);
    expect(records).toBe(1);
    expect(hood.errors.map((error) => (error.cause as Error).message)).toEqual(['from the observer']);
    stop();
    sendText(a, 1, 1, 'unobserved');
    await until(() => received.length === 101);
    expect(records).toBe(1);
  });

  it('refuses frames when the peer does not drain, loses none, and says when there is room', async () => {
    await pair();
    const received: number[] = [];
    b.consume(1, (_from, bytes, start) =>
      received.push(new DataView(bytes.buffer).getUint32(bytes.byteOffset + start)),
    );
    let sent = 0;
    const fill = (): void => {
      for (let space = a.begin(1, 2, 1, 60_000); space !== undefined; space = a.begin(1, 2, 1, 60_000)) {
        space.view.setUint32(space.start, sent++);
        a.commit(60_000);
      }
    };
    const writable = Promise.withResolvers<void>();
    a.listen({
      onWritable: (peer, trafficClass) => {
        expect([peer, trafficClass]).toEqual([1, 2]);
        writable.resolve();
      },
    });
    hood.block.setPaused(1, true);
    fill();
    expect(a.diagnostics()[0]?.retainedBytes).toBeLessThanOrEqual(4 * 1024 * 1024);
    expect(sent).toBeGreaterThan(40);
    // Other classes have room of their own.
    expect(sendText(a, 1, 1, 'four', 0)).toBe(true);
    hood.block.setPaused(1, false);
    await writable.promise;
    fill();
    await until(() => received.length === sent + 1);
    expect(received.filter((number) => number < sent)).toEqual(Array.from({ length: sent }, (_, index) => index));
  });

  it('fails over when a link is killed, tells listeners that ask, and takes the link back', async () => {
    await pair();
    const received = texts(b, 1);
    const moves: string[] = [];
    a.listen({ onFailover: (_peer, from, to) => moves.push(`${from} to ${to}`) });
    for (let round = 0; round < 20; round++) {
      for (let count = 0; count < 50; count++) sendText(a, 1, 1, `frame ${50 * round + count}`);
      (round % 2 === 0 ? a : b).killLink(round % 2 === 0 ? 1 : 0, round % 4 < 2 ? 'ring' : 'port');
      await until(() => received.length === 50 * (round + 1));
    }
    expect(received).toEqual(numbered(1000));
    expect(moves).toContain('ring to port');
    await until(() => a.diagnostics()[0]?.links.every((link) => link.state === 'up') === true);
    await until(() => moves.at(-1)?.endsWith('to ring') === true);
    expect(a.diagnostics()[0]?.failovers).toBe(moves.filter((move) => !move.endsWith('to none')).length);
    expect(hood.errors).toEqual([]);
  });

  it('keeps everything while both links are down, and goes on when they are back', async () => {
    await pair();
    const received = texts(b, 1);
    for (const text of numbered(500)) {
      sendText(a, 1, 1, text);
      if (text.endsWith('50')) {
        a.flush();
        a.killLink(1, 'ring');
        b.killLink(0, 'port');
      }
    }
    await until(() => received.length === 500);
    expect(received).toEqual(numbered(500));
    expect(a.ready(1)).toBe(true);
  });

  it('delivers nothing across a cut, one-way or two-way, and resumes the same session when healed', async () => {
    await pair();
    const [there, back] = [texts(b, 1), texts(a, 1)];
    const losses: unknown[] = [];
    a.listen({ onLost: (peer) => losses.push(peer) });
    hood.block.setCut(0, 1, true);
    for (const text of numbered(100)) sendText(a, 1, 1, text);
    sendText(b, 0, 1, 'the other way');
    await until(() => back.length === 1);
    hood.block.setCut(1, 0, true);
    sendText(b, 0, 1, 'held');
    await Promise.all([hood.beats(0, 5 * stallBeats), hood.beats(1, 5 * stallBeats)]);
    expect([there.length, back.length]).toEqual([0, 1]);
    hood.block.setCut(0, 1, false);
    hood.block.setCut(1, 0, false);
    await until(() => there.length === 100 && back.length === 2);
    expect(there).toEqual(numbered(100));
    expect(losses).toEqual([]);
    expect(a.diagnostics()[0]?.failovers).toBe(0);
  });

  it('stands still while it is paused, without being suspected', async () => {
    await pair();
    const received = texts(b, 1);
    hood.block.setPaused(1, true);
    sendText(a, 1, 1, 'one');
    await hood.beats(0, 5 * stallBeats);
    expect(received).toEqual([]);
    hood.block.setPaused(1, false);
    await until(() => received.length === 1);
    expect(a.diagnostics()[0]?.failovers).toBe(0);
  });

  it('ends the session of a dead peer at once, and reports every frame it may not have got', async () => {
    await pair();
    hood.block.setPaused(1, true);
    for (const text of numbered(10)) sendText(a, 1, 1, text);
    a.flush();
    sendText(a, 1, 2, 'never sealed');
    const reported: string[] = [];
    a.listen({
      onUndelivered: (peer, fate, port, bytes, start, end) => {
        reported.push(`${peer} ${fate} ${port} ${new TextDecoder().decode(bytes.slice(start, end))}`);
      },
      onLost: (_peer, loss) => reported.push(loss),
    });
    a.dropPeer(1, 0, 'dead');
    expect(a.ready(1)).toBe(true);
    a.dropPeer(1, 1, 'dead');
    expect(a.ready(1)).toBe(false);
    expect(reported).toEqual([
      ...numbered(10).map((text) => `1 unknown 1 ${text}`),
      '1 not-sent 2 never sealed',
      'dead',
    ]);
    expect(a.begin(1, 2, 1, 8)).toBeUndefined();
    a.dropPeer(1, 1, 'dead');
    expect(reported.filter((line) => line === 'dead').length).toBe(1);
  });

  it('opens a fresh session with the next incarnation, into which nothing of the last one leaks', async () => {
    await pair();
    const received = texts(a, 1);
    for (const text of numbered(50)) sendText(b, 0, 1, text);
    b.close();
    const lost = nextLoss(a);
    a.dropPeer(1, 1, 'dead');
    await lost;
    const before = received.length;
    const reborn = hood.add(1, { incarnation: 2 });
    hood.wire(0, 1);
    await Promise.all([a.connect(1), reborn.connect(0)]);
    sendText(reborn, 0, 1, 'from the second life');
    await until(() => received.length > before);
    expect(received.slice(before)).toEqual(['from the second life']);
    expect(a.diagnostics()[0]?.incarnation).toBe(2);
  });

  it('ends the old session as restarted when wires of a newer incarnation come first', async () => {
    await pair();
    b.close();
    hood.add(1, { incarnation: 2 });
    const lost = nextLoss(a);
    hood.wire(0, 1);
    expect((await lost).loss).toMatch(/^(restarted|closed)$/);
    await a.connect(1);
    expect(a.diagnostics()[0]?.incarnation).toBe(2);
  });

  it('drains before it closes, and the peer hears that it closed', async () => {
    await pair();
    const received = texts(b, 1);
    for (const text of numbered(2000)) expect(sendText(a, 1, 1, text)).toBe(true);
    const lost = nextLoss(b);
    await a.drainAndClose();
    expect(received).toEqual(numbered(2000));
    expect(await lost).toEqual({ peer: 0, loss: 'closed' });
    expect(() => a.attachWires(1, 1, undefined as never)).toThrow(ClosedError);
    await expect(a.connect(1)).rejects.toThrow(ClosedError);
    expect(a.begin(1, 2, 1, 8)).toBeUndefined();
  });

  it('still takes what the peer had begun when it heard of the close', async () => {
    await pair();
    const received = texts(a, 1);
    // Nothing is under way: a says CLOSE at once.
    await until(() => !a.diagnostics().some((peer) => peer.retainedBytes > 0));
    const closed = a.drainAndClose();
    expect(sendText(b, 0, 1, 'last words')).toBe(true);
    b.drain();
    expect(sendText(b, 0, 1, 'too late')).toBe(false);
    await closed;
    expect(received).toEqual(['last words']);
  });

  it('asks for wires on connect, and gives up when told to', async () => {
    hood = new Neighbours();
    const asked: number[] = [];
    a = hood.add(0, {
      requestWires: (peer) => {
        asked.push(peer);
        if (peer === 1) setImmediate(() => hood.wire(0, 1));
      },
    });
    b = hood.add(1);
    await a.connect(1);
    expect(a.ready(1)).toBe(true);
    await a.connect(1);
    const reason = new Error('changed my mind');
    const controller = new AbortController();
    const connecting = a.connect(2, controller.signal);
    controller.abort(reason);
    await expect(connecting).rejects.toBe(reason);
    await expect(a.connect(2, AbortSignal.abort(reason))).rejects.toBe(reason);
    const waiting = a.connect(3);
    a.close();
    await expect(waiting).rejects.toThrow(ClosedError);
    expect(asked).toEqual([1, 2, 3]);
  });

  it('delivers nothing before attachWires returned, though the peer was ready and sent first', async () => {
    hood = new Neighbours();
    [a, b] = [hood.add(0), hood.add(1)];
    const wires = makeWires(hood.rings);
    a.attachWires(1, 1, wires.a);
    // The other side opens and sends as soon as this one is there, in whatever order the two threads run.
    a.listen({ onReady: () => sendText(a, 1, 1, 'first') });
    b.attachWires(0, 1, wires.b);
    a.drain();
    const received = texts(b, 1);
    await until(() => received.length === 1);
    sendText(a, 1, 3, 'nobody is there');
    await until(() => b.unclaimedFrames === 1);
  });

  it('wakes each side once for a question and its answer', async () => {
    await pair();
    b.consume(2, () => sendText(b, 0, 3, 'answer'));
    const answered = texts(a, 3);
    const calls = 200;
    const wakeUps = (): number => (a.diagnostics()[0]?.wakeUps ?? 0) + (b.diagnostics()[0]?.wakeUps ?? 0);
    const beats = (): number => hood.block.heartbeat(0) + hood.block.heartbeat(1);
    // What opened the session has been acknowledged.
    await hood.beats(0, 3);
    const [wakeUpsBefore, beatsBefore] = [wakeUps(), beats()];
    for (let call = 1; call <= calls; call++) {
      sendText(a, 1, 2, 'question');
      while (answered.length < call) await new Promise((resolve) => setImmediate(resolve));
    }
    const extra = wakeUps() - wakeUpsBefore - 2 * calls;
    expect(extra).toBeGreaterThanOrEqual(0);
    // Only a heartbeat may send an acknowledgement by itself.
    expect(extra).toBeLessThanOrEqual(beats() - beatsBefore);
    expect(b.diagnostics()[0]).toMatchObject({ framesReceived: calls, framesSent: calls });
  });

  it('delivers nothing from inside a call of the sender, also after a long silence', async () => {
    await pair();
    // So many quiet beats that the heart has slowed down.
    await hood.beats(1, quietTicksMax + 2);
    let delivered = 0;
    b.consume(1, () => delivered++);
    sendText(a, 1, 1, 'there');
    a.flush();
    sendText(b, 0, 1, 'back');
    b.flush();
    expect(delivered).toBe(0);
    await until(() => delivered === 1);
  });

  it('can be pumped without an event loop', async () => {
    await pair();
    const received = texts(b, 1);
    expect(b.wait(1)).toBe(false);
    sendText(a, 1, 1, 'one');
    a.flush();
    expect(b.wait(1000)).toBe(true);
    expect(b.drain()).toBe(1);
    expect(received).toEqual(['one']);
    let nested = -1;
    b.consume(2, () => {
      nested = b.drain();
    });
    sendText(a, 1, 2, 'two');
    a.flush();
    expect(b.drain()).toBe(1);
    expect(nested).toBe(0);
  });
});
