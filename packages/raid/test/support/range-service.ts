import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import { raidObjects } from '../../src/object/raid-objects.ts';
import { bytesOf } from './objects.ts';

const toughness = z.literal([0, 1, 2]);

/** Reads and writes ranges of an object on whatever node it runs on; what is written follows from length and seed. */
export const RangeService = defineService('test-ranges', {
  create: rpc({ in: z.object({ technique: z.enum(['mirror', 'parity']) }), out: z.string() }),
  write: rpc({
    in: z.object({ gfid: z.string(), offset: z.int(), length: z.int(), seed: z.int(), toughness }),
    out: z.object({ verifier: z.string(), degraded: z.boolean() }),
  }),
  /** Where the range first differs from what that write left there; -1: nowhere. */
  differsAt: rpc({
    in: z.object({ gfid: z.string(), offset: z.int(), length: z.int(), seed: z.int() }),
    out: z.int(),
  }),
});

export default RangeService.implement((context) => {
  const objects = raidObjects(context);
  const opened = new Map<string, ReturnType<typeof objects.open>>();
  const open = (gfid: string) => {
    const object = opened.get(gfid) ?? objects.open(gfid);
    opened.set(gfid, object);
    return object;
  };
  return {
    create: (options) => objects.create(options),
    async write({ gfid, offset, length, seed, toughness }) {
      return (await open(gfid)).write(offset, bytesOf(length, seed), { toughness });
    },
    async differsAt({ gfid, offset, length, seed }) {
      const read = await (await open(gfid)).read(offset, length);
      const expected = bytesOf(length, seed);
      return read.findIndex((byte, index) => byte !== expected[index]);
    },
  };
});
