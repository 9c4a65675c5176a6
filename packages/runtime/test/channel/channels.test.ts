import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { Channels } from '../../src/channel/channels.ts';
import type { Channel, ChannelStatus } from '../../src/channel/types.ts';
import { backgroundClass, bulkClass, channelPort } from '../../src/exchange/types.ts';
import { channelSendsWaitingMax, channelUnheardMax, frameBytesMax } from '../../src/limits.ts';
import { Loopback, type LoopbackExchange } from '../service/loopback-exchange.ts';
import { turns, until } from '../service/steering.ts';

const Order = z.object({ id: z.int(), note: z.string().default('none') });

interface End {
  readonly exchange: LoopbackExchange;
  readonly channels: Channels;
}

let loopback = new Loopback();
let ends: Channels[] = [];
let reported: unknown[] = [];

function end(slot: number): End {
  const exchange = loopback.exchange(slot);
  const channels = new Channels(exchange, (error) => reported.push(error));
  ends.push(channels);
  return { exchange, channels };
}

afterEach(() => {
  for (const channels of ends) channels.close();
  loopback = new Loopback();
  ends = [];
  reported = [];
});

function hear<In>(channel: Channel<never, In>) {
  const heard: { messages: In[]; ended?: unknown } = { messages: [] };
  channel.in$.subscribe({
    next: (message) => heard.messages.push(message),
    error: (error: unknown) => {
      heard.ended = error;
    },
    complete: () => {
      heard.ended = 'completed';
    },
  });
  return heard;
}

function statuses(channel: Channel<never, unknown>): ChannelStatus[] {
  const seen: ChannelStatus[] = [];
  channel.status$.subscribe((status) => seen.push(status));
  return seen;
}

describe('a channel', () => {
  it('opens when both ends have connected, whoever is first, and brings messages both ways in order', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'orders', schema: Order });
    const seen = statuses(left);
    await turns(3);
    expect(left.status.state).toBe('opening');
    const right = b.channels.connect('n0', { name: 'orders', schema: Order });
    const [heardLeft, heardRight] = [hear(left), hear(right)];
    await Promise.all([left.opened(), right.opened()]);
    for (let id = 0; id < 50; id++) {
      await left.send({ id });
      expect(right.trySend({ id, note: 'x' })).toBe(true);
    }
    await until(() => heardRight.messages.length === 50 && heardLeft.messages.length === 50);
    expect(heardRight.messages).toEqual(Array.from({ length: 50 }, (_, id) => ({ id, note: 'none' })));
    expect(heardLeft.messages[49]).toEqual({ id: 49, note: 'x' });
    expect(seen.map(({ state }) => state)).toEqual(['opening', 'open']);
  });

  it('keeps messages sent before it opened, and those that came before anybody listened', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'early', schema: z.int() });
    const sent = [left.send(1), left.send(2)];
    expect(left.trySend(3)).toBe(false);
    const right = b.channels.connect('n0', { name: 'early', schema: z.int() });
    await Promise.all(sent);
    await left.send(4);
    await turns(3);
    expect(hear(right).messages).toEqual([1, 2, 4]);
  });

  it('waits for a session when there is none', async () => {
    const [a, b] = [end(0), end(1)];
    a.exchange.unready.add(1);
    b.exchange.unready.add(0);
    const left = a.channels.connect('n1', { name: 'later', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'later', schema: z.int() });
    await turns(3);
    expect([left.status.state, right.status.state]).toEqual(['opening', 'opening']);
    a.exchange.becomeReady(1);
    b.exchange.becomeReady(0);
    await Promise.all([left.opened(), right.opened()]);
  });

  it('opens with an end that came to life after the offer had passed', async () => {
    const a = end(0);
    const exchange = loopback.exchange(1);
    const left = a.channels.connect('n1', { name: 'lost', schema: z.int() });
    await turns(3);
    const late = new Channels(exchange, (error) => reported.push(error));
    ends.push(late);
    const right = late.connect('n0', { name: 'lost', schema: z.int() });
    await Promise.all([left.opened(), right.opened()]);
  });

  it('stands beside others, to the same peer and to others', async () => {
    const [a, b, c] = [end(0), end(1), end(2)];
    const names = ['x', 'y', 'z'];
    const lefts = names.map((name) => a.channels.connect('n1', { name, schema: z.string() }));
    const rights = names.map((name) => b.channels.connect('n0', { name, schema: z.string() }));
    const third = c.channels.connect('n0', { name: 'x', schema: z.string() });
    const toThird = a.channels.connect('n2', { name: 'x', schema: z.string() });
    const heard = rights.map(hear);
    const heardThird = hear(third);
    await Promise.all(lefts.map((left, i) => left.send(names[i]!)));
    await toThird.send('third');
    await until(() => heardThird.messages.length === 1 && heard.every(({ messages }) => messages.length === 1));
    expect(heard.map(({ messages }) => messages)).toEqual([['x'], ['y'], ['z']]);
    expect(heardThird.messages).toEqual(['third']);
  });

  it('is refused at both ends when their schemas or classes differ', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'odd', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'odd', schema: z.string() });
    await expect(left.opened()).rejects.toMatchObject({
      code: 'HF_CHANNEL_CLOSED',
      cause: { code: 'HF_DEFINITION_MISMATCH' },
    });
    await expect(right.opened()).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
    const slow = a.channels.connect('n1', { name: 'slow', schema: z.int(), trafficClass: backgroundClass });
    b.channels.connect('n0', { name: 'slow', schema: z.int(), trafficClass: bulkClass });
    await expect(slow.opened()).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
    await until(() => a.channels.size === 0 && b.channels.size === 0);
  });

  it('has a name of its own and a peer that can be', () => {
    const a = end(0);
    a.channels.connect('n1', { name: 'one', schema: 'bytes' });
    expect(() => a.channels.connect('n1', { name: 'one', schema: 'bytes' })).toThrow(/already/);
    expect(() => a.channels.connect('n1', { name: '', schema: 'bytes' })).toThrow(/usable name/);
    expect(() => a.channels.connect('n0', { name: 'self', schema: 'bytes' })).toThrow(/no such member/);
    expect(() => a.channels.connect('nobody', { name: 'x', schema: 'bytes' })).toThrow(/no such member/);
  });
});

