import type { Decoder, Encoder } from '@holdfast/kernel';
import {
  type Accepted,
  type Follower,
  type Joining,
  type LogBatch,
  type LogRecord,
  type LogState,
  logPhases,
  type Pending,
  type Unsettled,
} from './log-types.ts';

/** Plain data as text, for hosts that keep many states: images, operations and changes are JSON there. */
function encodePlain(value: unknown, into: Encoder): void {
  const text = JSON.stringify(value);
  into.uint(text.length);
  for (let at = 0; at < text.length; at++) into.uint(text.charCodeAt(at));
}

function decodePlain(from: Decoder): unknown {
  const units = from.list((each) => each.uint());
  return JSON.parse(String.fromCharCode(...units));
}

export function encodeLog(state: LogState, into: Encoder): void {
  into.uint(logPhases.indexOf(state.phase));
  into.uint(state.epoch);
  into.int(state.appender);
  into.flag(state.serving);
  into.flag(state.welcome);
  encodePlain(state.image, into);
  into.uint(state.applied);
  into.uint(state.next);
  encodePlain(state.staged, into);
  into.uint(state.durable);
  into.uint(state.settled);
  encodePlain(state.unsettled, into);
  encodePlain(state.accepted, into);
  into.uint(state.reading);
  encodePlain(state.pending, into);
  into.uint(state.numbered);
  encodePlain(state.joining, into);
  encodePlain(state.followers, into);
  encodePlain(state.queue, into);
  into.flag(state.writing);
  into.flag(state.gathering);
  into.uint(state.tail);
  encodePlain([...state.touched].sort(), into);
  into.uint(state.floor);
  into.uint(state.snapshotAt);
  into.flag(state.isScattered);
  into.flag(state.saving);
}

export const decodeLog = (from: Decoder): LogState => ({
  phase: logPhases[from.uint()]!,
  epoch: from.uint(),
  appender: from.int(),
  serving: from.flag(),
  welcome: from.flag(),
  image: decodePlain(from),
  applied: from.uint(),
  next: from.uint(),
  staged: decodePlain(from) as LogBatch[],
  durable: from.uint(),
  settled: from.uint(),
  unsettled: decodePlain(from) as Unsettled[],
  accepted: decodePlain(from) as Accepted[],
  reading: from.uint(),
  pending: decodePlain(from) as Pending[],
  numbered: from.uint(),
  joining: decodePlain(from) as Joining[],
  followers: decodePlain(from) as Follower[],
  queue: decodePlain(from) as LogRecord[],
  writing: from.flag(),
  gathering: from.flag(),
  tail: from.uint(),
  touched: new Map(decodePlain(from) as [string, number][]),
  floor: from.uint(),
  snapshotAt: from.uint(),
  isScattered: from.flag(),
  saving: from.flag(),
});
