import { expect, test } from 'vitest';
import { interleave } from '../../src/harness/interleave.ts';
import type { Contender } from '../../src/harness/question.ts';

const budget = { measureMs: 1, warmUpMs: 1, quick: true };
const options = { rounds: 3, budget, roundMsMax: 1000, installed: (name: string) => name !== 'absent' };

function contender(name: string, turns: string[], packages: readonly string[] = []): Contender {
  return {
    name,
    packages,
    round: async () => {
      turns.push(name);
      return { value: turns.length };
    },
  };
}

test('every contender has one turn a round, and the first place goes round', async () => {
  const turns: string[] = [];
  const rounds = await interleave([contender('a', turns), contender('b', turns), contender('c', turns)], options);
  expect(turns).toEqual(['a', 'b', 'c', 'b', 'c', 'a', 'c', 'a', 'b']);
  expect(rounds.get('a')?.samples.map((sample) => sample.value)).toEqual([1, 6, 8]);
});

test('no two contenders run at the same time', async () => {
  let running = 0;
  const shy = (name: string): Contender => ({
    name,
    round: async () => {
      running++;
      expect(running).toBe(1);
      await new Promise((resolve) => setImmediate(resolve));
      running--;
      return { value: 1 };
    },
  });
  await interleave([shy('a'), shy('b')], options);
});

test('a contender whose package is not installed is a gap that names it, and has no turn', async () => {
  const turns: string[] = [];
  const rounds = await interleave([contender('a', turns), contender('b', turns, ['absent'])], options);
  expect(turns).toEqual(['a', 'a', 'a']);
  expect(rounds.get('b')).toEqual({ samples: [], gap: 'not installed: absent' });
});

test('a contender that fails drops out with its reason, and the others go on', async () => {
  const turns: string[] = [];
  const failing: Contender = { name: 'b', round: async () => Promise.reject(new Error('broke')) };
  const rounds = await interleave([contender('a', turns), failing], options);
  expect(turns).toEqual(['a', 'a', 'a']);
  expect(rounds.get('b')).toEqual({ samples: [], gap: 'failed: broke' });
});

test('a contender that never finishes its round drops out', async () => {
  const stuck: Contender = { name: 'a', round: () => new Promise(() => {}) };
  const rounds = await interleave([stuck], { ...options, roundMsMax: 1 });
  expect(rounds.get('a')?.gap).toBe('failed: a round took longer than 1 ms');
});
