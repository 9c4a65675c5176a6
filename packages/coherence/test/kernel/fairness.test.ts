import { expect, test } from 'vitest';
import { numbersFrom } from '../numbers.ts';
import { ObjectDriver } from '../object-driver.ts';

/** Every node always wants to write; messages are delivered in any order that keeps each pair of nodes in order. */
function grabsOfEach(nodes: number, seed: number, steps: number): number[] {
  const driver = new ObjectDriver(nodes);
  const random = numbersFrom(seed);
  const grab = (node: number): number => driver.issue(node, { type: 'grab', absence: 'touch', try: false });
  const calls = driver.entries.map((_, node) => grab(node));
  const grabs = calls.map(() => 0);
  for (let step = 0; step < steps; step++) {
    for (const [node, call] of calls.entries()) {
      if (driver.results.get(call)?.outcome !== 'held' || random(2) === 0) continue;
      driver.step(node, { type: 'put', call, payload: step });
      grabs[node] = (grabs[node] ?? 0) + 1;
      calls[node] = grab(node);
    }
    const { inFlight } = driver;
    const envelope = inFlight[random(Math.max(inFlight.length, 1))];
    if (envelope !== undefined) driver.deliver(envelope.from, envelope.to);
  }
  return grabs;
}

test.each([3, 4, 8])('%i nodes that always write get their turn equally often, within 1.5', (nodes) => {
  for (let seed = 1; seed <= 10; seed++) {
    const grabs = grabsOfEach(nodes, seed, 4000);
    expect(Math.max(...grabs) / Math.min(...grabs), `seed ${seed}: ${grabs}`).toBeLessThanOrEqual(1.5);
  }
});
