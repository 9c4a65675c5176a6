import '@holdfast/coherence';
import { pageBytes } from '@holdfast/runtime/service';
import { Blocks, Masons, Runs } from './blocks.ts';

const ends = (bytes: Uint8Array | undefined) => (bytes === undefined ? undefined : [bytes[0]!, bytes.at(-1)!]);

export default Masons.implement(async (context) => {
  const [blocks, runs] = await Promise.all([context.container(Blocks), context.container(Runs)]);
  return {
    set: ({ key, fill }) => blocks.set(key, new Uint8Array(pageBytes).fill(fill)),
    add: async ({ key, by }) => {
      const written = await blocks.grab(key, (draft) => {
        for (const [at, byte] of draft!.entries()) draft![at] = byte + by;
      });
      return written![0]!;
    },
    read: async ({ key }) => ends(await blocks.read(key)),
    page: async ({ key }) => {
      using lease = await blocks.get(key);
      const { value } = lease!;
      return value.buffer instanceof SharedArrayBuffer ? value.byteOffset / pageBytes : -1;
    },
    spoil: async ({ key }) => {
      try {
        await blocks.grab(key, (draft) => {
          draft!.fill(255);
          throw new RangeError('spoilt');
        });
        return 'written';
      } catch (error) {
        return (error as Error).message;
      }
    },
    free: () => context.pages.freePages,
    churn: async ({ keys, times, seed }) => {
      let torn = 0;
      const look = (bytes: Uint8Array | undefined): void => {
        if (bytes?.some((byte) => byte !== bytes[0]) === true) torn += 1;
      };
      for (let time = 0; time < times; time++) {
        const key = `churned ${(seed * 31 + time * 7) % keys}`;
        try {
          if ((time + seed) % 3 === 0) {
            await blocks.grab(key, (draft) => {
              look(draft);
              return draft?.fill(draft[0]! + 1) ?? new Uint8Array(pageBytes);
            });
          } else {
            using lease = await blocks.get(key);
            look(lease?.value);
          }
        } catch (error) {
          if ((error as { code?: string }).code !== 'HF_LOST') throw error;
          await blocks.set(key, new Uint8Array(pageBytes).fill(time));
        }
      }
      return torn;
    },
    setRun: ({ key, fill }) => runs.set(key, new Uint8Array(3 * pageBytes).fill(fill)),
    readRun: async (key) => ends(await runs.read(key)),
  };
});
