import { expect, test } from 'vitest';
import { beginningOf } from '../../src/kernel/late-beginning.ts';

const view = (epoch: number) => ({ epoch, members: [0, 1] });

test('a member that was there when the set began goes through all views since', () => {
  const views = [view(3), view(4), view(5)];
  expect(beginningOf(4, views)).toEqual({ founding: view(4), later: [view(5)] });
  expect(beginningOf(5, views)).toEqual({ founding: view(5), later: [] });
});

test('a member that takes part only since a later view joins in the present one', () => {
  expect(beginningOf(2, [view(3), view(4)])).toEqual({ founding: undefined, later: [view(4)] });
});
