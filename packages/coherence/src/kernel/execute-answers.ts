import type { Handle } from '@holdfast/kernel';
import type { ObjectEnv } from './object-env.ts';
import type {
  CallResult,
  ExecuteCall,
  ExecuteRequest,
  ObjectEntry,
  ObjectMessage,
  ObjectSink,
} from './object-types.ts';
import { endsUnanswered } from './once.ts';

type Executed = Extract<ObjectMessage, { type: 'EXECUTED' }>;

/** Tell whoever asked what came of an operation: a call here, another node, or a request of this node that came back. */
export function answerExecute(
  entry: ObjectEntry,
  item: ExecuteCall | ExecuteRequest,
  outcome: Executed['outcome'],
  result: Handle,
  { self }: ObjectEnv,
  out: ObjectSink,
): void {
  if (item.type === 'execute') out.reply(item.call, resultOf(outcome, result));
  else if (item.requester === self) executeAnswered(entry, { call: item.call, outcome, result }, out);
  else out.send(item.requester, { type: 'EXECUTED', call: item.call, outcome, result });
}

export function executeAnswered(
  entry: ObjectEntry,
  { call, outcome, result }: Omit<Executed, 'type'>,
  out: ObjectSink,
): void {
  if (!endsUnanswered(entry, call)) return;
  out.reply(call, resultOf(outcome, result));
}

const resultOf = (outcome: Executed['outcome'], result: Handle): CallResult =>
  outcome === 'executed' ? { outcome, result } : { outcome };
