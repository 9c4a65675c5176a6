import { mkdir, rename } from 'node:fs/promises';
import { join } from 'node:path';
import type { DemoGround } from './bed.ts';
import { dataSlots, drivesOf } from './store-shape.ts';

/** The real ground. Runtime and array are loaded when they are wanted, so that bad input is refused at once. */
export const clusterGround: DemoGround = {
  open: async (options) => (await import('./cluster-bed.ts')).ClusterBed.open(options),

  dieOverwriting: async (...doomed) => (await import('./process-death.ts')).dieOverwriting(...doomed),

  async neededBytes(objects, nodes) {
    const { estimateDriveBytes } = await import('@holdfast/raid');
    // One drive is filled a second time, the old one kept aside.
    return Math.ceil((estimateDriveBytes(objects, { members: nodes, data: dataSlots(nodes) }) * (nodes + 1)) / nodes);
  },

  async moveDriveAside(storage, node) {
    const aside = join(storage, 'aside');
    await mkdir(aside, { recursive: true });
    await rename(join(drivesOf(storage), node), join(aside, node));
    return join(aside, node);
  },

  moveDriveBack: (storage, node) => rename(join(storage, 'aside', node), join(drivesOf(storage), node)),
};
