import { readdirSync, readlinkSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Cluster } from '../../src/index.ts';
import { Arena } from '../../src/memory/arena.ts';
import { Mischief } from '../fixtures/mischief.ts';
import { scratchDirectory } from '../fixtures/open-cluster.ts';

const module = new URL('../fixtures/mischief.ts', import.meta.url);

/** What this process holds: threads, open files, things that keep the event loop alive, arena memory taken. */
function holdings() {
  const resources = process.getActiveResourcesInfo().filter((resource) => resource !== 'Timeout');
  return {
    threads: readdirSync('/proc/self/task').length,
    files: openFiles(),
    resources: resources.sort(),
    arenaFreeBytes: Arena.process().freeBytes,
  };
}

/** The kinds of open files, numbers left out. Node opens its own binary once, when it likes. */
function openFiles(): string[] {
  const kinds = readdirSync('/proc/self/fd').flatMap((descriptor) => {
    try {
      const target = readlinkSync(`/proc/self/fd/${descriptor}`);
      return target === process.execPath ? [] : [target.replace(/\d+/g, '')];
    } catch {
      // The descriptor by which the directory was read.
      return [];
    }
  });
  return kinds.sort();
}

/** Exited threads leave the table of the operating system a moment after their exit was told. */
async function settledHoldings(expected?: ReturnType<typeof holdings>) {
  if (expected !== undefined) await expect.poll(holdings).toEqual(expected);
  return holdings();
}

describe('nothing is left behind', () => {
  it('by 8 cycles of start, deploy, call, kill, restart and close', async () => {
    const cycle = async () => {
      await using cluster = await Cluster.start({ nodes: 2 });
      await cluster.deploy(module, { on: 'all' });
      expect(await cluster.service(Mischief, { node: 'n1' }).count()).toBe(1);
      await cluster.kill('n1');
      await cluster.restart('n1');
      expect(await cluster.service(Mischief, { node: 'n1' }).count()).toBe(1);
    };
    // What is made once for a process is made in the first cycles.
    for (let turn = 0; turn < 2; turn += 1) await cycle();
    const before = await settledHoldings();
    for (let turn = 0; turn < 8; turn += 1) await cycle();
    await settledHoldings(before);
  }, 120_000);

  it('by starts that fail', async () => {
    const storage = await scratchDirectory();
    const failures: [object, string][] = [
      [{ workerUrl: 'file:///nowhere/worker.js' }, 'HF_SUPERVISOR_DOWN'],
      [{ bootMs: 1 }, 'HF_TIMEOUT'],
      [{ storage: '/proc/nowhere' }, 'HF_STORAGE'],
    ];
    const fail = async () => {
      for (const [options, code] of failures) {
        await expect(Cluster.start({ nodes: 2, ...options })).rejects.toMatchObject({ code });
      }
    };
    await using holder = await Cluster.start({ nodes: 1, storage });
    await expect(Cluster.start({ nodes: 1, storage })).rejects.toMatchObject({ code: 'HF_STORAGE_IN_USE' });
    await fail();
    const before = holdings();
    await fail();
    await settledHoldings(before);
    expect(holder.members()).toHaveLength(2);
  });
});
