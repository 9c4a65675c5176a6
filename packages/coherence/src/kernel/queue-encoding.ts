import type { Decoder, Encoder } from '@holdfast/kernel';
import type { NodeSet } from './node-set.ts';
import {
  absenceModes,
  type CopyRequest,
  type ExecuteCall,
  type ExecuteRequest,
  type LocalCall,
  objectStatuses,
  type RemoteRequest,
  type RemoveRequest,
} from './object-types.ts';

/** The encoding of what waits in the queue of an entry. */

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();
const writeSet = (set: NodeSet, into: Encoder): void => into.list(set, writeUint);
const readSet = (from: Decoder): number[] => from.list(readUint);

type Waiting = LocalCall | RemoteRequest;

const waitingTypes: readonly Waiting['type'][] = [
  'get',
  'grab',
  'flush',
  'remove',
  'sync',
  'COPY_REQ',
  'RM_REQ',
  'prefetch',
  'execute',
  'watch',

  'EXEC_REQ',
  'WATCH_REQ',
];

export function writeWaiting(item: Waiting, into: Encoder): void {
  into.uint(waitingTypes.indexOf(item.type));
  switch (item.type) {
    case 'get':
    case 'grab':
      into.uint(item.call);
      into.uint(absenceModes.indexOf(item.absence));
      if (item.type === 'grab') into.flag(item.try);
      break;
    case 'flush':
      into.uint(item.call);
      into.int(item.to);
      writeSet(item.refusedBy, into);
      into.uint(objectStatuses.indexOf(item.from));
      into.flag(item.evicts);
      break;
    case 'prefetch':
      into.uint(item.call);
      into.flag(item.kind === 'write');
      into.uint(absenceModes.indexOf(item.absence));
      break;
    case 'execute':
      writeOperation(item, into);
      break;
    case 'remove':
      into.uint(item.call);
      into.flag(item.again);
      break;
    case 'sync':
      into.uint(item.call);
      break;
    case 'watch':
      into.uint(item.call);
      into.uint(item.seen);
      break;
    case 'EXEC_REQ':
      writeOperation(item, into);
      into.uint(item.oldest);
      into.uint(item.requester);
      into.uint(item.forwards);
      break;
    case 'WATCH_REQ':
      into.uint(item.call);
      into.uint(item.seen);
      into.uint(item.requester);
      into.uint(item.forwards);
      break;
    case 'COPY_REQ':
      into.flag(item.kind === 'write');
      into.uint(absenceModes.indexOf(item.absence));
      into.flag(item.try);
      into.uint(item.held);
      writeRoute(item, into);
      break;
    case 'RM_REQ':
      writeRoute(item, into);
      into.uint(item.call);
      into.uint(item.oldest);
      into.flag(item.again);
      break;
  }
}

function writeOperation({ call, operation, absence, again }: ExecuteCall | ExecuteRequest, into: Encoder): void {
  into.uint(call);
  into.int(operation);
  into.flag(absence === 'touch');
  into.flag(again);
}

const readOperation = (from: Decoder) =>
  ({
    call: from.uint(),
    operation: from.int(),
    absence: from.flag() ? 'touch' : 'no-touch',
    again: from.flag(),
  }) as const;

function writeRoute({ requester, request, forwards }: CopyRequest | RemoveRequest, into: Encoder): void {
  into.uint(requester);
  into.uint(request);
  into.uint(forwards);
}

export function readWaiting(from: Decoder): Waiting {
  const type = waitingTypes[from.uint()]!;
  switch (type) {
    case 'get':
      return { type, call: from.uint(), absence: absenceModes[from.uint()]! };
    case 'grab':
      return { type, call: from.uint(), absence: absenceModes[from.uint()]!, try: from.flag() };
    case 'flush':
      return {
        type,
        call: from.uint(),
        to: from.int(),
        refusedBy: readSet(from),
        from: objectStatuses[from.uint()]!,
        evicts: from.flag(),
      };
    case 'prefetch':
      return {
        type,
        call: from.uint(),
        kind: from.flag() ? 'write' : 'read',
        absence: from.uint() === 0 ? 'touch' : 'no-touch',
      };
    case 'execute':
      return { type, ...readOperation(from) };
    case 'remove':
      return { type, call: from.uint(), again: from.flag() };
    case 'sync':
      return { type, call: from.uint() };
    case 'watch':
      return { type, call: from.uint(), seen: from.uint() };
    case 'EXEC_REQ':
      return {
        type,
        ...readOperation(from),
        oldest: from.uint(),
        requester: from.uint(),
        forwards: from.uint(),
      };
    case 'WATCH_REQ':
      return { type, call: from.uint(), seen: from.uint(), requester: from.uint(), forwards: from.uint() };
    case 'COPY_REQ':
      return {
        type,
        kind: from.flag() ? 'write' : 'read',
        absence: absenceModes[from.uint()]!,
        try: from.flag(),
        held: from.uint(),
        requester: from.uint(),
        request: from.uint(),
        forwards: from.uint(),
      };
    case 'RM_REQ':
      return {
        type,
        requester: from.uint(),
        request: from.uint(),
        forwards: from.uint(),
        call: from.uint(),
        oldest: from.uint(),
        again: from.flag(),
      };
  }
}
