import { describe, expect, it } from 'vitest';
import { Cluster, type ClusterOptions } from '../src/index.ts';
import { nextEvent, scratchDirectory, startCluster, states } from './fixtures/open-cluster.ts';

describe('Cluster.start', () => {
  it('makes every node and the embedding thread members of one view', async () => {
    const cluster = await startCluster({ nodes: 2 });
    expect(states(cluster)).toEqual(['n0#1 up', 'n1#1 up', 'main#1 up']);
    expect(cluster.epoch).toBe(1);
  });

  it('counts incarnations and epochs on from the storage, and refuses it to a second cluster', async () => {
    const storage = await scratchDirectory();
    const one = await startCluster({ nodes: 1, storage });
    await expect(Cluster.start({ nodes: 1, storage })).rejects.toMatchObject({ code: 'HF_STORAGE_IN_USE' });
    const before = one.epoch;
    await one.close();
    const two = await startCluster({ nodes: 1, storage });
    expect(states(two)).toEqual(['n0#2 up', 'main#2 up']);
    expect(two.epoch).toBeGreaterThan(before);
  });

  it('starts several clusters in one process, each with members and memory of its own', async () => {
    const one = await startCluster({ nodes: 2 });
    const two = await startCluster({ nodes: 1 });
    const [first, second] = [one, two].map((cluster) => cluster.main.pages.take());
    expect(first).not.toBe(second);
    await one.kill('n0');
    expect(states(two)).toEqual(['n0#1 up', 'main#1 up']);
    await one.close();
    await two.kill('n0');
    expect(states(two)).toEqual(['n0#1 down', 'main#1 up']);
  });

  it.each([
    [{ nodes: 0 }, 'nodes'],
    [{ nodes: 65 }, 'nodes'],
    [{ nodes: Number.NaN }, 'nodes'],
    [{ nodes: 1.5 }, 'nodes'],
    [{ interconnect: [] }, 'interconnect'],
    [{ interconnect: ['ring', 'ring'] }, 'interconnect'],
    [{ loop: { n9: 'blocking' } }, 'loop'],
    [{ restart: { within: 'soon' } }, 'restart.within'],
    [{ stallMs: 10 }, 'stallMs'],
    [{ hangMs: 0 }, 'hangMs'],
    [{ resourceLimits: { maxOldGenerationSizeMb: 1 } }, 'resourceLimits.maxOldGenerationSizeMb'],
    [{ workerUrl: 'not a url' }, 'workerUrl'],
    [{ node: 3 }, 'node'],
  ])('refuses %j with HF_CONFIG and names the option', async (options, option) => {
    const refusal = Cluster.start(options as ClusterOptions);
    await expect(refusal).rejects.toMatchObject({ code: 'HF_CONFIG', message: expect.stringContaining(option) });
  });
});

describe('cluster.kill', () => {
  it('takes the node out of the view and reports why', async () => {
    const cluster = await startCluster({ nodes: 2 });
    const down = nextEvent(cluster, 'node-down');
    await cluster.kill('n1');
    expect(states(cluster)).toEqual(['n0#1 up', 'n1#1 down', 'main#1 up']);
    expect(await down).toMatchObject({ node: 'n1', incarnation: 1, cause: 'killed' });
  });

  it('is a typed error for names that are no node, and for a node that is down', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await expect(cluster.kill('n7')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE', node: 'n7' });
    await expect(cluster.kill('main')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
    await cluster.kill('n0');
    await expect(cluster.kill('n0')).rejects.toMatchObject({ code: 'HF_NODE_DOWN' });
  });

  it('is followed by a new incarnation on restart', async () => {
    const cluster = await startCluster({ nodes: 2 });
    await expect(cluster.restart('n0')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
    await cluster.kill('n0');
    await cluster.restart('n0');
    expect(states(cluster)).toEqual(['n0#2 up', 'n1#1 up', 'main#1 up']);
  });
});

describe('a closed cluster', () => {
  it('refuses calls, and closing again is harmless', async () => {
    const cluster = await startCluster({ nodes: 1 });
    await cluster.close();
    await cluster.close();
    await expect(cluster.kill('n0')).rejects.toMatchObject({ code: 'HF_CLOSED' });
    expect(() => cluster.members()).toThrow(expect.objectContaining({ code: 'HF_CLOSED' }));
  });
});
