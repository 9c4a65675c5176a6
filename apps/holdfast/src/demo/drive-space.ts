import { join } from 'node:path';

/** The directory below a store's in which each node has its drive. */
export const drivesOf = (storage: string): string => join(storage, 'drives');

/** Data slots of a group on a cluster of `nodes`: three where there are nodes enough, and one node for parity. */
export function dataSlots(nodes: number): number {
  return Math.min(3, nodes - 1);
}

const blockBytes = 4096;
const unitBlocks = 16;
/** A drive's file and its log grow by these; the last one of each may be empty. */
const extentBytes = 16 * 1024 * 1024;
const logExtentBytes = 1024 * 1024;
/** Records of one object in the logs: both copies of its metadata, its slots on every member, in whole pages. */
const recordBytesPerObject = 8 * 1024;

/** Groups the array sends to its nodes at a time. */
const groupsPerWindow = 4;

/** Bytes of an object that go to the nodes at a time: a node is asked once for each. */
export function windowBytes(nodes: number): number {
  return groupsPerWindow * dataSlots(nodes) * unitBlocks * blockBytes;
}

/** Bytes the drives of an array need for objects of these sizes: data, parity, logs, and what drives grow by. */
export function drivesBytes(objects: Iterable<number>, nodes: number): number {
  const data = dataSlots(nodes);
  const groupBlocks = data * unitBlocks;
  let blocks = 0;
  let count = 0;
  for (const bytes of objects) {
    const dataBlocks = Math.ceil(bytes / blockBytes);
    const wholeGroups = Math.floor(dataBlocks / groupBlocks);
    const restBlocks = dataBlocks - wholeGroups * groupBlocks;
    blocks += dataBlocks + wholeGroups * unitBlocks + Math.ceil(restBlocks / data);
    count++;
  }
  // Groups rotate over the drives, so that each gets about the same; one extent of each may be begun and not filled.
  return blocks * blockBytes + count * recordBytesPerObject + nodes * (2 * extentBytes + 2 * logExtentBytes);
}
