import { afterEach, describe, expect, it } from 'vitest';
import { z } from 'zod';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc, stream } from '../../src/service/define-service.ts';
import { DefinitionError } from '../../src/service/errors.ts';
import { schemaHash } from '../../src/service/schema-hash.ts';
import { gate, turns, until } from './steering.ts';
import { Threads } from './thread.ts';

let threads = new Threads();

afterEach(async () => {
  await threads.close();
  threads = new Threads();
});

const Work = defineService('work', { run: rpc({ in: z.int(), out: z.string() }) });

function workOn(slot: number, opened: { promise: Promise<void> }, disposed: string[] = []) {
  return threads.deploy(
    slot,
    Work.implement((context) => ({
      run: async (n) => {
        await opened.promise;
        return `${context.name}:${n}`;
      },
      [Symbol.asyncDispose]: async () => {
        disposed.push(context.name);
      },
    })),
  );
}

describe('a definition', () => {
  it('refuses names and bounds that cannot work', () => {
    for (const name of ['', 'x'.repeat(200), 'then', '__proto__']) {
      expect(() => defineService(name, {})).toThrow(DefinitionError);
      expect(() => defineService('ok', JSON.parse(`{${JSON.stringify(name)}: {}}`) as never)).toThrow(DefinitionError);
    }
    const out = z.int();
    for (const credit of [0, 1.5, -1, 2 ** 20]) expect(() => stream({ out, credit })).toThrow(DefinitionError);
    for (const bufferValues of [-1, 0.5, 2 ** 30]) expect(() => stream({ out, bufferValues })).toThrow(DefinitionError);
    const many = Object.fromEntries(Array.from({ length: 1025 }, (_, n) => [`m${n}`, rpc({})]));
    expect(() => defineService('many', many)).toThrow(DefinitionError);
  });

  it('has a hash of what lies on the wire: order, kinds and shapes, not rules', () => {
    const hashOf = (members: Parameters<typeof defineService>[1]): string => schemaHash(defineService('s', members));
    const base = hashOf({ a: rpc({ in: z.object({ x: z.int() }) }), b: rpc({}) });
    expect(base).toMatch(/^[0-9a-f]{32}$/);
    expect(hashOf({ a: rpc({ in: z.object({ x: z.int().min(3) }) }), b: rpc({}) })).toBe(base);
    expect(hashOf({ a: rpc({ in: z.object({ x: z.number() }), serial: true }), b: rpc({}) })).toBe(base);
    const others = [
      hashOf({ b: rpc({}), a: rpc({ in: z.object({ x: z.int() }) }) }),
      hashOf({ a: rpc({ in: z.object({ x: z.int().optional() }) }), b: rpc({}) }),
      hashOf({ a: rpc({ in: z.object({ y: z.int() }) }), b: rpc({}) }),
      hashOf({ a: rpc({ in: z.object({ x: z.int() }) }), b: stream({ out: z.int() }) }),
      hashOf({ a: rpc({ in: z.literal([0, 1]) }), b: rpc({}) }),
      hashOf({ a: rpc({ in: z.literal(['0', '1']) }), b: rpc({}) }),
    ];
    expect(new Set([base, ...others]).size).toBe(others.length + 1);
  });
});

