import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoGround } from './bed.ts';
import { drivesBytes, drivesOf } from './drive-space.ts';

/** The real ground. The runtime is loaded when a cluster is wanted, so that bad input is refused at once. */
export const clusterGround: DemoGround = {
  open: async (options) => (await import('./cluster-bed.ts')).ClusterBed.open(options),

  neededBytes: (objects, nodes) => drivesBytes(objects, nodes),

  async moveDriveAside(storage, node) {
    const aside = join(storage, 'aside');
    await mkdir(aside);
    await rename(join(drivesOf(storage), node), join(aside, node));
    return join(aside, node);
  },
};