describe('messages of a channel', () => {
  it('are validated at the sender', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'v', schema: Order });
    b.channels.connect('n0', { name: 'v', schema: Order });
    await expect(left.send({ id: 1.5 })).rejects.toMatchObject({ code: 'HF_SCHEMA' });
    expect(() => left.trySend({ id: 'x' } as never)).toThrow(/does not fit/);
    expect(left.status.state).not.toBe('closed');
  });

  it('may be empty and as large as a frame, and no larger', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'size', schema: 'bytes' });
    const right = b.channels.connect('n0', { name: 'size', schema: 'bytes' });
    const heard = hear(right);
    await left.send(new Uint8Array(0));
    await left.send(new Uint8Array(frameBytesMax).fill(7));
    await until(() => heard.messages.length === 2);
    expect(heard.messages.map(({ length }) => length)).toEqual([0, frameBytesMax]);
    expect(heard.messages[1]!.every((byte) => byte === 7)).toBe(true);
    await expect(left.send(new Uint8Array(frameBytesMax + 1))).rejects.toMatchObject({ code: 'HF_MESSAGE_TOO_LARGE' });
    expect(() => left.sendBytes(new Uint8Array(frameBytesMax + 1))).toThrow(/HF_MESSAGE_TOO_LARGE|may have/);
    await expect(left.send('text' as never)).rejects.toBeInstanceOf(TypeError);
  });

  it('of bytes can be read where they lie, and belong to the receiver otherwise', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'raw', schema: 'bytes' });
    const right = b.channels.connect('n0', { name: 'raw', schema: 'bytes' });
    const heard = hear(right);
    await left.send(Uint8Array.of(1, 2, 3));
    await until(() => heard.messages.length === 1);
    const lengths: number[] = [];
    const stop = right.readBytes((bytes, start, finish) => lengths.push(bytes[start]! * 10 + finish - start));
    expect(left.sendBytes(Uint8Array.of(9, 9))).toBe(true);
    await until(() => lengths.length === 1);
    stop();
    left.sendBytes(Uint8Array.of(4));
    await until(() => heard.messages.length === 2);
    expect(lengths).toEqual([92]);
    expect(heard.messages).toEqual([Uint8Array.of(1, 2, 3), Uint8Array.of(4)]);
  });

  it('wait in order while the window is full', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'full', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'full', schema: z.int() });
    const heard = hear(right);
    await left.opened();
    await turns(4);
    loopback.windowRecords = 1;
    loopback.cut(0, 1);
    await left.send(0);
    await turns(2);
    const sends = [1, 2, 3].map((n) => left.send(n));
    expect(left.trySend(9)).toBe(false);
    let writable = false;
    const waiting = left.writable().then(() => {
      writable = true;
    });
    await turns(3);
    expect(writable).toBe(false);
    loopback.windowRecords = 1000;
    loopback.heal();
    await Promise.all([...sends, waiting]);
    expect(left.trySend(4)).toBe(true);
    await until(() => heard.messages.length === 5);
    expect(heard.messages).toEqual([0, 1, 2, 3, 4]);
    await left.writable();
  });

  it('are refused when too many wait', async () => {
    const a = end(0);
    end(1);
    const left = a.channels.connect('n1', { name: 'queue', schema: z.int() });
    const sends = Array.from({ length: channelSendsWaitingMax }, (_, n) => left.send(n));
    await expect(left.send(-1)).rejects.toMatchObject({ code: 'HF_MAILBOX_FULL' });
    void left.close();
    expect((await Promise.allSettled(sends)).every(({ status }) => status === 'rejected')).toBe(true);
  });

  it('end the channel when they come in numbers and nobody listens', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'deaf', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'deaf', schema: z.int() });
    for (let n = 0; n <= channelUnheardMax; n++) await left.send(n);
    await until(() => right.status.state === 'closed' && left.status.state === 'closed');
    expect(right.status).toMatchObject({ error: { code: 'HF_CHANNEL_CLOSED' } });
    const late = hear(right);
    expect(late.messages).toHaveLength(channelUnheardMax);
    expect(late.ended).toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
  });

  it('reach other subscribers when one throws, which is reported', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'throw', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'throw', schema: z.int() });
    right.in$.subscribe(() => {
      throw new Error('subscriber');
    });
    const heard = hear(right);
    await left.send(1);
    await left.send(2);
    await until(() => heard.messages.length === 2);
    expect(reported).toHaveLength(2);
  });
});

