import '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { expect, it } from 'vitest';
import { lateSet, Scout } from './scout.ts';

/**
 * What the first message about a set finds at a member that has had nothing of it: the message is on its way since before
 * the view changed, and the member knows of the change.
 */
it.each([
  ['dies', (cluster: Cluster) => cluster.kill('n2')],
  ['joins', (cluster: Cluster) => cluster.restart('n2')],
] as const)('a set that others began before a node %s begins as if it had been there since', async (what, happens) => {
  await using cluster = await Cluster.start({ nodes: 3 });
  await cluster.deploy(new URL('./scout.ts', import.meta.url), { on: 'n0' });
  await cluster.container(lateSet('before'));
  if (what === 'joins') await cluster.kill('n2');
  const late = await cluster.container(lateSet('late'));
  await cluster.partition(['main'], ['n1']);
  const written = late.set('a', 1);
  await happens(cluster);
  // Another set is open on n0 once n1 is in the new view.
  await cluster.service(Scout).open('after');
  await cluster.heal();
  await written;
  expect(await late.read('a')).toBe(1);
  expect(await late.grab('a', (n) => (n ?? 0) + 1)).toBe(2);
  const { members } = await late.inspect('a');
  expect(members.map(({ member }) => member).includes('n2')).toBe(what === 'joins');
});
