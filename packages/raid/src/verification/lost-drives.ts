import type { WorldView } from '@holdfast/simulation';
import type { Check } from './update-images.ts';
import {
  codeAt,
  durableEntries,
  durableHandle,
  initialHandle,
  parityNodes,
  type UpdateScenario,
} from './update-scenario.ts';

/** Which versions of a block a drive alone can give: before the one write, after it. */
interface Versions {
  readonly who: string;
  readonly old: boolean;
  readonly new: boolean;
}

/** What a drive holds of the one write of a group, by its log and its blocks. */
function versionsAt(scenario: UpdateScenario, view: WorldView, node: number, type: 'mj' | 'pj', who: string): Versions {
  const entries = durableEntries(scenario, view, node);
  const known = entries.flatMap((entry) =>
    entry.type === type && (type !== 'mj' || entry.type === 'mj') ? [entry] : [],
  );
  const isEnded = entries.some((entry) => entry.type === `${type}_complete`);
  const at = (address: number) => durableHandle(scenario, view, node, address);
  const isOldWhole = known.every(({ oldAddress }) => at(oldAddress) === initialHandle(scenario, node, oldAddress));
  const isNewWhole = known.some(({ newAddress, checksum }) => at(newAddress) === checksum);
  return { who, old: !isEnded && isOldWhole, new: isEnded || isNewWhole };
}

/**
 * Any two drives of a group with two parities lost, and the power: the data slots that are lost with them, those that nobody
 * wrote included, can be made again only from blocks of one version. So the written block, P and Q have one in common in
 * each pair, and each of them has one. For groups of which one block is written once.
 */
export const versionsInCommon: Check = (scenario, view) => {
  const [write, ...more] = scenario.writes;
  const plan = scenario.groups[write!.group]!;
  if (plan.second === undefined || more.length > 0) return undefined;
  const left = [
    versionsAt(scenario, view, plan.members[write!.slot] as number, 'mj', 'the data block'),
    ...parityNodes(plan).map((node) => versionsAt(scenario, view, node, 'pj', codeAt(plan, node))),
  ];
  for (const [index, one] of left.entries()) {
    if (!one.old && !one.new) return `${one.who} is neither old nor new`;
    for (const other of left.slice(index + 1)) {
      if (!(one.old && other.old) && !(one.new && other.new))
        return `${one.who} and ${other.who} have no version in common: what is lost beside the third cannot be made again`;
    }
  }
  return undefined;
};
