import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { Arena, type Extent } from '../../src/memory/arena.ts';
import { PageMisuseError, PoolExhaustedError } from '../../src/memory/errors.ts';
import { LocalPagePool } from '../../src/memory/page-pool.ts';
import { formatPageRange, reapPages } from '../../src/memory/page-range.ts';
import { poisonByte } from '../../src/memory/page-table.ts';
import { pageBytes } from '../../src/memory/types.ts';

const pagesPerRange = 32;

function cluster(members: number): { arena: Arena; ranges: Extent[]; pools: LocalPagePool[] } {
  const arena = Arena.create(4 * 1024 * 1024);
  const ranges = Array.from({ length: members }, () => arena.take(pagesPerRange * pageBytes));
  for (const range of ranges) formatPageRange(arena, range);
  const pools = ranges.map((range, self) => new LocalPagePool({ arena, self, incarnation: 1, range }));
  return { arena, ranges, pools };
}

function pair(): { arena: Arena; ranges: Extent[]; a: LocalPagePool; b: LocalPagePool } {
  const { arena, ranges, pools } = cluster(2);
  return { arena, ranges, a: pools[0] as LocalPagePool, b: pools[1] as LocalPagePool };
}

describe('LocalPagePool', () => {
  it('hands out runs of its own range and refuses when no run is long enough', () => {
    const { a, ranges } = pair();
    const run = a.take(16);
    expect(run * pageBytes).toBe(ranges[0]?.at);
    expect(a.freePages).toBe(16);
    expect(() => a.take(17)).toThrow(PoolExhaustedError);
    const rest = a.take(16);
    expect(() => a.take()).toThrow(PoolExhaustedError);
    a.give(rest + 3);
    expect(a.take()).toBe(rest + 3);
    expect(a.bytes(run, 16).length).toBe(16 * pageBytes);
  });

  it('lets a page that others hold go back only when the last of them lets go', () => {
    const { a, b } = pair();
    const run = a.take(2);
    const generation = a.generation(run);
    expect(b.hold(run, 2, generation)).toBe(true);
    expect(b.hold(run, 2, generation)).toBe(true);
    a.give(run, 2);
    expect(b.hold(run, 2, generation)).toBe(false);
    b.release(run, 2);
    expect(a.freePages).toBe(pagesPerRange - 2);
    b.release(run, 2);
    expect(a.freePages).toBe(pagesPerRange);
    expect(() => b.release(run, 1)).toThrow(PageMisuseError);
  });

  it('refuses a stale index after its page was taken anew', () => {
    const { a, b } = pair();
    const run = a.take();
    const stale = a.generation(run);
    a.give(run);
    expect(a.take()).toBe(run);
    expect(b.hold(run, 1, stale)).toBe(false);
    expect(b.adopt(run, 1, stale)).toBe(false);
    expect(b.hold(run, 1, a.generation(run))).toBe(true);
  });

  it('moves ownership by the receiver alone; the page goes home when the new owner gives it', () => {
    const { a, b } = pair();
    const run = a.take(3);
    expect(b.adopt(run, 3, a.generation(run))).toBe(true);
    expect(b.adopt(run, 3, a.generation(run))).toBe(false);
    expect(a.withdraw(run, 3, a.generation(run))).toBe(false);
    expect(() => a.give(run, 3)).toThrow(PageMisuseError);
    expect(a.freePages).toBe(pagesPerRange - 3);
    b.give(run, 3);
    expect(a.freePages).toBe(pagesPerRange);
    expect(b.freePages).toBe(pagesPerRange);
    expect(() => b.give(run)).toThrow(PageMisuseError);
  });

  it('takes back what it offered and nobody adopted, even if it owns the page again by another way', () => {
    const { a, b } = pair();
    const run = a.take(2);
    const offered = a.generation(run);
    expect(b.adopt(run, 2, offered)).toBe(true);
    b.give(run, 2);
    expect(a.take(2)).toBe(run);
    expect(a.withdraw(run, 2, offered)).toBe(false);
    expect(a.withdraw(run, 2, a.generation(run))).toBe(true);
    expect(b.adopt(run, 2, offered)).toBe(false);
    expect(a.freePages).toBe(pagesPerRange);
  });

  it('adopts a run whole or not at all', () => {
    const { a, b } = pair();
    const run = a.take(4);
    const generation = a.generation(run);
    a.give(run + 2);
    expect(b.adopt(run, 4, generation)).toBe(false);
    expect(b.adopt(run, 2, generation)).toBe(true);
  });
});

