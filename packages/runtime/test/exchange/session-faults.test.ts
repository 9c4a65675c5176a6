import { randomInt } from 'node:crypto';
import { afterEach, describe, expect, it } from 'vitest';
import { type TrafficClass, trafficClasses } from '../../src/exchange/types.ts';
import { retentionMs } from '../../src/limits.ts';
import { SessionPair, seeded } from './session-pair.ts';

describe('a session over faulty links', () => {
  let pair: SessionPair;
  afterEach(() => pair.close());

  for (const seed of [1, 2, 3, randomInt(2 ** 31)]) {
    it(`delivers every frame once, in order, whatever the links do (seed ${seed})`, async () => {
      const random = seeded(seed);
      pair = new SessionPair(random);
      const sides = [pair.a, pair.b] as const;
      for (let turn = 0; turn < 400; turn++) {
        const side = sides[turn & 1] as SessionPair['a'];
        for (let frames = Math.floor(random() * 30); frames > 0; frames--) {
          const trafficClass = Math.floor(random() * trafficClasses.length) as TrafficClass;
          side.send(trafficClass, 4 + Math.floor(random() ** 6 * 60_000));
        }
        if (turn % 20 === 0) {
          for (const [index, faults] of side.faults.entries()) {
            faults.drop = random() < 0.3 ? random() * 0.1 : 0;
            faults.duplicate = random() < 0.3 ? random() * 0.2 : 0;
            faults.reorder = random() < 0.3 ? random() * 0.1 : 0;
            faults.halfOpen = random() < 0.1;
            if (random() < 0.2) faults.stall = true;
            else side.links[index]?.resume();
            if (random() < 0.2) side.links[index]?.kill();
          }
        }
        await pair.turn(1 + Math.floor(random() * 20));
        for (const each of sides) expect(each.wrong, `seed ${seed}`).toBe('');
        for (const each of sides) expect(each.errors, `seed ${seed}`).toEqual([]);
      }
      for (const side of sides) {
        for (const [index, faults] of side.faults.entries()) {
          Object.assign(faults, { drop: 0, duplicate: 0, reorder: 0, halfOpen: false });
          side.links[index]?.resume();
        }
      }
      expect(await pair.settle(), `seed ${seed}: ${pair.a.sent} ${pair.b.delivered}`).toBe(true);
      for (const side of sides) expect([side.wrong, side.errors], `seed ${seed}`).toEqual(['', []]);
    });
  }

  it('keeps everything while no link is there, and goes on when one returns', async () => {
    pair = new SessionPair(seeded(1));
    for (const link of pair.a.links) link.fail('killed');
    let accepted = 0;
    while (pair.a.send(2, 1000)) accepted++;
    expect(accepted).toBeGreaterThan(1000);
    expect(await pair.settle()).toBe(true);
    expect(pair.b.delivered[2]).toBe(accepted);
    expect(pair.a.notices.map((notice) => notice.type)).toContain('retained');
    expect(pair.a.notices.map((notice) => notice.type)).toContain('resumed');
  });

  it('says exactly what was not delivered and what is unknown when no link returns in time', async () => {
    pair = new SessionPair(seeded(1));
    for (let count = 0; count < 10; count++) pair.a.send(2, 100);
    await pair.turn();
    expect(pair.b.delivered[2]).toBe(10);
    await pair.turn();
    await pair.turn();
    for (const faults of pair.a.faults) faults.halfOpen = true;
    for (let count = 0; count < 10; count++) pair.a.send(2, 100);
    pair.a.host.flush();
    for (const link of pair.a.links) link.fail('killed');
    for (let count = 0; count < 10; count++) pair.a.send(2, 100);
    pair.a.host.flush();
    for (let ms = 0; ms < retentionMs + 100; ms += 10) {
      pair.clock.nowMs += 10;
      pair.a.tick();
    }
    const numbers = (fate: string): number[] =>
      pair.a.lost.filter((each) => each.fate === fate).map((each) => each.number);
    expect(numbers('unknown')).toEqual(Array.from({ length: 10 }, (_, index) => 10 + index));
    expect(numbers('not-sent')).toEqual(Array.from({ length: 10 }, (_, index) => 20 + index));
    expect(pair.a.notices.at(-1)).toMatchObject({ type: 'ended', end: 'links-lost' });
  });

  it('refuses frames when a window is full, and takes them again after the peer acknowledged', async () => {
    pair = new SessionPair(seeded(1));
    let accepted = 0;
    while (pair.a.send(0, 60_000)) accepted++;
    expect(accepted).toBeLessThan(256);
    await pair.turn();
    expect(await pair.settle()).toBe(true);
    await pair.turn();
    await pair.turn();
    expect(pair.a.send(0, 60_000)).toBe(true);
  });
});
