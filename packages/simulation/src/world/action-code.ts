import { WorldSpecError } from '../errors.ts';

/** What can happen next in a world. */
const actionKinds = [
  'call',
  'deliver',
  'timer',
  'disk',
  'misdirect',
  'drop',
  'duplicate',
  'reorder',
  'linkDown',
  'noticeDown',
  'noticeDownGhost',
  'noticeDownUnknown',
  'linkUp',
  'noticeUp',
  'suspect',
  'trust',
  'cut',
  'mend',
  'crash',
  'restart',
  'rot',
] as const;

export type ActionKind = (typeof actionKinds)[number];

const argumentBits = 12;
const argumentMask = 2 ** argumentBits - 1;
const kindNumbers = new Map(actionKinds.map((kind, number) => [kind, number]));

/**
 * An action as one number: its kind and two arguments below 4096.
 * @throws WorldSpecError when an argument is too large.
 */
export function actionCode(kind: ActionKind, a: number, b = 0): number {
  if (a > argumentMask || b > argumentMask) {
    throw new WorldSpecError(`${kind} ${a} ${b}: nodes, links, calls, timers and addresses end at ${argumentMask}`);
  }
  return ((((kindNumbers.get(kind) as number) << argumentBits) | a) << argumentBits) | b;
}

export const actionKind = (code: number): ActionKind => actionKinds[code >>> (2 * argumentBits)] as ActionKind;
export const firstArgument = (code: number): number => (code >>> argumentBits) & argumentMask;
export const secondArgument = (code: number): number => code & argumentMask;
