import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { EventQueue } from '../../src/simulator/event-queue.ts';

describe('EventQueue', () => {
  it('hands events out by time, those of one time in the order they were scheduled', () => {
    fc.assert(
      fc.property(fc.array(fc.option(fc.nat(20))), (steps) => {
        const queue = new EventQueue<{ dueNs: number; order: number; id: number }>();
        const model: { dueNs: number; id: number }[] = [];
        for (const [id, dueNs] of steps.entries()) {
          if (dueNs !== null) {
            queue.schedule({ dueNs, order: 0, id });
            model.push({ dueNs, id });
            continue;
          }
          model.sort((a, b) => a.dueNs - b.dueNs || a.id - b.id);
          expect(queue.next()?.id).toBe(model.shift()?.id);
        }
        expect(queue.length).toBe(model.length);
      }),
    );
  });
});
