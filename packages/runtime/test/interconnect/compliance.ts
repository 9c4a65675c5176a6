import fc from 'fast-check';
import { afterEach, describe, expect, it } from 'vitest';
import { frameBytesMax, recordBytesMax } from '../../src/limits.ts';
import { type LinkPair, type MakePair, makeRecord, until } from './link-pair.ts';

/** What every driver promises, whatever carries it. Run once per driver. */
export function describeCompliance(name: string, makePair: MakePair): void {
  describe(`${name} keeps the promises of a link`, () => {
    let pair: LinkPair;
    const fresh = (): LinkPair => {
      pair = makePair();
      return pair;
    };
    afterEach(() => pair.close());

    it('delivers whole records in order, of every size, both ways', async () => {
      await fc.assert(
        fc.asyncProperty(
          fc.array(fc.record({ length: fc.integer({ min: 8, max: 9000 }), back: fc.boolean() }), { maxLength: 60 }),
          async (sizes) => {
            const { a, b } = fresh();
            const sent = { a: [] as Uint8Array[], b: [] as Uint8Array[] };
            for (const [number, { length, back }] of sizes.entries()) {
              const record = makeRecord(number, length);
              expect((back ? b : a).send(record)).toBe(true);
              (back ? sent.b : sent.a).push(record);
            }
            await until(pair, () => {
              a.take();
              b.take();
              return a.received.length >= sent.b.length && b.received.length >= sent.a.length;
            });
            expect(b.received).toEqual(sent.a);
            expect(a.received).toEqual(sent.b);
            pair.close();
          },
        ),
        { numRuns: 25 },
      );
    });

    it('carries the largest record', async () => {
      const { a, b } = fresh();
      const record = makeRecord(1, recordBytesMax);
      expect(record.length).toBeGreaterThan(frameBytesMax);
      for (let round = 0; round < 40; round++) {
        expect(a.send(record)).toBe(true);
        // A side that sends drains as well: room may be given back on the link itself.
        await until(pair, () => a.take() + b.take() === 1);
        expect(b.received.pop()).toEqual(record);
      }
    });

    it('shows nothing before it is published', async () => {
      const { a, b } = fresh();
      expect(a.offer(makeRecord(1, 64))).toBe(true);
      expect(b.take()).toBe(0);
      a.link.publish();
      expect(a.signals).toBe(1);
      await until(pair, () => b.take() === 1);
    });

    it('refuses what it has no room for, loses nothing, and says when there is room', async () => {
      const { a, b } = fresh();
      let sent = 0;
      for (let round = 0; round < 5; round++) {
        while (a.offer(makeRecord(sent, 4096))) sent++;
        a.link.publish();
        expect(a.link.writable()).toBe(false);
        const signals = b.signals;
        await until(pair, () => {
          b.take();
          a.take();
          return a.link.writable();
        });
        expect(b.signals).toBeGreaterThan(signals);
      }
      await until(pair, () => {
        b.take();
        return b.received.length === sent;
      });
      expect(b.received).toEqual(Array.from({ length: sent }, (_, number) => makeRecord(number, 4096)));
      expect(a.link.counters.refused).toBeGreaterThanOrEqual(5);
    });

    it('drains no more than it is asked to, and goes on from there', async () => {
      const { a, b } = fresh();
      a.send(...Array.from({ length: 10 }, (_, number) => makeRecord(number, 100)));
      await until(pair, () => b.take(3) === 3);
      expect(b.received.length).toBe(3);
      await until(pair, () => {
        b.take(3);
        return b.received.length === 10;
      });
      expect(b.received).toEqual(Array.from({ length: 10 }, (_, number) => makeRecord(number, 100)));
    });

    it('neither sends nor drains across a cut, and goes on when it is healed', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64));
      b.receiveCut = true;
      a.sendCut = true;
      expect(a.send(makeRecord(2, 64))).toBe(false);
      expect(a.link.writable()).toBe(false);
      expect(b.take()).toBe(0);
      expect(b.send(makeRecord(3, 64))).toBe(true);
      await until(pair, () => a.take() === 1);
      b.receiveCut = false;
      a.sendCut = false;
      expect(a.send(makeRecord(4, 64))).toBe(true);
      await until(pair, () => {
        b.take();
        return b.received.length === 2;
      });
      expect(b.received).toEqual([makeRecord(1, 64), makeRecord(4, 64)]);
      expect(a.downs).toEqual([]);
    });

    it('goes down on both sides, once, and delivers nothing afterwards', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64));
      a.link.fail('killed');
      expect(a.downs).toEqual(['killed']);
      expect(a.link.up).toBe(false);
      // What was in flight may arrive before the other side hears of it, never after.
      await until(pair, () => {
        b.take();
        return b.downs.length > 0;
      });
      expect(b.downs).toEqual(['peer']);
      const arrived = b.received.length;
      expect(b.take()).toBe(0);
      expect(a.send(makeRecord(2, 64))).toBe(false);
      expect(b.send(makeRecord(2, 64))).toBe(false);
      a.link.fail('killed');
      expect(a.link.counters.downs).toBe(1);
      await until(pair, () => true);
      expect(b.received.length).toBe(arrived);
    });

    it('comes back empty when both sides ask, again and again', async () => {
      const { a, b } = fresh();
      for (let round = 1; round <= 20; round++) {
        a.send(makeRecord(1000 + round, 64));
        a.offer(makeRecord(2000 + round, 64));
        const [first, second] = round % 2 === 0 ? [a, b] : [b, a];
        first.link.fail('killed');
        first.link.renew();
        await until(pair, () => {
          second.take();
          return second.downs.length === round;
        });
        for (const end of [a, b]) end.received.length = 0;
        expect(first.link.up).toBe(false);
        second.link.renew();
        await until(pair, () => a.ups === round && b.ups === round);
        expect(a.send(makeRecord(round, 64))).toBe(true);
        expect(b.send(makeRecord(round, 64))).toBe(true);
        await until(pair, () => {
          a.take();
          b.take();
          return a.received.length > 0 && b.received.length > 0;
        });
        expect(a.received).toEqual([makeRecord(round, 64)]);
        expect(b.received).toEqual([makeRecord(round, 64)]);
      }
    });

    it('counts a record whose receiver threw as delivered', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64), makeRecord(2, 64));
      let caught = 0;
      await until(pair, () => {
        try {
          b.link.drain(1, () => {
            throw new Error('from the receiver');
          });
        } catch {
          caught++;
        }
        return caught === 1;
      });
      await until(pair, () => b.take() === 1);
      expect(b.received).toEqual([makeRecord(2, 64)]);
    });

    it('survives being failed from inside a receiver', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64), makeRecord(2, 64));
      let records = 0;
      await until(pair, () => {
        b.link.drain(10, () => {
          records++;
          b.link.fail('killed');
        });
        return records > 0;
      });
      expect(records).toBe(1);
      expect(b.downs).toEqual(['killed']);
    });

    it('waits where it is told to, so that a blocked thread can pump it', () => {
      const { a } = fresh();
      expect(a.link.wait(7)).toBe(true);
      expect(a.waitedMs).toBe(7);
    });

    it('counts what it carried', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64), makeRecord(2, 128));
      await until(pair, () => {
        b.take();
        return b.received.length === 2;
      });
      expect(a.link.counters).toMatchObject({ recordsSent: 2, bytesSent: 192, recordsReceived: 0, downs: 0 });
      expect(b.link.counters).toMatchObject({ recordsReceived: 2, bytesReceived: 192, recordsSent: 0 });
    });

    it('delivers what was sent before it was closed, tells the other side, and says nothing any more', async () => {
      const { a, b } = fresh();
      a.send(makeRecord(1, 64));
      a.link.close();
      await until(pair, () => {
        b.take();
        return b.downs.length === 1;
      });
      expect(b.received).toEqual([makeRecord(1, 64)]);
      expect(b.downs).toEqual(['peer']);
      b.link.renew();
      a.link.renew();
      a.link.close();
      expect(a.ups + b.ups).toBe(0);
    });
  });
}
