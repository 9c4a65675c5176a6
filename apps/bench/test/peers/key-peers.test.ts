import { once } from 'node:events';
import { mkdtempSync, rmSync } from 'node:fs';
import { createServer } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { callsPerCpuSecond, lmdbKeys, portCacheKeys } from '../../src/peers/key-peers.ts';
import { RedisConnection } from '../../src/peers/redis.ts';

const budget = { warmUpMs: 1, measureMs: 20, quick: true };
const task = (_: number, ms: number) =>
  ({ type: 'keys', keys: 50, outstanding: 4, writeEvery: 5, ms, seed: 1 }) as const;

test.each([lmdbKeys(2, 50, task, callsPerCpuSecond), portCacheKeys(2, task, callsPerCpuSecond)])(
  '$name answers reads and writes of several workers',
  async (contender) => {
    const { value, cpuNs } = await contender.round(budget);
    expect(value).toBeGreaterThan(0);
    expect(cpuNs).toBeGreaterThan(0);
  },
);

test('a redis connection takes replies apart however they arrive, and keeps their order', async () => {
  const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-test-'));
  const path = join(directory, 'socket');
  const replies = '+OK\r\n$5\r\na\r\nbc\r\n$-1\r\n:42\r\n-ERR no\r\n$0\r\n\r\n';
  const server = createServer((socket) => {
    socket.once('data', async () => {
      for (const byte of Buffer.from(replies)) {
        socket.write(Buffer.of(byte));
        await new Promise((resolve) => setImmediate(resolve));
      }
    });
  });
  try {
    await once(server.listen(path), 'listening');
    const connection = await RedisConnection.open(path);
    const answers = await Promise.allSettled(
      ['SET', 'GET', 'GET', 'INCR', 'BAD', 'GET'].map((word) => connection.call(word)),
    );
    expect(answers).toMatchObject([
      { value: 'OK' },
      { value: 'a\r\nbc' },
      { value: null },
      { value: 42 },
      { reason: new Error('ERR no') },
      { value: '' },
    ]);
    connection.close();
  } finally {
    server.close();
    rmSync(directory, { recursive: true, force: true });
  }
});
