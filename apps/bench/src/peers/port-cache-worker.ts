import { type MessagePort, workerData } from 'node:worker_threads';
import { textOf } from '../load/keys.ts';
import type { CacheAnswer, CacheRequest } from './port-cache.ts';

/** Has all values, and knows who has copies. A write is answered once all copies are gone. */
const { ports } = workerData as { readonly ports: readonly MessagePort[] };
const values = new Map<number, string>();
const copies = new Map<number, Set<number>>();
/** Writes by key, oldest first; the first waits for `missing` copies to go. */
const writes = new Map<number, { client: number; call: number; value: string; missing: number }[]>();

const say = (client: number, answer: CacheAnswer): void => ports[client]?.postMessage(answer);

function read(client: number, call: number, key: number): void {
  let holders = copies.get(key);
  if (holders === undefined) {
    holders = new Set();
    copies.set(key, holders);
  }
  holders.add(client);
  say(client, { call, value: values.get(key) ?? textOf(0) });
}

function write(key: number): void {
  const [first] = writes.get(key)!;
  if (first === undefined) return;
  const holders = copies.get(key) ?? new Set();
  copies.delete(key);
  values.set(key, first.value);
  first.missing = holders.size;
  for (const holder of holders) say(holder, { drop: key });
  if (holders.size === 0) written(key);
}

function written(key: number): void {
  const queue = writes.get(key)!;
  const { client, call } = queue.shift()!;
  say(client, { call });
  if (queue.length > 0) write(key);
  else writes.delete(key);
}

for (const [client, port] of ports.entries()) {
  port.on('message', (request: CacheRequest) => {
    if ('gone' in request) {
      const first = writes.get(request.gone)?.[0];
      if (first !== undefined && --first.missing === 0) written(request.gone);
    } else if (request.value === undefined) {
      read(client, request.call, request.key);
    } else {
      const { key, call, value } = request;
      const queue = writes.get(key);
      if (queue === undefined) {
        writes.set(key, [{ client, call, value, missing: 0 }]);
        write(key);
      } else {
        queue.push({ client, call, value, missing: 0 });
      }
    }
  });
}
