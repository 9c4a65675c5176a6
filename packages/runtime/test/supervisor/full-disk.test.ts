import { rm, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { expect, it } from 'vitest';
import { scratchDirectory, startCluster, states } from '../fixtures/open-cluster.ts';

it('a full disk keeps nodes from starting, not from dying; the cluster lives on and starts them when there is room', async () => {
  const storage = await scratchDirectory();
  const workerUrl = new URL('../fixtures/full-disk-supervisor.ts', import.meta.url);
  const cluster = await startCluster({ nodes: 2, storage, workerUrl });
  await writeFile(join(storage, 'full'), '');
  await expect(cluster.coord.compareAndSet('key', 0, new Uint8Array(8))).rejects.toMatchObject({ code: 'HF_STORAGE' });
  await cluster.kill('n0');
  expect(states(cluster)).toEqual(['n0#1 down', 'n1#1 up', 'main#1 up']);
  await expect(cluster.restart('n0')).rejects.toMatchObject({ code: 'HF_STORAGE' });
  await rm(join(storage, 'full'));
  await cluster.restart('n0');
  expect(states(cluster)).toEqual(['n0#2 up', 'n1#1 up', 'main#1 up']);
  expect(await cluster.coord.compareAndSet('key', 0, new Uint8Array(8))).toMatchObject({ succeeded: true });
});