describe('reapPages', () => {
  it('poisons exactly the pages whose owner word names the dead', () => {
    const { arena, ranges, a, b } = pair();
    const [kept, adopted, held, foreign] = [a.take(), a.take(), a.take(), b.take()];
    for (const page of [kept, adopted, held, foreign]) arena.bytes.fill(1, page * pageBytes, (page + 1) * pageBytes);
    expect(b.adopt(adopted, 1, a.generation(adopted))).toBe(true);
    expect(b.hold(held, 1, a.generation(held))).toBe(true);
    expect(a.adopt(foreign, 1, b.generation(foreign))).toBe(true);
    expect(reapPages(arena, ranges, 0, 1)).toEqual({ poisoned: 2, held: 1 });
    const first = (page: number): number | undefined => arena.bytes[page * pageBytes];
    expect([first(kept), first(foreign), first(held), first(adopted)]).toEqual([poisonByte, poisonByte, 1, 1]);
    b.release(held, 1);
    expect(arena.bytes.subarray(held * pageBytes, (held + 1) * pageBytes).every((byte) => byte === poisonByte)).toBe(
      true,
    );
    // The next incarnation finds all of its range but what b still owns.
    expect(a.freePages).toBe(pagesPerRange - 1);
    expect(b.freePages).toBe(pagesPerRange);
  });

  it('clears the holder bits of the dead and leaves the next incarnation alone', () => {
    const { arena, ranges, a, b } = pair();
    const page = b.take();
    expect(a.hold(page, 1, b.generation(page))).toBe(true);
    b.give(page);
    expect(b.freePages).toBe(pagesPerRange - 1);
    reapPages(arena, ranges, 0, 1);
    expect(b.freePages).toBe(pagesPerRange);
    const reborn = new LocalPagePool({ arena, self: 0, incarnation: 2, range: ranges[0] });
    const fresh = reborn.take();
    expect(reapPages(arena, ranges, 0, 1)).toEqual({ poisoned: 0, held: 0 });
    reborn.give(fresh);
  });
});

/** What should be true of one page, kept beside the real thing. */
interface ModelPage {
  readonly generation: number;
  owner: number;
  given: boolean;
  readonly holders: Map<number, number>;
}

describe('pools against a model', () => {
  const step = fc.record({
    member: fc.nat(2),
    verb: fc.constantFrom('take', 'give', 'hold', 'release', 'adopt', 'hold-stale'),
    which: fc.nat(1000),
  });

  it('agree on who owns, who holds and what is free, whatever is done', () => {
    fc.assert(
      fc.property(fc.array(step, { maxLength: 200 }), (steps) => {
        const { pools, ranges } = cluster(3);
        const live = new Map<number, ModelPage>();
        const gone: { page: number; generation: number }[] = [];
        const pool = (member: number): LocalPagePool => pools[member] as LocalPagePool;
        const settle = (page: number, model: ModelPage): void => {
          if (!model.given || model.holders.size > 0) return;
          live.delete(page);
          gone.push({ page, generation: model.generation });
        };
        for (const { member, verb, which } of steps) {
          const chosen = [...live][which % Math.max(1, live.size)];
          if (verb === 'take') {
            const first = (ranges[member]?.at ?? 0) / pageBytes;
            const own = [...live.keys()].filter((page) => page >= first && page < first + pagesPerRange);
            if (own.length === pagesPerRange) continue;
            const page = pool(member).take();
            expect(live.has(page)).toBe(false);
            live.set(page, {
              generation: pool(member).generation(page),
              owner: member,
              given: false,
              holders: new Map(),
            });
          } else if (verb === 'hold-stale') {
            const old = gone[which % Math.max(1, gone.length)];
            if (old !== undefined) expect(pool(member).hold(old.page, 1, old.generation)).toBe(false);
          } else if (chosen !== undefined) {
            const [page, model] = chosen;
            const holds = model.holders.get(member) ?? 0;
            if (verb === 'give' && model.owner === member && !model.given) {
              pool(member).give(page);
              model.given = true;
            } else if (verb === 'hold') {
              expect(pool(member).hold(page, 1, model.generation)).toBe(!model.given);
              if (!model.given) model.holders.set(member, holds + 1);
            } else if (verb === 'release' && holds > 0) {
              pool(member).release(page, 1);
              if (holds === 1) model.holders.delete(member);
              else model.holders.set(member, holds - 1);
            } else if (verb === 'adopt') {
              const may = !model.given && model.owner !== member;
              expect(pool(member).adopt(page, 1, model.generation)).toBe(may);
              if (may) model.owner = member;
            }
            settle(page, model);
          }
        }
        const free = pools.reduce((sum, each) => sum + each.freePages, 0);
        expect(free).toBe(3 * pagesPerRange - live.size);
      }),
      { numRuns: 300 },
    );
  });
});
