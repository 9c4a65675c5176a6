import { handled, type Kernel } from '@holdfast/kernel';
import { describe, expect, it } from 'vitest';
import {
  always,
  explore,
  mesh,
  part,
  type Renumbering,
  type Symmetry,
  type WorldSpec,
  type WorldView,
  worldModel,
} from '../../src/index.ts';

type Register = { version: number };
type RegisterEvent = { type: 'write' } | { type: 'newer'; version: number };

/** Node 0 writes version after version; the others keep the newest they heard of. */
const register = (keepsNewest: boolean): Kernel<Register, RegisterEvent, number, number> => ({
  name: 'register',
  table: { any: { write: handled, newer: handled } },
  initial: () => ({ version: 0 }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, nodes, out) {
    if (event.type === 'write') {
      state.version++;
      for (let node = 1; node < nodes; node++) out.send(node, state.version);
    } else if (!keepsNewest || event.version > state.version) {
      state.version = event.version;
    }
  },
  encode: (state, into) => into.uint(state.version),
  decode: (from) => ({ version: from.uint() }),
});

const ranks: Renumbering = {
  numbers: (value, { kind }) => [kind === 'message' ? (value as number) : (value as Register).version],
  renumbered: (value, { kind }, image) =>
    kind === 'message' ? image(value as number) : { version: image((value as Register).version) },
};

const swap: Symmetry = {
  permutations: [[0, 2, 1]],
  state: (_node, _part, state) => state,
  message: (message) => message,
};

function world(nodes: number, more: Partial<WorldSpec> = {}, keepsNewest = true): WorldSpec {
  const kernel = register(keepsNewest);
  return {
    name: 'register',
    nodes: Array.from({ length: nodes }, (_, node) => ({
      name: `n${node}`,
      parts: [
        part({
          name: 'register',
          kernel,
          env: () => nodes,
          ports: Array.from({ length: nodes }, (_, port) => port).filter((port) => port !== node),
          message: (_, version) => ({ type: 'newer', version }) as const,
        }),
      ],
    })),
    links: mesh(nodes).filter(({ ends }) => ends[0].node === 0),
    calls: [
      {
        label: 'write',
        node: 0,
        part: 0,
        times: 'unlimited',
        event: () => ({ type: 'write' }),
        when: (view) =>
          Array.from({ length: nodes - 1 }, (_, link) => view.messages(link, 0).length).every((n) => n < 2),
      },
    ],
    faults: { reorder: 1 },
    properties: [
      always('nobody is ahead of the writer', (view) => {
        const [writer, ...readers] = Array.from({ length: nodes }, (_, node) => view.state<Register>(node, 0).version);
        return readers.some((version) => version > (writer ?? 0)) ? `${readers} is ahead of ${writer}` : undefined;
      }),
    ],
    ...more,
  };
}

describe('renumbering', () => {
  it('gives a world whose versions grow for ever a fixpoint', () => {
    expect(explore(worldModel(world(2)), { statesMax: 20_000 }).fixpoint).toBe(false);
    const ranked = explore(worldModel(world(2, { renumbering: ranks })));
    expect(ranked).toMatchObject({ fixpoint: true, violations: [] });
    expect(ranked.states).toBeLessThan(200);
  });

  it('goes together with symmetry', () => {
    const alone = explore(worldModel(world(3, { renumbering: ranks })));
    const both = explore(worldModel(world(3, { renumbering: ranks, symmetry: swap })));
    expect(both).toMatchObject({ fixpoint: true, violations: [] });
    expect(both.states).toBeLessThan(0.65 * alone.states);
  });

  it('still finds a bug, told with the versions of a real run', () => {
    const bounded = world(2, { renumbering: ranks, properties: [] }, false);
    const steady = always<WorldView>('versions never go back', (view) => {
      const [waiting] = view.messages(0, 0);
      const { version } = view.state<Register>(1, 0);
      return view.messagesInFlight === 0 && version < view.state<Register>(0, 0).version && waiting === undefined
        ? `reader rests at ${version}`
        : undefined;
    });
    const { violations } = explore(worldModel({ ...bounded, properties: [steady] }));
    expect(violations[0]?.steps).toEqual([
      'n0 is called: write; sends 1 out of port 1',
      'n0 is called: write; sends 2 out of port 1',
      'n1 receives 2 on 0-1, which overtook 1',
      'n1 receives 1 on 0-1',
    ]);
  });
});
