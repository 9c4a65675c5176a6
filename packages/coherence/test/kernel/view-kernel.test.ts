import {
  type CallResult,
  noPayload,
  objectRules,
  type View,
  type ViewEnv,
  type ViewEvent,
  type ViewKey,
  type ViewMessage,
  type ViewNotice,
  type ViewResult,
  viewKernel,
  viewRules,
} from '@holdfast/coherence';
import { EffectBuffer } from '@holdfast/kernel';
import { expect, test } from 'vitest';

const reportsPerMessage = 8;

/** Keys are spread over the members by their number; leaving members are default owners of nothing. */
function homeOf(key: ViewKey, { members, leaving }: View): number {
  const homes = members.filter((node) => leaving?.includes(node) !== true);
  return homes[Number(key) % homes.length]!;
}

function envOf(self: number, firstView: View | undefined): ViewEnv {
  return {
    self,
    firstView,
    backup: false,
    objectEnv: (key, view) => ({
      self,
      defaultOwner: homeOf(key, view),
      members: view.members,
      forwardsMax: 8,
      requestIds: 2 ** 32,
      fill: 'blank',
      exclusiveReaders: false,
      rules: objectRules,
    }),
    reportsPerMessage,
    rules: viewRules,
  };
}

interface Flight {
  readonly from: number;
  readonly to: number;
  readonly message: ViewMessage;
}

/** Some nodes, and links between them that deliver in order. */
class Nodes {
  readonly states;
  readonly flights: Flight[] = [];
  readonly sent: Flight[] = [];
  readonly notices: { node: number; notice: ViewNotice }[] = [];
  readonly results = new Map<string, CallResult>();
  readonly #envs: ViewEnv[];
  readonly #out = new EffectBuffer<ViewMessage, ViewResult, ViewNotice>();

  constructor(count: number, members: readonly number[]) {
    const nodes = Array.from({ length: count }, (_, node) => node);
    this.#envs = nodes.map((node) => envOf(node, members.includes(node) ? { epoch: 0, members } : undefined));
    this.states = this.#envs.map((env) => viewKernel.initial(env));
  }

