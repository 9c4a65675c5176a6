import {
  type CellTable,
  cellAt,
  type Decoder,
  type Encoder,
  handled,
  impossible,
  type Kernel,
  ProtocolError,
} from '@holdfast/kernel';
import { decodeEntry, encodeEntry, initialEntry, isForgettable } from './object-entry.ts';
import { objectKernel } from './object-kernel.ts';
import type { CallId, CallResult, NodeId, ObjectMessage, ObjectNotice, ObjectSink } from './object-types.ts';
import type { SetEnv } from './set-env.ts';
import { beginFlushSet, beginGrabAll, endGrabAll, groupAnswered, groupOf, type ObjectStep } from './set-groups.ts';
import type {
  GroupCall,
  KeyedMessage,
  KeyedNotice,
  ObjectKey,
  ObjectSet,
  SetEvent,
  SetResult,
  SetSink,
} from './set-types.ts';

const name = 'set';

const numbersAreFree = impossible('a call is numbered anew only when its number is free');
const onlyHeld = impossible('leases are ended once all of them are held');

/** Rows tell what the call of an event does to several objects. What happens to one object is in that object's table. */
const setTable: CellTable = {
  free: { grabAll: handled, flushSet: handled, putAll: onlyHeld },
  taking: { grabAll: numbersAreFree, flushSet: numbersAreFree, putAll: onlyHeld },
  holding: { grabAll: numbersAreFree, flushSet: numbersAreFree, putAll: handled },
  flushing: { grabAll: numbersAreFree, flushSet: numbersAreFree, putAll: onlyHeld },
  object: { message: handled, object: handled },
};

function row(set: ObjectSet, event: SetEvent): string {
  if (event.type === 'message' || event.type === 'object') return 'object';
  const group = groupOf(set, event.call);
  if (group === undefined) return 'free';
  if (group.type === 'flushSet') return 'flushing';
  return group.taken === group.keys.length ? 'holding' : 'taking';
}

function step(set: ObjectSet, event: SetEvent, env: SetEnv, out: SetSink): void {
  const cell = cellAt(name, setTable, row(set, event), event.type);
  if (cell.class === 'impossible') throw new ProtocolError(name, row(set, event), event.type, cell.why);
  const steps = firstSteps(set, event, env, out);
  for (let next = steps.shift(); next !== undefined; next = steps.shift())
    steps.push(...stepObject(set, next, env, out));
}

function firstSteps(set: ObjectSet, event: SetEvent, env: SetEnv, out: SetSink): ObjectStep[] {
  switch (event.type) {
    case 'message': {
      const { key, message } = event.message;
      return [{ key, event: { type: 'message', from: event.from, message } }];
    }
    case 'object':
      return [event];
    case 'grabAll':
      return beginGrabAll(set, event, env);
    case 'putAll':
      return endGrabAll(set, event);
    case 'flushSet':
      return beginFlushSet(set, event, out);
  }
}

/** One event of one object; answers what the groups whose objects answered do next. */
function stepObject(set: ObjectSet, { key, event }: ObjectStep, env: SetEnv, out: SetSink): ObjectStep[] {
  const objectEnv = env.objectEnv(key);
  const entry = set.entries.get(key) ?? initialEntry(objectEnv);
  set.entries.set(key, entry);
  const sink = new KeyedSink(set, key, out);
  objectKernel.step(entry, event, objectEnv, sink);
  if (isForgettable(entry, objectEnv)) set.entries.delete(key);
  return sink.answers.flatMap(({ group, result }) => groupAnswered(set, group, key, result, env, out));
}

/** Names the object in what its kernel does, and keeps what belongs to calls on several objects. */
class KeyedSink implements ObjectSink {
  readonly #set: ObjectSet;
  readonly #key: ObjectKey;
  readonly #out: SetSink;
  readonly answers: { group: GroupCall; result: CallResult }[] = [];

  constructor(set: ObjectSet, key: ObjectKey, out: SetSink) {
    this.#set = set;
    this.#key = key;
    this.#out = out;
  }

  send(to: NodeId, message: ObjectMessage): void {
    this.#out.send(to, { key: this.#key, message });
  }

  reply(call: CallId, result: CallResult): void {
    const group = groupOf(this.#set, call);
    if (group === undefined) this.#out.reply(call, { outcome: 'object', key: this.#key, result });
    else this.answers.push({ group, result });
  }

  deliver(notice: ObjectNotice): void {
    this.#out.deliver({ key: this.#key, notice });
  }

  trace(step: string, a?: number, b?: number): void {
    this.#out.trace(`${this.#key}: ${step}`, a, b);
  }

  setTimer(timer: number, afterMs: number): void {
    this.#out.setTimer(timer, afterMs);
  }

  cancelTimer(timer: number): void {
    this.#out.cancelTimer(timer);
  }

  diskRead(op: number, address: number, blocks: number): void {
    this.#out.diskRead(op, address, blocks);
  }

  diskWrite(op: number, address: number, payload: number): void {
    this.#out.diskWrite(op, address, payload);
  }

  diskFlush(op: number): void {
    this.#out.diskFlush(op);
  }
}

function encode({ entries, groups }: ObjectSet, into: Encoder): void {
  const known = [...entries].sort(([a], [b]) => a - b);
  into.list(known, ([key, entry], to) => {
    to.uint(key);
    encodeEntry(entry, to);
  });
  into.list(groups, writeGroup);
}

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();

function writeGroup(group: GroupCall, into: Encoder): void {
  into.flag(group.type === 'grabAll');
  into.uint(group.call);
  if (group.type === 'grabAll') {
    into.list(group.keys, writeUint);
    into.uint(group.taken);
  } else {
    into.list(group.awaited, writeUint);
    into.list(group.kept, writeUint);
  }
}

function readGroup(from: Decoder): GroupCall {
  return from.flag()
    ? { type: 'grabAll', call: from.uint(), keys: from.list(readUint), taken: from.uint() }
    : { type: 'flushSet', call: from.uint(), awaited: from.list(readUint), kept: from.list(readUint) };
}

function decode(from: Decoder): ObjectSet {
  const entries = new Map(from.list((each) => [each.uint(), decodeEntry(each)] as const));
  return { entries, groups: from.list(readGroup) };
}

/**
 * The objects of a set on one node: each as {@link objectKernel} has it, and calls on several of them. A host that makes
 * no such calls may run the object kernel for each key itself: what happens to one object is the same.
 */
export const setKernel: Kernel<ObjectSet, SetEvent, SetEnv, KeyedMessage, SetResult, KeyedNotice> = {
  name,
  table: setTable,
  initial: () => ({ entries: new Map(), groups: [] }),
  row,
  column: ({ type }) => type,
  step,
  encode,
  decode,
};
