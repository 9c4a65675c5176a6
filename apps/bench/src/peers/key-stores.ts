import type { MessagePort } from 'node:worker_threads';
import { type KeyStore, textOf } from '../load/keys.ts';
import { PortCache } from './port-cache.ts';
import { RedisConnection } from './redis.ts';

/** What a worker opens: a redis by its socket, an lmdb by its path, a cache by the port to who has all values. */
export type KeyStoreOrder =
  | { readonly kind: 'redis'; readonly socket: string }
  | { readonly kind: 'lmdb'; readonly path: string }
  | { readonly kind: 'port cache'; readonly port: MessagePort };

export interface CountingStore extends KeyStore {
  /** Add one to a counter that all share. */
  count?(): Promise<unknown>;
}

export async function openKeyStore(order: KeyStoreOrder): Promise<CountingStore> {
  switch (order.kind) {
    case 'redis': {
      const connection = await RedisConnection.open(order.socket);
      return {
        read: (key) => connection.call('GET', `k${key}`),
        write: (key, value) => connection.call('SET', `k${key}`, value),
        count: () => connection.call('INCR', 'counter'),
      };
    }
    case 'lmdb': {
      const { open } = await import('lmdb');
      // As redis keeps it: nothing waits for a disk.
      const database = open<string, number>({ path: order.path, noSync: true, encoding: 'string' });
      return { read: (key) => database.get(key), write: (key, value) => database.put(key, value) };
    }
    case 'port cache':
      return new PortCache(order.port);
  }
}

/** Give every key its first value. */
export async function fillRedis(socket: string, keys: number): Promise<void> {
  const connection = await RedisConnection.open(socket);
  const batch = 1000;
  for (let first = 0; first < keys; first += batch) {
    const count = Math.min(batch, keys - first);
    await Promise.all(
      Array.from({ length: count }, (_, index) => connection.call('SET', `k${first + index}`, textOf(0))),
    );
  }
  connection.close();
}

export async function fillLmdb(path: string, keys: number): Promise<void> {
  const { open } = await import('lmdb');
  const database = open<string, number>({ path, noSync: true, encoding: 'string' });
  database.transactionSync(() => {
    for (let key = 0; key < keys; key++) void database.put(key, textOf(0));
  });
  await database.close();
}