  step(node: number, event: ViewEvent): void {
    this.#out.clear();
    viewKernel.step(this.states[node]!, event, this.#envs[node]!, this.#out);
    for (let at = 0; at < this.#out.length; at++) {
      const { kind, target, message, result, upward } = this.#out.at(at);
      if (kind === 'send') {
        const flight = { from: node, to: target, message: message! };
        this.flights.push(flight);
        this.sent.push(flight);
      } else if (kind === 'reply') this.results.set(`${node}: ${target}`, result!.result);
      else if (kind === 'deliver') this.notices.push({ node, notice: upward! });
    }
  }

  /** Deliver until nothing is under way, or only what `holds` keeps back. */
  settle(holds: (flight: Flight) => boolean = () => false): void {
    for (;;) {
      const next = this.flights.findIndex(
        (flight, at) =>
          !holds(flight) &&
          !this.flights.slice(0, at).some((each) => each.from === flight.from && each.to === flight.to),
      );
      if (next === -1) return;
      const [{ from, to, message }] = this.flights.splice(next, 1) as [Flight];
      this.step(to, { type: 'message', from, message });
    }
  }

  write(node: number, key: number, payload: number): void {
    const call = key + 1;
    this.step(node, { type: 'object', key, event: { type: 'grab', call, absence: 'touch', try: false } });
    this.settle();
    this.step(node, { type: 'object', key, event: { type: 'put', call, payload } });
  }

  read(node: number, key: number): CallResult | undefined {
    const call = key + 1;
    this.step(node, { type: 'object', key, event: { type: 'get', call, absence: 'touch' } });
    this.settle();
    const result = this.results.get(`${node}: ${call}`);
    if (result?.outcome === 'held') {
      this.step(node, { type: 'object', key, event: { type: 'put', call, payload: noPayload } });
    }
    return result;
  }

  /** `dead` is gone, and nothing to or from it arrives any more. */
  die(dead: number, survivors: readonly number[]): void {
    const lost = this.flights.filter(({ to }) => to === dead);
    this.flights.splice(0, this.flights.length, ...this.flights.filter(({ to, from }) => to !== dead && from !== dead));
    for (const node of survivors) {
      const undelivered = lost.filter(({ from }) => from === node);
      this.step(node, { type: 'view', epoch: 1, members: survivors, undelivered });
    }
  }
}

test('many objects are reported in messages of bounded length, and every one is where its readers find it', () => {
  const nodes = new Nodes(3, [0, 1, 2]);
  const keys = Array.from({ length: 100 }, (_, key) => key);
  for (const key of keys) nodes.write(key % 2 === 0 ? 1 : 2, key, key + 10);
  for (const key of keys) expect(nodes.read(0, key)).toMatchObject({ outcome: 'held', payload: key + 10 });
  nodes.sent.length = 0;
  nodes.die(1, [0, 2]);
  nodes.settle();
  for (const { message } of nodes.sent) {
    if (message.type === 'REPORT') expect(message.reports.length).toBeLessThanOrEqual(reportsPerMessage);
    if (message.type === 'VERDICT') expect(message.verdicts.length).toBeLessThanOrEqual(reportsPerMessage);
  }
  const changes = nodes.sent.filter(({ message }) => message.type !== 'OBJECT').length;
  // A marker each way, and reports and verdicts on half the objects each way, 8 to a message.
  expect(changes).toBeLessThanOrEqual(2 + 4 * Math.ceil(keys.length / reportsPerMessage));
  for (const key of keys) expect(nodes.read(2, key)).toMatchObject({ outcome: 'held', payload: key + 10 });
});

test('a death costs what only the dead node had, says so once, and leaves the rest', () => {
  const nodes = new Nodes(3, [0, 1, 2]);
  nodes.write(1, 0, 7);
  nodes.write(2, 3, 8);
  nodes.die(1, [0, 2]);
  nodes.settle();
  expect(nodes.read(2, 0)).toEqual({ outcome: 'lost' });
  expect(nodes.read(0, 3)).toMatchObject({ outcome: 'held', payload: 8 });
  expect(nodes.notices.filter(({ notice }) => notice.type === 'objects-unknown')).toEqual([
    { node: 0, notice: { type: 'objects-unknown', node: 1 } },
  ]);
  const grab = { type: 'grab', call: 1, absence: 'manual', try: false } as const;
  nodes.step(2, { type: 'object', key: 0, event: grab });
  nodes.settle();
  nodes.step(2, { type: 'object', key: 0, event: { type: 'set', call: 1, payload: 9 } });
  nodes.step(2, { type: 'object', key: 0, event: { type: 'put', call: 1, payload: noPayload } });
  expect(nodes.read(0, 0)).toMatchObject({ outcome: 'held', payload: 9 });
});

test('an object that certainly did not arrive is not lost', () => {
  const nodes = new Nodes(3, [0, 1, 2]);
  nodes.write(2, 0, 7);
  nodes.step(1, { type: 'object', key: 0, event: { type: 'grab', call: 1, absence: 'touch', try: false } });
  nodes.settle(({ to }) => to === 1);
  nodes.die(1, [0, 2]);
  nodes.settle();
  expect(nodes.read(0, 0)).toMatchObject({ outcome: 'held', payload: 7 });
});

test('a node outside the view serves nothing, not even a look at what it has', () => {
  const nodes = new Nodes(3, [0, 1, 2]);
  nodes.write(1, 1, 7);
  nodes.step(1, { type: 'view', epoch: 1, members: [0, 2], undelivered: [] });
  nodes.step(1, { type: 'object', key: 1, event: { type: 'find', call: 5 } });
  expect(nodes.results.get('1: 5')).toEqual({ outcome: 'absent' });
  nodes.step(1, { type: 'object', key: 1, event: { type: 'get', call: 6, absence: 'touch' } });
  expect(nodes.results.has('1: 6')).toBe(false);
});

test('while a node joins, calls on objects whose default owner stays are answered', () => {
  const nodes = new Nodes(3, [0, 1]);
  nodes.write(0, 0, 7);
  for (const node of [0, 1]) nodes.step(node, { type: 'view', epoch: 1, members: [0, 1, 2], undelivered: [] });
  const isOfChange = ({ message }: Flight): boolean => message.type !== 'OBJECT';
  nodes.step(1, { type: 'object', key: 0, event: { type: 'get', call: 1, absence: 'touch' } });
  nodes.step(1, { type: 'object', key: 2, event: { type: 'get', call: 2, absence: 'touch' } });
  const [markers] = [nodes.flights.splice(0, nodes.flights.length)];
  nodes.flights.push(...markers.filter((flight) => !isOfChange(flight)));
  nodes.settle();
  expect(nodes.states[1]!.phase).toBe('draining');
  expect(nodes.results.get('1: 1')).toMatchObject({ outcome: 'held', payload: 7 });
  expect(nodes.results.has('1: 2')).toBe(false);
  nodes.flights.push(...markers.filter(isOfChange));
  nodes.step(2, { type: 'view', epoch: 1, members: [0, 1, 2], undelivered: [] });
  nodes.settle();
  expect(nodes.results.get('1: 2')).toMatchObject({ outcome: 'held' });
  expect(nodes.states.map(({ phase }) => phase)).toEqual(['open', 'open', 'open']);
});
