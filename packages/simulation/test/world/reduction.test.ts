import { type Decoder, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import { describe, expect, it } from 'vitest';
import {
  always,
  checkReduction,
  explore,
  mesh,
  part,
  type Reduction,
  type WorldSpec,
  type WorldView,
  worldModel,
} from '../../src/index.ts';

interface Told {
  readonly type: 'told';
  readonly value: number;
}
interface Sum {
  total: number;
}

/** A node that starts to tell says a number to the other; one that hears adds it up. */
const adder: Kernel<Sum, Told, boolean, Told, never, never> = {
  name: 'adder',
  table: { any: { told: handled } },
  initial: () => ({ total: 0 }),
  row: () => 'any',
  column: () => 'told',
  step(state, event, tells, out) {
    if (tells) out.send(1, event);
    else state.total += event.value;
  },
  encode: (state: Sum, into: Encoder) => into.uint(state.total),
  decode: (from: Decoder) => ({ total: from.uint() }),
};

const node = (tells: boolean) => ({
  name: tells ? 'teller' : 'adder',
  parts: [part({ name: 'adder', kernel: adder, env: () => tells, ports: [tells ? 1 : 0], message: (_, told) => told })],
});

function numbers(totalMax: number, reduction?: Reduction): WorldSpec {
  return {
    name: 'numbers',
    nodes: [node(true), node(false)],
    links: mesh(2),
    calls: [1, 2, 4].map((value) => ({
      label: `tell ${value}`,
      node: 0,
      part: 0,
      times: 1,
      event: () => ({ type: 'told', value }) as const,
    })),
    properties: [
      always('the total is small', (view) =>
        view.state<Sum>(1, 0).total > totalMax ? `it is ${view.state<Sum>(1, 0).total}` : undefined,
      ),
    ],
    ...(reduction && { reduction }),
  };
}

const arrivalsSoon: Reduction = { time: (_, step) => (step.kind === 'deliver' ? 'soon' : 'any') };

describe('a reduction', () => {
  it('that holds leaves out states and proves the same', () => {
    const plain = explore(worldModel(numbers(7)));
    const reduced = explore(worldModel(numbers(7, arrivalsSoon)));
    expect([plain, reduced]).toMatchObject([
      { fixpoint: true, violations: [] },
      { fixpoint: true, violations: [] },
    ]);
    expect(reduced.states).toBeLessThan(plain.states);
    expect(checkReduction(numbers(7, arrivalsSoon), 10_000)).toMatchObject({ states: plain.states, failures: [] });
  });

  it('shows a violation with all steps that lead to it', () => {
    const [violation] = explore(worldModel(numbers(5, arrivalsSoon))).violations;
    expect(violation?.message).toBe('it is 6');
    expect(violation?.steps.join('\n')).toMatch(/tell 4.*; then adder receives told value=4/);
  });

  it('that takes steps late leaves out states, too', () => {
    const callsLate: Reduction = {
      time: (view, step) => (step.kind === 'call' && view.state<Sum>(1, 0).total < 2 ? 'late' : 'any'),
    };
    expect(checkReduction(numbers(7, callsLate), 10_000).failures).toEqual([]);
    expect(explore(worldModel(numbers(7, callsLate))).states).toBeLessThan(explore(worldModel(numbers(7))).states);
  });

  it('of a step that does not commute is refuted, and the other step named', () => {
    const callsSoon: Reduction = { time: (_, step) => (step.kind === 'call' ? 'soon' : 'any') };
    const { failures } = checkReduction(numbers(7, callsSoon), 10_000);
    expect(failures[0]).toContain('does not commute with: teller is called');
  });

  it('that hides a violation is refuted', () => {
    const mended = numbers(7, arrivalsSoon);
    const odd = always<WorldView>('a one is followed', (view) =>
      view.messages(0, 0).length === 1 ? 'one is alone' : undefined,
    );
    const { failures } = checkReduction({ ...mended, properties: [odd] }, 10_000);
    expect(failures[0]).toContain('hides a violation: a one is followed');
  });
});
