import { setTimeout as sleep } from 'node:timers/promises';
import type { Container, ContainerCounters } from '@holdfast/coherence';
import { awakeObjectsMin } from '@holdfast/coherence';
import { percentile } from '../harness/statistics.ts';
import { driveKeys, textOf } from '../load/keys.ts';
import { Coherent, HomedObjects, Objects } from './coherent-definition.ts';

type Stored = { n: number; text: string };
type HomedStore = Container<number, Stored, Record<never, never>, never>;

const contendedKey = -1;
const hitKey = -2;
const callsPerLook = 256;
const keysPerBatch = 256;
/** How long the objects of the memory question may take to come to rest. */
const restMsMax = 30_000;

function messagesSent(objects: { counters(): ContainerCounters }): number {
  return Object.values(objects.counters().sent).reduce((sum, count) => sum + count, 0);
}

async function one(objects: HomedStore, what: 'read' | 'write', key: number): Promise<void> {
  if (what === 'read') await objects.read(key);
  else {
    await objects.grab(key, (draft) => {
      draft.n++;
    });
  }
}

/** One call on each key of the range, a batch of them under way at a time. */
async function inBatches(first: number, count: number, call: (key: number) => Promise<unknown>): Promise<void> {
  for (let begun = 0; begun < count; begun += keysPerBatch) {
    const keys = Array.from({ length: Math.min(keysPerBatch, count - begun) }, (_, index) => first + begun + index);
    await Promise.all(keys.map(call));
  }
}

/** Keep `outstanding` calls under way; how many were answered. */
async function keepCalling(outstanding: number, ms: number, call: () => Promise<unknown>): Promise<number> {
  const untilMs = performance.now() + ms;
  let calls = 0;
  const chain = async (): Promise<void> => {
    while (performance.now() < untilMs) {
      await call();
      calls++;
    }
  };
  await Promise.all(Array.from({ length: outstanding }, chain));
  return calls;
}

export default Coherent.implement(async (context) => {
  const objects = await context.container(Objects);
  const homed = await context.container(HomedObjects);
  return {
    fill: async ({ first, count }) => {
      for (let key = first; key < first + count; key++) await homed.set(key, { n: key, text: textOf(key) });
    },
    readAll: async ({ first, count }) => {
      for (let key = first; key < first + count; key++) await homed.read(key);
    },
    stock: ({ first, count }) => inBatches(first, count, (key) => objects.set(key, { n: 0, text: textOf(key) })),
    collect: ({ first, count }) => inBatches(first, count, (key) => objects.read(key)),
    each: async ({ what, first, count }) => {
      const tookUs = new Float64Array(count);
      const before = messagesSent(homed);
      for (let index = 0; index < count; index++) {
        const startedMs = performance.now();
        await one(homed, what, first + index);
        tookUs[index] = (performance.now() - startedMs) * 1000;
      }
      return { calls: count, p50us: percentile(tookUs, 0.5), messages: messagesSent(homed) - before };
    },
    hits: async ({ what, ms }) => {
      await objects.set(hitKey, { n: 1, text: textOf(1) });
      const startedNs = process.threadCpuUsage();
      const untilMs = performance.now() + ms;
      let calls = 0;
      let sum = 0;
      for (; performance.now() < untilMs; calls += callsPerLook) {
        if (what === 'peek') for (let call = 0; call < callsPerLook; call++) sum += objects.peek(hitKey)!.n;
        else {
          for (let call = 0; call < callsPerLook; call++) {
            using lease = await objects.get(hitKey);
            sum += lease.value.n;
          }
        }
      }
      if (sum !== calls) throw new Error(`${calls} reads of 1 came to ${sum}`);
      const { user, system } = process.threadCpuUsage(startedNs);
      return ((user + system) * 1000) / calls;
    },
    contend: async ({ what, outstanding, ms }) =>
      keepCalling(outstanding, ms, () =>
        what === 'execute'
          ? objects.execute(contendedKey, 'add', 1)
          : objects.grab(contendedKey, (draft) => {
              draft.n++;
            }),
      ),
    drive: async (load) => {
      const before = messagesSent(objects);
      let reads = 0;
      let hits = 0;
      const calls = await driveKeys(
        {
          read: (key) => {
            reads++;
            const here = objects.peek(key);
            if (here === undefined) return objects.read(key);
            hits++;
            return here;
          },
          write: (key, text) => objects.set(key, { n: 0, text }),
        },
        load,
      );
      return { calls, reads, hits, messages: messagesSent(objects) - before };
    },
    sent: () => messagesSent(homed),
    memory: async (count) => {
      const used = (): number => {
        globalThis.gc?.();
        const { heapUsed, external } = process.memoryUsage();
        return heapUsed + external;
      };
      await objects.read(0);
      const before = used();
      for (let key = 1; key <= count; key++) await objects.set(key, { n: 0, text: '' });
      // Idle is what was not looked at for a while.
      const untilMs = performance.now() + restMsMax;
      while (objects.counters().packed < count - awakeObjectsMin && performance.now() < untilMs) await sleep(100);
      const { bytes } = objects.counters();
      return (used() - before - bytes) / count;
    },
  };
});
