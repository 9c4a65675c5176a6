import { initialEntry } from '@holdfast/coherence';
import { expect, test } from 'vitest';
import { RestRounds } from '../../src/container/rest-rounds.ts';
import { SlotTable } from '../../src/container/slot-table.ts';
import { awakeObjectsMin, restLooksMax, restRoundMs, restRoundMsMax, restStepMs } from '../../src/limits.ts';

/** A table whose rounds run when the test says so. */
class Rounds {
  readonly table = new SlotTable(
    () => {},
    () => this.#rounds.grown(),
  );
  readonly #rounds = new RestRounds(this.table, { later: (ms, act) => this.#schedule(ms, act) }, () => this.isOpen);
  due: (() => void) | undefined;
  /** How long after the last round the next one begins. */
  apartMs = 0;
  isOpen = true;

  #schedule(ms: number, act: () => void): void {
    if (ms !== restStepMs) this.apartMs = ms;
    this.due = act;
  }

  add(count: number, first = 0): void {
    for (let key = first; key < first + count; key++) {
      this.table.set(key, initialEntry({ self: 0, defaultOwner: 0 }));
    }
  }

  /** Let rounds run until none is due; how many were. */
  run(roundsMax = 100): number {
    for (let rounds = 0; rounds < roundsMax; rounds++) {
      const act = this.due;
      if (act === undefined) return rounds;
      this.due = undefined;
      act();
    }
    return roundsMax;
  }
}

test('few objects stay as they are', () => {
  const rounds = new Rounds();
  rounds.add(awakeObjectsMin);
  expect(rounds.due).toBeUndefined();
});

test('of many, those that nobody looks at are packed, and rounds end', () => {
  const rounds = new Rounds();
  rounds.add(3 * restLooksMax);
  expect(rounds.run()).toBeLessThan(20);
  expect(rounds.table.packed).toBeGreaterThanOrEqual(3 * restLooksMax - awakeObjectsMin - restLooksMax);
  expect(rounds.table.awake.size).toBeLessThanOrEqual(awakeObjectsMin);
  expect(rounds.table.size).toBe(3 * restLooksMax);
});

test('rounds come further apart where what they pack is wanted again, and closer where it is not', () => {
  const rounds = new Rounds();
  const objects = 2 * restLooksMax;
  const apartMs = (isWanted: boolean): number => {
    for (let round = 0; round < 7; round++) {
      rounds.run();
      if (isWanted) for (let key = 0; key < objects; key++) rounds.table.slot(key);
      else rounds.add(objects, 100 * objects * (round + 1));
    }
    return rounds.apartMs;
  };
  rounds.add(objects);
  expect(rounds.apartMs).toBe(restRoundMs);
  expect(apartMs(true)).toBe(restRoundMsMax);
  expect(apartMs(false)).toBe(restRoundMs);
});

test('an object that is held, waited for, or being handed over is not packed', () => {
  const rounds = new Rounds();
  rounds.add(2000);
  rounds.table.slot(0)!.entry.readers = [7];
  rounds.table.slot(1)!.entry.writer = 8;
  rounds.table.slot(2)!.entry.queue = [{ type: 'remove', call: 9, again: false }];
  rounds.table.slot(3)!.entry.status = 'WAIT_OBJ_READ';
  rounds.table.slot(4)!.isLeaving = true;
  for (let round = 0; round < 5; round++) {
    rounds.run();
    rounds.add(2000, 2000 * (round + 1));
  }
  for (const key of [0, 1, 2, 3, 4]) expect(rounds.table.awake.has(key)).toBe(true);
  expect(rounds.table.packed).toBeGreaterThan(5000);
});

test('nothing is packed while the view changes, and rounds go on after it', () => {
  const rounds = new Rounds();
  rounds.isOpen = false;
  rounds.add(2000);
  expect(rounds.run(5)).toBe(5);
  expect(rounds.table.packed).toBe(0);
  rounds.isOpen = true;
  rounds.run();
  expect(rounds.table.packed).toBeGreaterThan(0);
});

test('a change of view sees every object, and each is there once', () => {
  const rounds = new Rounds();
  rounds.add(3000);
  rounds.run();
  expect(rounds.table.packed).toBeGreaterThan(0);
  expect([...rounds.table].map(([key]) => key).sort((a, b) => Number(a) - Number(b))).toEqual([...Array(3000).keys()]);
  expect(rounds.table.packed).toBe(0);
});
