import type { ArrayNames } from '../../src/names/array-names.ts';
import type { NotedChange } from './names-oracle.ts';

/** Change names on and on, in lanes with keys of their own, each one change at a time. */
export async function changeNames(
  names: ArrayNames,
  options: {
    readonly gfids: readonly string[];
    readonly firstLane: number;
    readonly lanes: number;
    readonly changesEach: number;
    readonly random: (below: number) => number;
    readonly note: (said: 'begin' | 'acked', lane: number, change: NotedChange) => void;
  },
): Promise<void> {
  const { gfids, firstLane, lanes, changesEach, random, note } = options;
  const run = async (lane: number) => {
    const key = () => `${lane}/${'x'.repeat(random(3) * 200)}${random(8)}`;
    for (let count = 0; count < changesEach; count++) {
      const from = key();
      const isThere = (await names.get(from)) !== undefined;
      const kind = isThere ? random(3) : 0;
      const gfid = gfids[random(gfids.length)]!;
      if (kind === 0) await noted(lane, { verb: 'bind', key: from, gfid });
      else if (kind === 1) await noted(lane, { verb: 'unbind', key: from });
      else await noted(lane, { verb: 'rename', key: from, to: key() });
    }
  };
  const noted = async (lane: number, change: NotedChange) => {
    note('begin', lane, change);
    const { verb, key, to, gfid } = change;
    if (verb === 'bind') await names.bind(key, gfid!, { replace: true });
    else if (verb === 'unbind') await names.unbind(key);
    else await names.rename(key, to!, { replace: true });
    note('acked', lane, change);
  };
  await Promise.all(Array.from({ length: lanes }, (_, lane) => run(firstLane + lane)));
}
