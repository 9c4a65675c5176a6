import { type ChildProcess, spawn } from 'node:child_process';
import { once } from 'node:events';
import { writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../src/index.ts';
import { Arena } from '../src/memory/arena.ts';
import { Mischief } from './fixtures/mischief.ts';
import { nextEvent, scratchDirectory, startCluster, states } from './fixtures/open-cluster.ts';

const fixture = (name: string) => new URL(`./fixtures/${name}`, import.meta.url);
const module = fixture('mischief.ts');

/** The end of the node and the end of this thread's own client race; either settles a call. */
const cutShort: unknown = expect.stringMatching(/^HF_(NODE_DOWN|CLOSED)$/);

describe('the three ways to end a cluster', () => {
  it('drain: accepted calls finish, then services are disposed', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const disposed = new SharedArrayBuffer(4);
    await cluster.deploy(module, { on: 'all', options: { disposed } });
    const service = cluster.service(Mischief, { node: 'n1' });
    const blocked = service.block({ ms: 300 });
    const counted = service.count();
    await cluster.main.exchange.flush();
    await cluster.service(Mischief, { node: 'n1' }).count();
    await cluster.drain();
    await blocked;
    expect(await counted).toBe(1);
    expect(new Int32Array(disposed)[0]).toBe(2);
    expect(() => cluster.main).toThrow(expect.objectContaining({ code: 'HF_CLOSED' }));
  });

  it('close: services are disposed, calls under way reject', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const disposed = new SharedArrayBuffer(4);
    await cluster.deploy(module, { on: 'all', options: { disposed } });
    const { signal } = cluster.main;
    const never = cluster.service(Mischief, { node: 'n0' }).never();
    const rejected = expect(never).rejects.toMatchObject({ code: cutShort });
    await cluster.service(Mischief, { node: 'n0' }).count();
    await cluster.close();
    await rejected;
    expect(signal.aborted).toBe(true);
    expect(new Int32Array(disposed)[0]).toBe(2);
  });

  it('close: does not wait for a node that blocks longer than its grace', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const blocked = cluster.service(Mischief).block({ ms: 60_000 });
    const rejected = expect(blocked).rejects.toMatchObject({ code: cutShort });
    await cluster.close();
    await rejected;
  });

  it('terminate: no service is asked', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const disposed = new SharedArrayBuffer(4);
    await cluster.deploy(module, { on: 'all', options: { disposed } });
    await cluster.terminate();
    expect(new Int32Array(disposed)[0]).toBe(0);
  });

  it('terminate: cuts short a drain that waits for a call', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.deploy(module, { on: 'n0' });
    const never = expect(cluster.service(Mischief).never()).rejects.toMatchObject({ code: cutShort });
    await cluster.service(Mischief).count();
    const drained = cluster.drain({ timeoutMs: 1_000_000 });
    await cluster.terminate();
    await drained;
    await never;
  });

  it('publishes the end of every node, then completes the events', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const downs: string[] = [];
    const events = (async () => {
      for await (const event of cluster.events()) {
        if (event.type === 'node-down') downs.push(`${event.node} ${event.cause}`);
      }
    })();
    await cluster.close();
    await events;
    expect(downs.sort()).toEqual(['n0 closed', 'n1 closed']);
  });
});

describe('a supervisor that dies', () => {
  it('takes the nodes with it; calls reject with HF_SUPERVISOR_DOWN and its cause, and no memory is lost', async () => {
    const arena = Arena.process();
    const free = arena.freeBytes;
    const storage = await scratchDirectory();
    const cluster = await startCluster({ nodes: 2, storage, workerUrl: fixture('broken-supervisor.ts') });
    const down = nextEvent(cluster, 'supervisor-down');
    await writeFile(join(storage, 'break'), '');
    await down;
    const kill = cluster.kill('n0');
    await expect(kill).rejects.toMatchObject({
      code: 'HF_SUPERVISOR_DOWN',
      cause: { message: 'broken on purpose' },
    });
    // This thread may still use pages of its own.
    expect(arena.freeBytes).toBeLessThan(free);
    await cluster.close();
    expect(arena.freeBytes).toBe(free);
  });
});

describe('a start that fails', () => {
  it('because a node throws in its boot names the node and carries the cause', async () => {
    const workerUrl = fixture('broken-node.ts');
    await expect(Cluster.start({ nodes: 2, workerUrl })).rejects.toMatchObject({
      code: 'HF_BOOT',
      node: expect.stringMatching(/^n[01]$/),
      cause: { message: 'broken on purpose' },
    });
  });
});

describe('a process that is killed', () => {
  async function killAfter(storage: string, line: string): Promise<void> {
    const argv = ['--conditions=holdfast-src', fileURLToPath(fixture('start-and-hang.ts')), storage];
    const child: ChildProcess = spawn(process.execPath, argv, { stdio: ['ignore', 'pipe', 'inherit'] });
    const exit = once(child, 'exit');
    let said = '';
    for await (const chunk of child.stdout!) {
      said += String(chunk);
      if (said.includes(line)) child.kill('SIGKILL');
    }
    await exit;
  }

  it('in the middle of its start or after it leaves a storage that the next start can use', async () => {
    const storage = await scratchDirectory();
    await killAfter(storage, 'starting');
    await killAfter(storage, 'started');
    const cluster = await startCluster({ nodes: 2, storage });
    for (const { incarnation } of cluster.members()) expect(incarnation).toBeGreaterThan(1);
    expect(states(cluster)).toHaveLength(3);
  });
});