describe('a host', () => {
  it('loads a service from a module and hands it its options', async () => {
    const { host } = threads.at(0);
    const url = new URL('./counter-service.ts', import.meta.url).href;
    const deployed = await host.deploy(url, 7, { start: 40 });
    expect(deployed).toMatchObject({ name: 'counter', members: ['add', 'who'] });
    const { Counter } = await import('./counter-service.ts');
    const { schemaHash } = deployed;
    threads.directory.replace([{ service: 'counter', node: 'n0', slot: 0, deploymentId: 7, schemaHash }]);
    const counter = threads.at(mainSlot).client.service(Counter);
    expect(await counter.add({ by: 2 })).toBe(42);
    expect(await counter.who()).toBe('main');
  });

  it('refuses modules without a service, missing handlers and numbers in use', async () => {
    const { host } = threads.at(0);
    const here = new URL('./steering.ts', import.meta.url).href;
    await expect(host.deploy(here, 1)).rejects.toBeInstanceOf(DefinitionError);
    await expect(host.deploy('file:///nowhere.js', 1)).rejects.toMatchObject({ code: 'ERR_MODULE_NOT_FOUND' });
    await expect(
      host.deployImplementation(
        Work.implement(() => ({}) as never),
        1,
      ),
    ).rejects.toBeInstanceOf(DefinitionError);
    const failing = Work.implement(() => {
      throw new Error('setup failed');
    });
    await expect(host.deployImplementation(failing, 1)).rejects.toThrow('setup failed');
    const good = Work.implement(() => ({ run: () => 'x' }));
    await host.deployImplementation(good, 1);
    await expect(host.deployImplementation(good, 1)).rejects.toBeInstanceOf(DefinitionError);
    for (const mailboxMax of [0, -1, 1.5]) {
      expect(() => Work.implement(() => ({ run: () => 'x' }), { mailboxMax })).toThrow(DefinitionError);
    }
    expect(host.diagnostics()).toHaveLength(1);
  });

  it('lets a service finish what it has when it is undeployed, then disposes of it', async () => {
    const opened = gate();
    const disposed: string[] = [];
    const deploymentId = await workOn(0, opened, disposed);
    const work = threads.at(mainSlot).client.service(Work);
    const running = work.run(1);
    await turns(3);
    const undeployed = threads.at(0).host.undeploy(deploymentId);
    await expect(work.run(2)).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
    expect(disposed).toEqual([]);
    opened.open();
    expect(await running).toBe('n0:1');
    await undeployed;
    expect(disposed).toEqual(['n0']);
    await expect(threads.at(0).host.undeploy(deploymentId)).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
  });

  it('is undeployed once, however often and in whatever way it is asked', async () => {
    const opened = gate();
    const disposed: string[] = [];
    const deploymentId = await workOn(0, opened, disposed);
    const running = threads.at(mainSlot).client.service(Work).run(1);
    await turns(3);
    const { host } = threads.at(0);
    const all = Promise.all([host.undeploy(deploymentId), host.drain(), host.undeploy(deploymentId), host.drain()]);
    opened.open();
    await all;
    expect(await running).toBe('n0:1');
    expect(disposed).toEqual(['n0']);
  });

  it('fails what will not finish in time', async () => {
    const deploymentId = await workOn(0, gate());
    const running = threads.at(mainSlot).client.service(Work).run(1);
    await turns(3);
    const settled = expect(running).rejects.toMatchObject({ code: 'HF_CLOSED' });
    await threads.at(0).host.undeploy(deploymentId, 10);
    await settled;
  });

  it('drains: takes nothing new and resolves when everything is answered', async () => {
    const opened = gate();
    await workOn(0, opened);
    const work = threads.at(mainSlot).client.service(Work);
    const running = work.run(1);
    await turns(3);
    let drained = false;
    const draining = threads
      .at(0)
      .host.drain()
      .then(() => {
        drained = true;
      });
    await expect(work.run(2)).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE', retryable: true });
    expect(drained).toBe(false);
    opened.open();
    await draining;
    expect(await running).toBe('n0:1');
  });

  it('closes: fails what is in flight, disposes of every service, deploys no more', async () => {
    const disposed: string[] = [];
    await workOn(0, gate(), disposed);
    const running = threads.at(mainSlot).client.service(Work).run(1);
    await turns(3);
    const settled = expect(running).rejects.toMatchObject({ code: 'HF_CLOSED' });
    const { host } = threads.at(0);
    await host.close();
    await settled;
    expect(disposed).toEqual(['n0']);
    await expect(
      host.deployImplementation(
        Work.implement(() => ({ run: () => '' })),
        9,
      ),
    ).rejects.toMatchObject({ code: 'HF_CLOSED' });
  });

  it('counts what it does', async () => {
    const opened = gate();
    await workOn(0, opened);
    const work = threads.at(mainSlot).client.service(Work);
    const calls = [work.run(1), work.run(2)];
    await turns(3);
    expect(threads.at(0).host.diagnostics()[0]).toMatchObject({ name: 'work', mailboxDepth: 2, callsTotal: 2 });
    expect(threads.at(mainSlot).client.diagnostics()).toMatchObject({ callsInFlight: 2, callsTotal: 2 });
    opened.open();
    await Promise.all(calls);
    expect(threads.at(0).host.diagnostics()[0]!.mailboxDepth).toBe(0);
  });
});

describe('several instances', () => {
  it('are called in turn, or by name', async () => {
    const opened = gate();
    opened.open();
    for (const slot of [2, 0, 1]) await workOn(slot, opened);
    const work = threads.at(mainSlot).client.service(Work);
    const answers = [];
    for (let n = 0; n < 6; n++) answers.push((await work.run(n)).split(':')[0]);
    expect(answers).toEqual(['n0', 'n1', 'n2', 'n0', 'n1', 'n2']);
    expect(await work.run(9, { node: 'n1' })).toBe('n1:9');
    const pinned = threads.at(mainSlot).client.service(Work, { node: 'n2', timeoutMs: 1000 });
    expect(await pinned.run(1)).toBe('n2:1');
  });

  it('without a session are passed over while another is there', async () => {
    const opened = gate();
    opened.open();
    for (const slot of [0, 1]) await workOn(slot, opened);
    threads.at(mainSlot).exchange.unready.add(0);
    const work = threads.at(mainSlot).client.service(Work);
    expect(await Promise.all([work.run(1), work.run(2)])).toEqual(['n1:1', 'n1:2']);
  });

  it('are found again after the directory changed', async () => {
    const opened = gate();
    opened.open();
    await workOn(0, opened);
    const work = threads.at(mainSlot).client.service(Work);
    expect(await work.run(1)).toBe('n0:1');
    threads.loopback.lose(mainSlot, 0);
    threads.forget(0);
    await expect(work.run(2)).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
    await workOn(3, opened);
    expect(await work.run(3)).toBe('n3:3');
  });

  it('all answer a broadcast, each with its own outcome', async () => {
    const opened = gate();
    for (const slot of [0, 1, 2]) await workOn(slot, opened);
    const all = threads.at(mainSlot).client.broadcast(Work);
    const answers = all.run(5);
    await turns(3);
    threads.loopback.lose(mainSlot, 1);
    opened.open();
    expect(await answers).toMatchObject([
      { node: 'n0', status: 'fulfilled', value: 'n0:5' },
      { node: 'n1', status: 'rejected', reason: { code: 'HF_NODE_DOWN' } },
      { node: 'n2', status: 'fulfilled', value: 'n2:5' },
    ]);
    threads.directory.replace([]);
    await expect(all.run(1)).rejects.toMatchObject({ code: 'HF_UNKNOWN_SERVICE' });
  });
});

describe('mailboxes of a thread that is asked by itself', () => {
  it('are bounded and ordered as any other', async () => {
    const opened = gate();
    await workOn(0, opened);
    const own = threads.at(0).client.service(Work);
    const calls = [own.run(1), own.run(2)];
    await until(() => threads.at(0).host.diagnostics()[0]!.mailboxDepth === 2);
    opened.open();
    expect(await Promise.all(calls)).toEqual(['n0:1', 'n0:2']);
  });
});
