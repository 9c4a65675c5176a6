import { defineContainer } from '@holdfast/coherence';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

/** All at home on n1, which has nothing of them before the first message. */
export const lateSet = (name: string) =>
  defineContainer(name, { key: z.string(), value: z.int(), defaultOwner: { fixed: 'n1' } });

/** Opens a container where it is asked to: it is open once every member has agreed, in one view. */
export const Scout = defineService('scout', { open: rpc({ in: z.string() }) });

export default Scout.implement((context) => ({
  open: async (name) => void (await context.container(lateSet(name))),
}));
