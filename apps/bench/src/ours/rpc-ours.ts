import { Cluster } from '@holdfast/runtime';
import type { Budget, Contender, Sample } from '../harness/question.ts';
import { drive } from '../load/drive.ts';
import type { CallPath } from '../peers/rpc-peers.ts';
import { sibling } from '../peers/sibling.ts';
import { callerOf, Echo } from './echo.ts';

export interface OursOptions {
  readonly name: string;
  readonly path: CallPath;
  readonly outstanding: number;
  readonly codec?: 'compiled' | 'general';
  /** How the callee waits for work. */
  readonly loop?: 'event' | 'blocking';
}

export function rpcOurs({ name, path, outstanding, codec = 'compiled', loop = 'event' }: OursOptions): Contender {
  return {
    name,
    round: async ({ warmUpMs, measureMs }: Budget): Promise<Sample> => {
      await using cluster = await Cluster.start({ nodes: 2, loop: { n1: loop } });
      await cluster.deploy(sibling('echo', import.meta), { on: 'all' });
      const load = { outstanding, warmUpMs, measureMs };
      if (path === 'main to node') return await drive(callerOf(cluster.service(Echo, { node: 'n1' }), codec), load);
      const driver = cluster.service(Echo, { node: 'n0', timeoutMs: 0 });
      const { value, cpuNs, p99 } = await driver.drive({ callee: 'n1', codec, ...load });
      return { value, cpuNs, ...(p99 === undefined ? {} : { details: { p99 } }) };
    },
  };
}
