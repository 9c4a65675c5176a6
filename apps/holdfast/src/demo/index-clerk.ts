import '@holdfast/coherence';
import { IndexClerk, TreeEntries } from './index-entries.ts';

/** Runs on every node of the demo's cluster. */
export default IndexClerk.implement(async (context) => {
  const entries = await context.container(TreeEntries);
  return {
    note: ({ key, file }) => entries.set(key, file),
    find: async (keys) => {
      const found = await Promise.all(keys.map(async (key) => ({ key, file: await entries.read(key) })));
      return found.flatMap(({ key, file }) => (file === undefined ? [] : [{ key, file }]));
    },
  };
});
