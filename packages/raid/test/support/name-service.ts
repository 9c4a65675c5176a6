import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';
import { raidNames, raidObjects } from '../../src/object/raid-objects.ts';

/** Uses the names of the array on whatever node it runs on. */
export const NameService = defineService('test-names', {
  /** Whether this node won the name. */
  win: rpc({ in: z.string(), out: z.boolean() }),
  get: rpc({ in: z.string(), out: z.string().optional() }),
  list: rpc({ in: z.string(), out: z.array(z.string()) }),
});

export default NameService.implement((context) => {
  const objects = raidObjects(context);
  const names = raidNames(context);
  let own: Promise<string> | undefined;
  return {
    async win(key) {
      own ??= objects.create({ technique: 'mirror' });
      const gfid = await own;
      try {
        await names.bind(key, gfid);
        return true;
      } catch (error) {
        if ((error as { code?: string }).code === 'HF_NAME_TAKEN') return false;
        throw error;
      }
    },
    get: (key) => names.get(key),
    list: async (prefix) => (await names.list({ prefix })).map(({ key }) => key),
  };
});
