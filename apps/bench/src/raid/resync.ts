import type { BlockObject } from '@holdfast/raid';
import type { Contender, Question } from '../harness/question.ts';
import { data, withObject } from '../ours/array-cluster.ts';

const blockBytes = 4096;
const mebibytes = 12;
const unitBlocks = 16;
const absent = 'n2';

/** The blocks of a row: one of each data slot. */
const rowBlocks = (row: number): number[] => {
  const first = Math.floor(row / unitBlocks) * unitBlocks * data + (row % unitBlocks);
  return Array.from({ length: data }, (_, slot) => first + slot * unitBlocks);
};

const nodeOf = (object: BlockObject, block: number): string => object.locate(block * blockBytes, 1)[0]!.node;

const ours: Contender = {
  name: 'ours',
  round: ({ quick }) =>
    withObject(mebibytes, async ({ object, array, cluster }) => {
      // What is on disk at both and not ended yet would be marked as well.
      await object.sync();
      await cluster.kill(absent);
      const fresh = new Uint8Array(blockBytes).fill(0x3c);
      let missed = 0;
      for (let row = 0; row < (quick ? 60 : 600); row++) {
        const blocks = rowBlocks(row);
        const changed = blocks[row % data]!;
        await object.write(changed * blockBytes, fresh);
        const nodes = blocks.map((block) => nodeOf(object, block));
        // Of the row it missed that block, or, as the one with the parity, what the parity became.
        if (nodes[row % data] === absent || !nodes.includes(absent)) missed++;
      }
      const over = Promise.withResolvers<number>();
      array.events$.subscribe((event) => {
        if (event.type !== 'resyncing' || event.state === 'begun') return;
        if (event.state === 'ended') over.resolve(event.blocksMoved);
        else over.reject(new Error('the resync failed'));
      });
      const startedMs = performance.now();
      await cluster.restart(absent);
      const moved = await over.promise;
      return {
        value: moved / (missed * data),
        details: { 'rows it missed': missed, 'ms until it has caught up': performance.now() - startedMs },
      };
    }),
};

export const resync: readonly Question[] = [
  {
    name: 'resync after k changed blocks, blocks that travel over k times N, 3+1',
    unit: 'times',
    better: 'lower',
    ours,
    peers: [],
    verdicts: [
      { measure: 'value', against: [], max: 1.2 },
      { measure: 'value', detail: 'ms until it has caught up', unit: 'ms', against: [] },
    ],
    roundsMax: 3,
  },
];
