/**
 * The objects of a cluster's array, inside a service of one of its nodes.
 *
 * @packageDocumentation
 */
import { type MemberContext, memberName } from '@holdfast/runtime/service';
import { PageBudget } from '../array/page-budget.ts';
import { registerRaidErrors } from '../error-classes.ts';
import { ArrayNames } from '../names/array-names.ts';
import { BlockObjects } from './block-objects.ts';
import { newClient } from './client-number.ts';
import { NodeMembers } from './node-members.ts';
import type { ObjectHost } from './object-host.ts';

export * from '../errors.ts';
export type { Toughness } from '../kernel/iom-messages.ts';
export type { ArrayNames, BindOptions, NameEntry, NameOptions } from '../names/array-names.ts';
export type {
  BlockObject,
  RangeBytes,
  RangePiece,
  RangeWritten,
  ReadRangeOptions,
  TrimOptions,
  WriteRangeOptions,
} from './block-object.ts';
export type { BlockObjectStat } from './block-object-stat.ts';
export type { BlockObjects, CreateObjectOptions } from './block-objects.ts';
export type { WriteStep } from './write-trace.ts';

/**
 * The objects of the array that is open on this cluster, the same as `array.objects` on the main thread. Found at the
 * first call.
 *
 * @example
 * ```ts
 * export default Log.implement(async (context) => {
 *   const objects = raidObjects(context);
 *   const log = await objects.open(await objects.create({ technique: 'mirror' }));
 *   return { append: async ({ at, bytes }) => void (await log.write(at, bytes, { toughness: 2 })) };
 * });
 * ```
 */
export function raidObjects(context: MemberContext): BlockObjects {
  registerRaidErrors();
  let found: Promise<ObjectHost> | undefined;
  return new BlockObjects(() => {
    found ??= find(context).catch((error: unknown) => {
      // The array may be opened later.
      found = undefined;
      throw error;
    });
    return found;
  });
}

/**
 * The names of the array that is open on this cluster, the same as `array.names` on the main thread.
 *
 * @example
 * ```ts
 * const gfid = await raidNames(context).get('logs/today');
 * ```
 */
export const raidNames = (context: MemberContext): ArrayNames => new ArrayNames(raidObjects(context));

async function find(context: MemberContext): Promise<ObjectHost> {
  const members = await NodeMembers.find(context);
  const { arrayId, data, unitBlocks } = members.view;
  return {
    members,
    arrayId,
    data,
    unitBlocks,
    pages: context.pages,
    budget: new PageBudget(context.pages),
    name: memberName,
    ...newClient(),
  };
}
