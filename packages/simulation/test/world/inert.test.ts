import { type Decoder, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import { describe, expect, it } from 'vitest';
import { always, explore, mesh, part, sometimes, type WorldSpec, worldModel } from '../../src/index.ts';

interface Reading {
  readonly type: 'reading';
  readonly value: number;
}
interface Gauge {
  highest: number;
  changes: number;
}

/** Node 0 tells node 1 readings that grow; node 1 keeps the highest, so that an old one means nothing to it. */
const gauge: Kernel<Gauge, Reading, boolean, Reading, never, never> = {
  name: 'gauge',
  table: { any: { reading: handled } },
  initial: () => ({ highest: 0, changes: 0 }),
  row: () => 'any',
  column: () => 'reading',
  step(state, event, tells, out) {
    if (tells) out.send(1, event);
    else if (event.value > state.highest) {
      state.highest = event.value;
      state.changes++;
    }
  },
  encode(state: Gauge, into: Encoder) {
    into.uint(state.highest);
    into.uint(state.changes);
  },
  decode: (from: Decoder) => ({ highest: from.uint(), changes: from.uint() }),
};

const node = (tells: boolean) => ({
  name: tells ? 'sensor' : 'gauge',
  parts: [
    part({ name: 'gauge', kernel: gauge, env: () => tells, ports: [tells ? 1 : 0], message: (_, reading) => reading }),
  ],
});

function readings(changesMax: number): WorldSpec {
  return {
    name: 'readings',
    nodes: [node(true), node(false)],
    links: mesh(2),
    calls: [
      { label: 'tell', node: 0, part: 0, times: 4, event: (nth) => ({ type: 'reading', value: nth + 1 }) as const },
    ],
    faults: { duplicate: 1, reorder: 2 },
    properties: [
      sometimes('the highest arrives', (view) => view.state<Gauge>(1, 0).highest === 4),
      always('changes are few', (view) =>
        view.state<Gauge>(1, 0).changes > changesMax ? 'it changed too often' : undefined,
      ),
    ],
  };
}

const inert: NonNullable<WorldSpec['inert']> = (view, at, _port, message) =>
  at === 1 && (message as Reading).value <= view.state<Gauge>(1, 0).highest;

describe('messages that change nothing', () => {
  it('are taken at once, which leaves out states and proves the same', () => {
    const plain = explore(worldModel(readings(4)));
    const reduced = explore(worldModel({ ...readings(4), inert }));
    for (const { fixpoint, violations } of [plain, reduced])
      expect({ fixpoint, violations }).toEqual({ fixpoint: true, violations: [] });
    expect(reduced.states).toBeLessThan(plain.states);
    expect(reduced.cells).toEqual(plain.cells);
  });

  it('leave a bug as it is found without them', () => {
    const [plain] = explore(worldModel(readings(2))).violations;
    const [reduced] = explore(worldModel({ ...readings(2), inert })).violations;
    expect(reduced).toEqual(plain);
  });

  it('are refused where they change something', () => {
    const lies = explore(worldModel({ ...readings(4), inert: () => true }));
    expect(lies.violations[0]).toMatchObject({ kind: 'error', property: 'WorldSpecError' });
    expect(lies.violations[0]?.message).toContain('changed something as it arrived');
  });
});
