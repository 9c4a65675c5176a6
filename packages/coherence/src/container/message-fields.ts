import {
  type Reader,
  readByte,
  readCount,
  readNumber,
  type Writer,
  writeByte,
  writeCount,
  writeNumber,
} from '@holdfast/runtime/internals';
import { HoldfastError } from '@holdfast/runtime/service';
import { noBaggage } from '../kernel/baggage.ts';
import { type NodeSet, noNodes, onlyNode, shared } from '../kernel/node-set.ts';
import { type AbsenceMode, absenceModes, type Baggage, type NodeCall } from '../kernel/object-types.ts';

/** The fields of messages about objects, each as a pair: how it is written, and how it is read. */

const kinds = ['read', 'write'] as const;
const outcomes = ['executed', 'absent', 'lost', 'failed', 'unknown'] as const;
type Kind = (typeof kinds)[number];
type Outcome = (typeof outcomes)[number];

export const writeFlag = (to: Writer, flag: boolean): void => writeByte(to, flag ? 1 : 0);
export const readFlag = (from: Reader): boolean => readByte(from) === 1;

export const writeKind = (to: Writer, kind: Kind): void => writeByte(to, kinds.indexOf(kind));
export const readKind = (from: Reader): Kind => kinds[readByte(from)] ?? fail();

export const writeAbsence = (to: Writer, mode: AbsenceMode): void => writeByte(to, absenceModes.indexOf(mode));
export const readAbsence = (from: Reader): AbsenceMode => absenceModes[readByte(from)] ?? fail();

/** Of an operation, which does not take the right to create. */
export function readTouch(from: Reader): 'touch' | 'no-touch' {
  const mode = readAbsence(from);
  return mode === 'manual' ? fail() : mode;
}

export const writeOutcome = (to: Writer, outcome: Outcome): void => writeByte(to, outcomes.indexOf(outcome));
export const readOutcome = (from: Reader): Outcome => outcomes[readByte(from)] ?? fail();

export function writeNodes(to: Writer, nodes: NodeSet): void {
  writeCount(to, nodes.length);
  for (const node of nodes) writeCount(to, node);
}

export function readNodes(from: Reader): NodeSet {
  const count = readCount(from);
  if (count === 0) return noNodes;
  if (count === 1) return onlyNode(readNode(from));
  const nodes: number[] = [];
  for (let left = count; left > 0; left--) nodes.push(readNode(from));
  return shared(nodes);
}

/** Most objects have none: one byte then. */
export function writeBaggage(to: Writer, baggage: Baggage): void {
  if (baggage === noBaggage) {
    writeByte(to, 0);
    return;
  }
  const { executed, watchers, migratory, onDevice } = baggage;
  writeByte(to, 1 | (migratory ? 2 : 0) | (onDevice ? 4 : 0));
  writeCalls(to, executed);
  writeCalls(to, watchers);
}

export function readBaggage(from: Reader): Baggage {
  const flags = readByte(from);
  if (flags === 0) return noBaggage;
  return {
    executed: readCalls(from),
    watchers: readCalls(from),
    migratory: (flags & 2) !== 0,
    onDevice: (flags & 4) !== 0,
  };
}

function writeCalls(to: Writer, calls: readonly NodeCall[]): void {
  writeCount(to, calls.length);
  for (const { node, call } of calls) {
    writeCount(to, node);
    writeNumber(to, call);
  }
}

function readCalls(from: Reader): NodeCall[] {
  const calls: NodeCall[] = [];
  for (let left = readCount(from); left > 0; left--) calls.push({ node: readCount(from), call: readNumber(from) });
  return calls;
}

/** Members have small numbers: what has not is no member, and would make the table of single nodes large. */
function readNode(from: Reader): number {
  const node = readCount(from);
  return node < 256 ? node : fail();
}

export function fail(): never {
  throw new HoldfastError('HF_CODEC', 'A message about an object is not one.', {
    hint: 'Run the same release on every member.',
  });
}
