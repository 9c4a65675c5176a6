import { expect, test } from 'vitest';
import { numbersFrom } from '../numbers.ts';
import { ObjectDriver } from '../object-driver.ts';

test.each([8, 16, 32, 64])('random writes on %i nodes are passed on at most 0.6 log2 N times on average', (nodes) => {
  const driver = new ObjectDriver(nodes);
  const random = numbersFrom(nodes);
  const writes = 2000;
  let longest = 0;
  for (let write = 0; write < writes; write++) {
    const before = driver.forwards;
    driver.write(random(nodes), write + 1);
    longest = Math.max(longest, driver.forwards - before);
  }
  expect(driver.forwards / writes).toBeLessThanOrEqual(0.6 * Math.log2(nodes));
  expect(longest).toBeLessThan(nodes);
});
