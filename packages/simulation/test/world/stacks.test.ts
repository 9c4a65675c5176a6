import { describe, expect, it } from 'vitest';
import {
  CellLog,
  Choices,
  explore,
  type Monitor,
  mesh,
  monitor,
  type Observation,
  simulate,
  type WorldSpec,
  type WorldView,
  worldModel,
} from '../../src/index.ts';
import { reachable } from '../support/recorder-world.ts';
import { chatNode, says } from '../support/relay.ts';

const heard = (view: WorldView, node: number) => view.state<{ heard: string[] }>(node, 0).heard.join(' ');

function chatWorld(more: Partial<WorldSpec> = {}): WorldSpec {
  return {
    name: 'chat',
    nodes: [0, 1, 2].map((self) => chatNode(self, 3)),
    links: mesh(3),
    calls: [says(0, 2, 'a'), says(1, 2, 'b'), says(0, 1, 'c')],
    ...more,
  };
}

/** Writes down everything it may see. */
function diary(lines: string[]): Monitor {
  return monitor({
    name: 'diary',
    watches: ['call', 'event', 'send', 'deliver', 'reply', 'trace', 'crash', 'start'],
    initial: () => ({}),
    observe(_, { kind, node, part, number, value }: Observation) {
      lines.push(`${kind} ${node}.${part} ${number} ${JSON.stringify(value)}`);
    },
    encode: () => {},
    decode: () => ({}),
  });
}

const whatHappens = [
  'start 0.0 0 0',
  'call 0.0 0 {"type":"say","to":1,"body":"x","call":7}',
  'event 0.0 0 {"type":"say","to":1,"body":"x","call":7}',
  'send 0.0 1 "x"',
  'event 0.1 0 {"type":"pass","body":"x"}',
  'trace 0.0 1 "said"',
  'reply 0.0 7 "said"',
  'send 0.1 1 {"number":0,"body":"x"}',
  'event 1.1 0 {"type":"arrived","message":{"number":0,"body":"x"}}',
  'deliver 1.1 0 "0:x"',
  'event 1.0 0 {"type":"heard","from":0,"body":"0:x"}',
];

const twoChats = (lines: string[]): WorldSpec => ({
  name: 'two chats',
  nodes: [0, 1].map((self) => chatNode(self, 2)),
  links: mesh(2),
  calls: [says(0, 1, 'x')],
  monitors: [diary(lines)],
});

describe('stacks of kernels', () => {
  it('route between a kernel that speaks to nodes and several that live on links, in the explorer', () => {
    const logs = reachable(chatWorld(), (view) => heard(view, 2));
    expect(logs).toEqual(new Set(['', '0>0:a', '1>0:b', '0>0:a 1>0:b', '1>0:b 0>0:a']));
    expect(reachable(chatWorld(), (view) => heard(view, 1))).toEqual(new Set(['', '0>0:c']));
  });

  it('route the same way in the simulator', () => {
    const ends = new Set<string>();
    for (let seed = 0; seed < 40; seed++) {
      const missing = (view: WorldView) => {
        ends.add(heard(view, 2));
        return heard(view, 1) === '0>0:c' && heard(view, 2).length === 11 ? undefined : 'not all was heard';
      };
      const run = simulate({ world: chatWorld(), faults: {}, missing }, Choices.fromSeed(seed), new CellLog());
      expect(run.violation, `seed ${seed}`).toBeUndefined();
    }
    expect(ends).toContain('0>0:a 1>0:b');
    expect(ends).toContain('1>0:b 0>0:a');
  });

  it('show monitors the same in both hosts', () => {
    const explored: string[] = [];
    expect(explore(worldModel(twoChats(explored))).fixpoint).toBe(true);
    const simulated: string[] = [];
    const spec = { world: twoChats(simulated), faults: {}, missing: () => undefined };
    simulate(spec, Choices.fromSeed(1), new CellLog());
    expect(new Set(explored)).toEqual(new Set([...whatHappens, 'start 1.0 0 0']));
    expect(new Set(simulated)).toEqual(new Set(explored));
  });

  it('tell what passes between the parts in a trace', () => {
    const never: WorldSpec = {
      ...twoChats([]),
      monitors: [],
      properties: [
        {
          kind: 'always',
          name: 'silence',
          violation: (view) => (heard(view, 1) === '' ? undefined : 'something was heard'),
        },
      ],
    };
    expect(explore(worldModel(never)).violations[0]?.steps).toEqual([
      'n0 is called: say x; relay to 1 gets pass body=x; said; answers call 7 with said; sends number=0 body=x out of port 1',
      'n1 receives number=0 body=x on 0-1; delivers 0:x; chat gets heard from=0 body=0:x',
    ]);
  });
});
