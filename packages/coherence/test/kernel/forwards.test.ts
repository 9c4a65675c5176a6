import { expect, test } from 'vitest';
import { ObjectDriver } from '../object-driver.ts';

/** Numbers that look random and are the same every time (Lehmer). */
function* random(seed: number): Generator<number> {
  for (let state = seed; ; ) {
    state = (state * 48_271) % 2_147_483_647;
    yield state;
  }
}

test.each([8, 16, 32, 64])('random writes on %i nodes are passed on at most 0.6 log2 N times on average', (nodes) => {
  const driver = new ObjectDriver(nodes);
  const numbers = random(nodes);
  const writes = 2000;
  let longest = 0;
  for (let write = 0; write < writes; write++) {
    const before = driver.forwards;
    driver.write(numbers.next().value % nodes, write + 1);
    longest = Math.max(longest, driver.forwards - before);
  }
  expect(driver.forwards / writes).toBeLessThanOrEqual(0.6 * Math.log2(nodes));
  expect(longest).toBeLessThan(nodes);
});