describe('the end of a channel', () => {
  it('comes after everything sent before, for both ends, and frees the name and the ports', async () => {
    const [a, b] = [end(0), end(1)];
    for (let round = 0; round < 3; round++) {
      const left = a.channels.connect('n1', { name: 'again', schema: z.int() });
      const right = b.channels.connect('n0', { name: 'again', schema: z.int() });
      const heard = hear(right);
      await left.opened();
      for (let n = 0; n < 20; n++) await left.send(n);
      await left.close();
      expect(heard.messages).toHaveLength(20);
      expect(heard.ended).toBe('completed');
      expect(right.status).toEqual({ state: 'closed' });
      await expect(left.send(1)).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
      expect(() => right.trySend(1)).toThrow(/closed/);
      await expect(right.writable()).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
      await right.close();
      await until(() => a.channels.size === 0 && b.channels.size === 0);
    }
  });

  it('may be asked for by both at once, and by one that never opened', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'both', schema: z.int() });
    const right = b.channels.connect('n0', { name: 'both', schema: z.int() });
    await left.opened();
    await Promise.all([left.close(), right.close(), left.close()]);
    const alone = a.channels.connect('n1', { name: 'alone', schema: z.int() });
    const opening = alone.opened();
    await turns(2);
    await alone.close();
    await expect(opening).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED' });
    const late = b.channels.connect('n0', { name: 'alone', schema: z.int() });
    await turns(4);
    expect(late.status.state).toBe('opening');
    await late.close();
    await until(() => a.channels.size === 0 && b.channels.size === 0);
  });

  it('crossing with an offer leaves nothing behind', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'cross', schema: z.int() });
    const closing = left.close();
    const right = b.channels.connect('n0', { name: 'cross', schema: z.int() });
    await closing;
    await until(() => right.status.state !== 'open');
    const second = a.channels.connect('n1', { name: 'cross', schema: z.int() });
    const other =
      right.status.state === 'closed' ? b.channels.connect('n0', { name: 'cross', schema: z.int() }) : right;
    await Promise.all([second.opened(), other.opened()]);
    const heard = hear(other);
    await second.send(5);
    await until(() => heard.messages.length === 1);
  });

  it('comes with HF_NODE_DOWN when the peer dies; waiting sends reject', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'death', schema: z.int() });
    b.channels.connect('n0', { name: 'death', schema: z.int() });
    const heard = hear(left);
    await left.opened();
    await turns(4);
    loopback.windowRecords = 1;
    loopback.cut(0, 1);
    await left.send(0);
    await turns(2);
    const waiting = left.send(1);
    loopback.lose(0, 1);
    expect(heard.ended).toMatchObject({ code: 'HF_NODE_DOWN', node: 'n1' });
    await expect(waiting).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED', cause: { code: 'HF_NODE_DOWN' } });
    expect(a.channels.size).toBe(0);
  });

  it('is survived by one that waited: it opens with the next incarnation', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'patient', schema: z.int() });
    await turns(2);
    loopback.lose(0, 1, 'restarted');
    expect(left.status.state).toBe('opening');
    a.exchange.becomeReady(1);
    b.exchange.becomeReady(0);
    b.channels.connect('n0', { name: 'patient', schema: z.int() });
    await left.opened();
  });

  it('comes with HF_NODE_DOWN when the peer cannot be reached', async () => {
    const a = end(0);
    a.exchange.unready.add(1);
    a.exchange.connectAnswer = () => Promise.reject(new Error('no wires'));
    const left = a.channels.connect('n1', { name: 'far', schema: z.int() });
    await expect(left.opened()).rejects.toMatchObject({ code: 'HF_CHANNEL_CLOSED', cause: { outcome: 'not-sent' } });
  });

  it('comes with HF_CODEC or HF_SCHEMA at a message that is none; hostile control frames change nothing', async () => {
    const [a, b] = [end(0), end(1)];
    const left = a.channels.connect('n1', { name: 'hostile', schema: Order });
    const right = b.channels.connect('n0', { name: 'hostile', schema: Order });
    const heard = hear(right);
    await left.opened();
    for (let n = 0; n < 200; n++) {
      const space = a.exchange.begin(1, bulkClass, channelPort, 6)!;
      for (let i = 0; i < 6; i++) space.bytes[space.start + i] = (n * 7 + i * 13) % 256;
      if (n % 3 !== 2) space.bytes[space.start] = 0;
      a.exchange.commit(n % 7);
    }
    await turns(3);
    expect(right.status.state).toBe('open');
    const space = a.exchange.begin(1, bulkClass, 16, 3)!;
    space.bytes.fill(0xff, space.start, space.start + 3);
    a.exchange.commit(3);
    await until(() => heard.ended !== undefined);
    expect(heard.ended).toMatchObject({ code: 'HF_CODEC' });
    await until(() => left.status.state === 'closed');
  });

  it('comes to all of them when the thread leaves', async () => {
    const [a, b] = [end(0), end(1)];
    const lefts = ['p', 'q'].map((name) => a.channels.connect('n1', { name, schema: z.int() }));
    const rights = ['p', 'q'].map((name) => b.channels.connect('n0', { name, schema: z.int() }));
    await Promise.all(lefts.map((left) => left.opened()));
    a.channels.close();
    await until(() => rights.every((right) => right.status.state === 'closed'));
    expect(a.channels.size).toBe(0);
  });
});
