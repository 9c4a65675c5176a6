import type { Address, JournalEntry, MjEntry } from '../kernel/journal.ts';
import { twoParityTable } from '../kernel/two-parity-table.ts';
import { handleOf, unitsPerBlock } from './block-values.ts';
import { logStart } from './item-store.ts';
import { batchNumber } from './log-batches.ts';
import {
  dataAddresses,
  dataPlaces,
  dataPort,
  gfid,
  initialValue,
  lblkOf,
  parityAddresses,
  parityGroups,
  parityValueOf,
  type UpdateScenario,
  writtenValue,
} from './update-scenario.ts';

/** The first spare address of a role: where the one write that was under way went. */
const newDataAddress = (scenario: UpdateScenario, node: number): Address =>
  dataAddresses(scenario, node)[dataPlaces(scenario, node).length]!;
const newParityAddress = (scenario: UpdateScenario, node: number): Address =>
  parityAddresses(scenario, node)[parityGroups(scenario, node).length]!;

/** A scenario whose nodes all start with drives as a row of the decision table for two parities has them. */
export const startingAt = (scenario: UpdateScenario, row: number): UpdateScenario => ({
  ...scenario,
  image: { row, at: (node, address) => rowHandle(scenario, row, node, address) },
});

/** What the drive of a node holds at an address: its journal entry, its block, or nothing. */
function rowHandle(scenario: UpdateScenario, row: number, node: number, address: Address): number {
  const { mj, data, pj, parity, qj, second } = twoParityTable[row]!;
  const plan = scenario.groups[0]!;
  const entry = mjOf(scenario);
  if (node === plan.members[entry.slot]) {
    if (address === logStart && mj) return batchOfOne(entry);
    return data && address === entry.newAddress ? entry.checksum : 0;
  }
  const [isJournaled, isHardened] = node === plan.second ? [qj, second] : [pj, parity];
  const newAddress = newParityAddress(scenario, node);
  const checksum = handleOf(parityValueOf(scenario, 0, node, { slot: entry.slot, value: writtenValue(0) }));
  if (address === logStart && isJournaled) {
    const [oldAddress] = parityAddresses(scenario, node);
    const from = dataPort(plan.members[entry.slot] as number);
    const code = node === plan.second ? ({ code: 'q' } as const) : {};
    return batchOfOne({ type: 'pj', pj: 1, newAddress, oldAddress: oldAddress!, checksum, from, ...code, mj: entry });
  }
  return isHardened && address === newAddress ? checksum : 0;
}

const batchOfOne = (entry: JournalEntry): number => batchNumber({ life: 0, entries: [entry] });

function mjOf(scenario: UpdateScenario): MjEntry {
  const { group, slot } = scenario.writes[0]!;
  const { members, parity, second } = scenario.groups[group]!;
  const node = members[slot] as number;
  if (initialValue(group, slot) === writtenValue(0))
    throw new RangeError('A write that changes nothing shows nothing.');
  return {
    type: 'mj',
    mj: 1,
    gfid,
    lblk: lblkOf(scenario, { group, slot }),
    group,
    slot,
    newAddress: newDataAddress(scenario, node),
    oldAddress: 1,
    seq: 1,
    checksum: handleOf(writtenValue(0)),
    writeStart: 0,
    writeBytes: unitsPerBlock,
    client: 1,
    request: 1,
    parity,
    ...(second !== undefined && { second }),
  };
}
