import { describe, expect, it } from 'vitest';
import { AckRounds } from '../../src/supervisor/ack-rounds.ts';

async function isOver(round: Promise<void>): Promise<boolean> {
  return Promise.race([round.then(() => true), Promise.resolve().then(() => false)]);
}

describe('AckRounds', () => {
  it('is over at once without recipients', async () => {
    expect(await isOver(new AckRounds().open(1, []))).toBe(true);
  });

  it('is over when the last recipient acknowledged', async () => {
    const rounds = new AckRounds();
    const round = rounds.open(1, [0, 1]);
    rounds.acknowledge(0, 1);
    expect(await isOver(round)).toBe(false);
    expect(rounds.missing(1)).toEqual([1]);
    rounds.acknowledge(1, 1);
    expect(await isOver(round)).toBe(true);
    expect(rounds.missing(1)).toEqual([]);
  });

  it('takes a later acknowledgement for all before it, and an earlier one for none after it', async () => {
    const rounds = new AckRounds();
    const [first, second, third] = [1, 2, 3].map((number) => rounds.open(number, [5]));
    rounds.acknowledge(5, 2);
    expect(await Promise.all([first, second].map((round) => isOver(round!)))).toEqual([true, true]);
    expect(await isOver(third!)).toBe(false);
  });

  it('waits for nobody who is gone', async () => {
    const rounds = new AckRounds();
    const round = rounds.open(1, [0, 1]);
    rounds.forget(0);
    rounds.acknowledge(1, 1);
    expect(await isOver(round)).toBe(true);
  });
});
