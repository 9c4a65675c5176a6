import { DataServer, LayoutFences } from '@holdfast/nfs-state';
import { expect, it } from 'vitest';
import { memberPools } from '../support/local-pool.ts';
import { MemoryObjects } from '../support/memory-objects.ts';

const layouts = 2500;

function dataServer(): DataServer {
  const [pages] = memberPools(1, 64);
  return new DataServer({ objects: new MemoryObjects(), pages: pages!, life: 'n1.1' });
}

it('fence what heads gave up while no metadata server was there, and leave what is held', async () => {
  const server = dataServer();
  for (let nth = 0; nth < layouts; nth++) await server.grant({ client: 'c', file: `f${nth}`, layout: nth + 1 });
  await server.grant({ client: 'gone', file: 'f0', layout: layouts + 1 });
  const fences = new LayoutFences([{ node: 'n1', port: server }]);
  await fences.fenceOthers((client) => client === 'c', layouts + 2);
  const left = [...(await server.grants(0)), ...(await server.grants(1024)), ...(await server.grants(2048))];
  expect(left).toHaveLength(layouts);
  expect(left.every(({ client }) => client === 'c')).toBe(true);
  const asked = { file: 'f0', runs: [{ offset: 0, bytes: 1, page: 0, at: 0, generation: 0 }] };
  const answer = await server.write({ ...asked, client: 'gone', layout: layouts + 1 });
  expect(answer).toMatchObject({ status: 'refused', why: 'fenced' });
});

it('do not wait for a data server that is gone', async () => {
  const gone = () => Promise.reject(Object.assign(new Error('gone'), { code: 'HF_NODE_DOWN' }));
  const fences = new LayoutFences([{ node: 'n1', port: { grant: gone, fence: gone, grants: gone } }]);
  await fences.fenceOthers(() => false, 1);
});
