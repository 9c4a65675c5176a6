import { type Monitor, monitor } from '@holdfast/simulation';
import { noNodes, onlyNode, withNode, withoutNode } from '../kernel/node-set.ts';
import { type CallResult, type NodeId, noPayload, type ObjectMessage } from '../kernel/object-types.ts';
import type { ViewMessage, ViewResult } from '../kernel/view-types.ts';
import type { HostEvent } from './view-host.ts';
import { defaultOwnerIn } from './view-scenario.ts';

/** What the object is, seen from outside, and what a death may have done to it. */
export interface CrashGhost {
  /** The value written last. */
  current: number;
  /** With a backup: written, and not on two nodes yet; {@link nothingNew} for nothing. */
  next: number;
  /** By whom; nobody where nothing is {@link next}, so that who wrote what is saved makes no difference. */
  writer: NodeId;
  /** Who removes the object: if that node dies the removal was finished or not. */
  remover: NodeId;
  /** Version of the last exclusive lease. */
  acquired: number;
  /** Nodes of which one has the object; two while it is on its way. */
  holders: readonly NodeId[];
  /** Also those that started again: what was sent to them before is lost. */
  crashed: readonly NodeId[];
  /** A node that had the object, or it was on its way to or from, is dead. */
  mayBeLost: boolean;
  /** And so is the default owner. */
  mayBeUnknown: boolean;
  /** It was said to be lost. */
  isLost: boolean;
  /** Nodes of which a caller heard so, and that live. */
  told: readonly NodeId[];
  broken: number;
}

const nothingNew = -3;
const nobody = -1;
/** Stands for a node that died, so that one which starts again is not taken for it. */
const dead = -2;

function nothingIsNext(ghost: CrashGhost): void {
  ghost.next = nothingNew;
  ghost.writer = nobody;
}

function isFound(ghost: CrashGhost): void {
  ghost.isLost = false;
  ghost.told = noNodes;
}

const promises = [
  'a lease showed another value than the last one written',
  'an object that exists was called absent',
  'the version did not rise at an exclusive lease',
  'an object was called lost that a survivor has',
  'an object that exists was created',
  'a value came back that was said to be lost',
  'a value was seen before a second node had it',
  'a write returned before a second node had its value',
] as const;

export interface CrashPromises {
  readonly nodes: readonly NodeId[];
  /** Every value is on two nodes before it is seen: one death loses nothing. */
  readonly backup: boolean;
  /** Callers may grab manually, and so create what was lost. */
  readonly grabsByHand?: boolean;
}

function saysAbsent(ghost: CrashGhost, promise: number): void {
  // What nobody but its dead writer saw may never have been.
  if (ghost.writer === dead) nothingIsNext(ghost);
  if (ghost.current === noPayload) return;
  const wasRemoved = ghost.remover === dead;
  if (!wasRemoved && (!ghost.mayBeUnknown || ghost.told.length > 0)) ghost.broken = promise;
  ghost.current = noPayload;
}

function seeStep(ghost: CrashGhost, step: string, number: number, node: NodeId, byHand: boolean): void {
  switch (step) {
    case 'written':
      ghost.next = number;
      ghost.remover = nobody;
      ghost.writer = node;
      ghost.holders = onlyNode(node);
      ghost.mayBeLost = false;
      ghost.mayBeUnknown = false;
      isFound(ghost);
      break;
    case 'saved':
      if (ghost.next !== number) break;
      ghost.current = number;
      nothingIsNext(ghost);
      break;
    case 'acquired':
      if (number <= ghost.acquired) ghost.broken = 3;
      ghost.acquired = number;
      break;
    case 'created':
      // Only a manual grab may create what somebody who lives was told is lost.
      if (ghost.told.length > 0 ? !byHand : !ghost.isLost && !ghost.mayBeLost) saysAbsent(ghost, 5);
      break;
    case 'reloaded':
      if (number !== ghost.current) ghost.broken = 1;
      break;
    case 'removing':
      ghost.remover = node;
      break;
    case 'removed':
      ghost.remover = nobody;
      ghost.current = noPayload;
      nothingIsNext(ghost);
      isFound(ghost);
      break;
    case 'absent':
      saysAbsent(ghost, 2);
      break;
    case 'lost':
      if (!ghost.mayBeLost) ghost.broken = 4;
      ghost.isLost = true;
      break;
    case 'survives':
      ghost.holders = onlyNode(number);
      if (ghost.remover === dead) ghost.remover = nobody;
      break;
    case 'gone':
      ghost.holders = onlyNode(number);
      break;
    default:
      break;
  }
}

/** Whether the object, or the right to create it, comes with a message. */
export const movesObject = (message: ObjectMessage): boolean =>
  message.type === 'GRANT' ||
  message.type === 'ABSENT_OWNERSHIP' ||
  message.type === 'RM_ACK2' ||
  (message.type === 'RM_DONE' && message.home);

function seeSend(ghost: CrashGhost, message: ObjectMessage, from: NodeId, to: NodeId, backup: boolean): void {
  if (message.type === 'ABSENT_OWNERSHIP' && message.lost) ghost.isLost = true;
  if (message.type === 'ABSENT_OWNERSHIP' && !message.lost) saysAbsent(ghost, 2);
  if (movesObject(message) || message.type === 'OWN') ghost.holders = withNode(onlyNode(from), to);
  else if (message.type === 'OWN_ACK') ghost.holders = onlyNode(from);
  else return;
  fearLoss(ghost, backup);
}

