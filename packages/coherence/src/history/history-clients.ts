import { getEnvironmentData } from 'node:worker_threads';
import type { Container } from '../container/container.ts';
import { Holder } from '../container/holder.ts';
import { openOnMember } from '../container/open-container.ts';
import { AbsentError } from '../errors.ts';
import { type RecordedCall, type RecordedKind, RecordLog, type RecordMemory, recordMemoryName } from './record-log.ts';
import { HistoryClients, Recorded } from './recorded-container.ts';

type Objects = Container<number, { v: number }, typeof Recorded.operations>;

/** What a client does, and how often in a hundred calls. */
const mix = [
  ['read', 34],
  ['peek', 10],
  ['lease', 8],
  ['set', 10],
  ['exchange', 10],
  ['execute', 8],
  ['grab lease', 5],
  ['tryGrab', 4],
  ['remove', 3],
  ['exchange two', 4],
  ['evict', 4],
] as const;
type Action = (typeof mix)[number][0];

const kindOf: Readonly<Record<Exclude<Action, 'evict' | 'exchange two'>, RecordedKind>> = {
  read: 'get',
  peek: 'get',
  lease: 'get',
  set: 'set',
  exchange: 'exchange',
  execute: 'exchange',
  'grab lease': 'exchange',
  tryGrab: 'exchange',
  remove: 'remove',
};

/** Whole numbers below a bound, from a seed. */
function numbersFrom(seed: number): (below: number) => number {
  let state = (seed * 2654435761) >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

function draw(numbers: (below: number) => number): Action {
  let left = numbers(100);
  for (const [action, share] of mix) {
    left -= share;
    if (left < 0) return action;
  }
  return 'read';
}

class Client {
  readonly errors: Record<string, number>;
  readonly #objects: Objects;
  readonly #log: RecordLog;
  readonly #number: number;
  readonly #keys: number;
  readonly #hotEvery: number;
  readonly #numbers: (below: number) => number;

  constructor(
    objects: Objects,
    log: RecordLog,
    number: number,
    load: { keys: number; hotEvery: number; seed: number },
    errors: Record<string, number>,
  ) {
    this.#objects = objects;
    this.#log = log;
    this.#number = number;
    this.#keys = load.keys;
    this.#hotEvery = load.hotEvery;
    this.#numbers = numbersFrom(load.seed);
    this.errors = errors;
  }

  async run(until: number): Promise<void> {
    while (this.#log.length < until) await this.#once();
  }

  #key(): number {
    return this.#numbers(this.#hotEvery) === 0 ? 0 : this.#numbers(this.#keys);
  }

  async #once(): Promise<void> {
    const action = draw(this.#numbers);
    const key = this.#key();
    if (action === 'evict') {
      await this.#objects.flush(key).catch((error) => this.#count(action, error));
      return;
    }
    const other = this.#key();
    if (action === 'exchange two' && other !== key) {
      const calls = [key, other].map((each) => this.#log.begin('exchange', each, this.#number));
      const [one, two] = calls;
      // No room for the second one: the first is not made either.
      if (two === undefined) one?.end('refused');
      else if (one !== undefined) await this.#settle(action, [one, two], () => this.#exchangeTwo(key, other, one, two));
      return;
    }
    const single = action === 'exchange two' ? 'exchange' : action;
    const call = this.#log.begin(kindOf[single], key, this.#number);
    if (call !== undefined) await this.#settle(single, [call], () => this.#make(single, key, call));
  }

  /** A call that fails took effect or did not: only a look certainly did nothing. */
  async #settle(action: Action, calls: readonly RecordedCall[], make: () => Promise<void>): Promise<void> {
    try {
      await make();
    } catch (error) {
      this.#count(action, error);
      const isLost = (error as { code?: unknown }).code === 'HF_LOST';
      // Of several objects it is not said which one is lost; none was written.
      for (const call of calls) call.end(!isLost ? 'unknown' : calls.length === 1 ? 'lost' : 'refused');
    }
  }

  #count(action: Action, error: unknown): void {
    const { code, name } = error as { code?: string; name?: string };
    const label = `${action} ${code ?? name}`;
    this.errors[label] = (this.errors[label] ?? 0) + 1;
  }

  async #make(action: keyof typeof kindOf, key: number, call: RecordedCall): Promise<void> {
    const objects = this.#objects;
    const { value } = call;
    const holder = new Holder();
    switch (action) {
      case 'read':
        call.saw((await objects.read(key))?.v);
        break;
      case 'peek': {
        const seen = objects.peek(key);
        if (seen === undefined) call.end('refused');
        else call.saw(seen.v);
        break;
      }
      case 'lease': {
        using lease = await objects.get(key, { holder });
        const saw = lease?.value.v;
        await Promise.resolve();
        if (lease?.value.v !== saw) throw new Error(`the value of a read lease on ${key} changed`);
        call.saw(saw);
        break;
      }
      case 'set':
        await objects.set(key, { v: value });
        call.did(true);
        break;
      case 'exchange': {
        let saw: number | undefined;
        await objects.grab(key, (draft) => {
          saw = draft?.v;
          return { v: value };
        });
        call.saw(saw);
        break;
      }
      case 'execute': {
        const saw = await this.#execute(key, value);
        if (saw === undefined) call.end('refused');
        else call.saw(saw);
        break;
      }
      case 'grab lease': {
        using lease = await objects.grab(key, { holder });
        const saw = lease.value?.v;
        await Promise.resolve();
        lease.commit({ v: value });
        call.saw(saw);
        break;
      }
      case 'tryGrab': {
        using lease = await objects.tryGrab(key, { holder });
        const saw = lease?.value?.v;
        lease?.commit({ v: value });
        if (lease === undefined) call.end('refused');
        else call.saw(saw);
        break;
      }
      case 'remove':
        call.did(await objects.remove(key));
        break;
    }
  }

  /** Undefined where there is no object, of which an operation can make nothing. */
  async #execute(key: number, value: number): Promise<number | undefined> {
    try {
      return await this.#objects.execute(key, 'exchange', value);
    } catch (error) {
      if (error instanceof AbsentError) return undefined;
      throw error;
    }
  }

  async #exchangeTwo(key: number, other: number, first: RecordedCall, second: RecordedCall): Promise<void> {
    const saw: (number | undefined)[] = [];
    await this.#objects.grabAll([key, other], (drafts) => {
      for (const draft of drafts) saw.push(draft?.v);
      return [{ v: first.value }, { v: second.value }];
    });
    first.saw(saw[0]);
    second.saw(saw[1]);
  }
}

export default HistoryClients.implement(async (context) => {
  const memory = getEnvironmentData(recordMemoryName) as unknown as RecordMemory | undefined;
  const objects = await openOnMember(context, Recorded);
  return {
    async run({ node, clients, until, hotEvery, seed }) {
      if (memory === undefined) throw new Error('this process records no history: start it by recordHistory()');
      const log = new RecordLog(memory, node);
      const errors: Record<string, number> = {};
      const load = { keys: memory.keys, hotEvery };
      const all = Array.from({ length: clients }, (_, index) => {
        const own = { ...load, seed: seed + 1000 * context.incarnation + 31 * node + index };
        return new Client(objects, log, index, own, errors).run(until);
      });
      await Promise.all(all);
      return { recorded: log.length, errors };
    },
  };
});
