import {
  anyNode,
  type KeyedMessage,
  type KeyedNotice,
  noPayload,
  type ObjectSet,
  objectRules,
  type SetEnv,
  type SetEvent,
  type SetResult,
  setKernel,
  setRules,
} from '@holdfast/coherence';
import { Decoder, EffectBuffer, Encoder, ProtocolError } from '@holdfast/kernel';
import { expect, test } from 'vitest';

/** Nodes with many objects; the default owner of object k is node k, counted around. */
class SetDriver {
  readonly sets: ObjectSet[];
  readonly results = new Map<number, SetResult>();
  messages = 0;
  readonly #envs: SetEnv[];
  readonly #queue: { from: number; to: number; message: KeyedMessage }[] = [];
  readonly #buffer = new EffectBuffer<KeyedMessage, SetResult, KeyedNotice>();

  constructor(nodes: number) {
    const common = {
      forwardsMax: nodes,
      requestIds: 2 ** 32,
      fill: 'blank',
      exclusiveReaders: false,
      rules: objectRules,
    } as const;
    this.#envs = Array.from({ length: nodes }, (_, self) => ({
      objectEnv: (key) => ({ ...common, self, defaultOwner: key % nodes }),
      rules: setRules,
    }));
    this.sets = this.#envs.map((env) => setKernel.initial(env));
  }

  step(node: number, event: SetEvent): void {
    this.#buffer.clear();
    setKernel.step(this.sets[node]!, event, this.#envs[node]!, this.#buffer);
    for (let index = 0; index < this.#buffer.length; index++) {
      const { kind, target, message, result } = this.#buffer.at(index);
      if (kind === 'reply' && result !== undefined) this.results.set(target, result);
      if (kind !== 'send' || message === undefined) continue;
      this.messages++;
      this.#queue.push({ from: node, to: target, message });
    }
  }

  run(node: number, event: SetEvent): void {
    this.step(node, event);
    this.settle();
  }

  settle(): void {
    for (let next = this.#queue.shift(); next !== undefined; next = this.#queue.shift()) {
      this.step(next.to, { type: 'message', from: next.from, message: next.message });
    }
  }
}

const grab = (key: number, call: number): SetEvent => ({
  type: 'object',
  key,
  event: { type: 'grab', call, absence: 'touch', try: false },
});
const put = (key: number, call: number, payload = noPayload): SetEvent => ({
  type: 'object',
  key,
  event: { type: 'put', call, payload },
});

test('grabAll holds all objects or waits, and putAll writes them', () => {
  const driver = new SetDriver(2);
  driver.run(1, grab(1, 1));
  driver.run(0, { type: 'grabAll', call: 2, keys: [2, 0, 1] });
  expect(driver.results.get(2)).toBeUndefined();
  driver.run(1, put(1, 1, 7));
  const held = driver.results.get(2);
  expect(held).toMatchObject({ outcome: 'held-all', objects: [{ key: 0 }, { key: 1, payload: 7 }, { key: 2 }] });
  driver.run(0, { type: 'putAll', call: 2, payloads: [10, noPayload, 12] });
  driver.run(1, { type: 'grabAll', call: 3, keys: [0, 1, 2] });
  expect(driver.results.get(3)).toMatchObject({ objects: [{ payload: 10 }, { payload: 7 }, { payload: 12 }] });
});

test('two nodes that want the same objects in opposite orders both get them', () => {
  const driver = new SetDriver(2);
  driver.step(0, { type: 'grabAll', call: 1, keys: [0, 1] });
  driver.step(1, { type: 'grabAll', call: 2, keys: [1, 0] });
  driver.settle();
  const first = driver.results.has(1) ? 0 : 1;
  expect(driver.results.has(2 - first)).toBe(false);
  driver.run(first, { type: 'putAll', call: first + 1, payloads: [noPayload, noPayload] });
  expect(driver.results.get(2 - first)?.outcome).toBe('held-all');
});

test('grabAll costs what the grabs cost one by one', () => {
  const together = new SetDriver(3);
  together.run(0, { type: 'grabAll', call: 1, keys: [0, 1, 2, 3] });
  const apart = new SetDriver(3);
  for (const key of [0, 1, 2, 3]) apart.run(0, grab(key, key + 1));
  expect(together.messages).toBe(apart.messages);
  expect(together.messages).toBe(4);
});

test.each([[[]], [[1, 1]]])('grabAll of the keys %j is a bug of the host', (keys) => {
  const driver = new SetDriver(2);
  expect(() => driver.step(0, { type: 'grabAll', call: 1, keys })).toThrow(ProtocolError);
});

test('putAll before all is held, or with too few payloads, is a bug of the host', () => {
  const driver = new SetDriver(2);
  driver.step(0, { type: 'grabAll', call: 1, keys: [0, 1] });
  const early = { type: 'putAll', call: 1, payloads: [noPayload, noPayload] } as const;
  expect(() => driver.step(0, early)).toThrow(ProtocolError);
  driver.settle();
  expect(() => driver.step(0, { ...early, payloads: [noPayload] })).toThrow(ProtocolError);
});

test('flushSet leaves nothing but what nobody takes', () => {
  const driver = new SetDriver(2);
  for (const key of [0, 1, 2]) driver.run(0, grab(key, key + 1));
  for (const key of [0, 1, 2]) driver.run(0, put(key, key + 1, 7));
  driver.run(0, { type: 'flushSet', call: 4, to: 1 });
  expect(driver.results.get(4)).toEqual({ outcome: 'flushed', kept: [] });
  for (const key of [0, 1, 2]) expect(driver.sets[1]?.entries.get(key)).toMatchObject({ payload: 7 });
  driver.run(1, { type: 'flushSet', call: 5, to: anyNode });
  // Object 1 is at its default owner, and nobody else has a copy.
  expect(driver.results.get(5)).toEqual({ outcome: 'flushed', kept: [1] });
});

test('an object that says no more than a missing one takes no memory', () => {
  const driver = new SetDriver(2);
  driver.run(0, { type: 'object', key: 1, event: { type: 'find', call: 1 } });
  expect(driver.sets[0]?.entries.size).toBe(0);
});

test('what was encoded is decoded', () => {
  const driver = new SetDriver(2);
  driver.run(0, grab(1, 1));
  driver.run(1, { type: 'grabAll', call: 2, keys: [3, 1] });
  driver.step(1, { type: 'flushSet', call: 3, to: 0 });
  const [, set] = driver.sets;
  const encoder = new Encoder();
  setKernel.encode(set!, encoder);
  const decoder = new Decoder(encoder.view().slice());
  expect(setKernel.decode(decoder)).toEqual(set);
  expect(decoder.atEnd).toBe(true);
});