/** The default owner of all nodes is the lowest. */
function fearLoss(ghost: CrashGhost, backup: boolean): void {
  if (!ghost.holders.some((node) => ghost.crashed.includes(node))) return;
  if (backup && ghost.crashed.length === 1) return;
  ghost.mayBeLost = true;
  if (ghost.crashed.includes(0) || ghost.crashed.length > 1) ghost.mayBeUnknown = true;
}

/** What was sent before the first death is nothing to a node that died and started again. */
function seeArrival(ghost: CrashGhost, message: ObjectMessage, epoch: number, node: NodeId): void {
  if (ghost.crashed.includes(node) && epoch === 0) return;
  if (!movesObject(message) && message.type !== 'OWN_NACK') return;
  ghost.holders = onlyNode(node);
  ghost.mayBeLost = false;
  ghost.mayBeUnknown = false;
}

/** What certainly did not arrive is not lost. */
function seeEnd(ghost: CrashGhost, undelivered: readonly ViewMessage[], node: NodeId): void {
  for (const sent of undelivered) {
    if (sent.type !== 'OBJECT' || !(movesObject(sent.message) || sent.message.type === 'OWN')) continue;
    ghost.holders = onlyNode(node);
    ghost.mayBeLost = false;
    ghost.mayBeUnknown = false;
  }
}

function seeCrash(ghost: CrashGhost, node: NodeId, backup: boolean): void {
  ghost.crashed = withNode(ghost.crashed, node);
  ghost.told = withoutNode(ghost.told, node);
  if (ghost.writer === node) ghost.writer = dead;
  if (ghost.remover === node) ghost.remover = dead;
  fearLoss(ghost, backup);
}

/**
 * Every lease shows the last value written; or the object is called lost, until it is written or removed, and only if
 * all that had it died; or absent, if its default owner died as well.
 */
export const crashMonitor = ({ nodes, backup, grabsByHand = false }: CrashPromises): Monitor =>
  monitor<CrashGhost>({
    name: 'value of the object through deaths',
    watches: ['trace', 'reply', 'send', 'crash', 'event'],
    initial: () => ({
      current: noPayload,
      next: nothingNew,
      writer: nobody,
      remover: nobody,
      acquired: 0,
      holders: onlyNode(defaultOwnerIn(nodes)),
      crashed: noNodes,
      mayBeLost: false,
      mayBeUnknown: false,
      isLost: false,
      told: noNodes,
      broken: 0,
    }),
    observe(ghost, { kind, node, number, value }) {
      if (kind === 'trace') {
        seeStep(ghost, value as string, number, node, grabsByHand);
      } else if (kind === 'reply') {
        const { result } = value as ViewResult;
        seeReply(ghost, result, node);
      } else if (kind === 'send') {
        const message = value as ViewMessage;
        if (message.type === 'OBJECT') seeSend(ghost, message.message, node, number, backup);
      } else if (kind === 'crash') {
        seeCrash(ghost, node, backup);
      } else {
        const event = value as HostEvent;
        if (event.type === 'message' && event.message.type === 'OBJECT') {
          seeArrival(ghost, event.message.message, event.message.epoch, node);
        }
        if (event.type === 'died' || event.type === 'ended') seeEnd(ghost, event.undelivered, node);
      }
    },
    encode(ghost, into) {
      into.int(ghost.current);
      into.int(ghost.next);
      into.int(ghost.writer);
      into.int(ghost.remover);
      into.uint(ghost.acquired);
      into.list(ghost.holders, (each, to) => to.uint(each));
      into.list(ghost.crashed, (each, to) => to.uint(each));
      into.flag(ghost.mayBeLost);
      into.flag(ghost.mayBeUnknown);
      into.flag(ghost.isLost);
      into.list(ghost.told, (each, to) => to.uint(each));
      into.uint(ghost.broken);
    },
    decode: (from) => ({
      current: from.int(),
      next: from.int(),
      writer: from.int(),
      remover: from.int(),
      acquired: from.uint(),
      holders: from.list((each) => each.uint()),
      crashed: from.list((each) => each.uint()),
      mayBeLost: from.flag(),
      mayBeUnknown: from.flag(),
      isLost: from.flag(),
      told: from.list((each) => each.uint()),
      broken: from.uint(),
    }),
    violation: ({ broken }) => (broken === 0 ? undefined : promises[broken - 1]),
  });

function seeReply(ghost: CrashGhost, result: CallResult, node: NodeId): void {
  const isUnsaved = ghost.next !== nothingNew && node === ghost.writer;
  if (result.outcome === 'done' && isUnsaved) ghost.broken = 8;
  if (result.outcome === 'lost') ghost.told = withNode(ghost.told, node);
  if (result.outcome !== 'held') return;
  if (ghost.isLost) ghost.broken = 6;
  else if (result.payload === ghost.next) seeNext(ghost, node);
  else if (result.payload !== ghost.current) ghost.broken = 1;
  else if (ghost.writer === dead) nothingIsNext(ghost);
}

/** Its writer may see it, and after the death of the writer it may have been saved. */
function seeNext(ghost: CrashGhost, node: NodeId): void {
  if (node === ghost.writer) return;
  if (ghost.writer !== dead) ghost.broken = 7;
  ghost.current = ghost.next;
  nothingIsNext(ghost);
}
