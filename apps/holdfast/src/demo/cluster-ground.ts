import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoGround } from './bed.ts';
import { dataSlots, drivesOf } from './store-shape.ts';

/** The real ground. Runtime and array are loaded when they are wanted, so that bad input is refused at once. */
export const clusterGround: DemoGround = {
  open: async (options) => (await import('./cluster-bed.ts')).ClusterBed.open(options),

  async neededBytes(objects, nodes) {
    const { estimateDriveBytes } = await import('@holdfast/raid');
    return estimateDriveBytes(objects, { members: nodes, data: dataSlots(nodes) });
  },

  async moveDriveAside(storage, node) {
    const aside = join(storage, 'aside');
    await mkdir(aside);
    await rename(join(drivesOf(storage), node), join(aside, node));
    return join(aside, node);
  },
};
