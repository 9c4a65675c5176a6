import { Cluster } from '@holdfast/runtime';
import { Echo } from '../ours/echo.ts';
import { sibling } from '../peers/sibling.ts';

/** Two nodes: one serves a call, one is killed, the rest is closed. */
export async function run(): Promise<void> {
  await using cluster = await Cluster.start({ nodes: 2 });
  await cluster.deploy(sibling('../ours/echo', import.meta), { on: 'n0' });
  await cluster.service(Echo).answer({ id: 1, key: 'k', by: 1 });
  await cluster.kill('n1');
}
