import type { Operation, RegisterCall, RegisterResult, RegisterValue } from '@holdfast/simulation';
import { recordedCallsPerNodeMax } from '../limits.ts';

/**
 * Calls as the threads of a cluster record them, in memory that outlives a killed thread: a call that was made and never
 * answered stays in it as it was made. One clock for all threads, which counts what is recorded.
 */
export interface RecordMemory {
  readonly clock: SharedArrayBuffer;
  /** By node. */
  readonly logs: readonly SharedArrayBuffer[];
  /** Objects are numbered from 0. */
  readonly keys: number;
}

/** Where threads find the memory, in the environment data of their process. */
export const recordMemoryName = 'holdfast.history';

const kinds = ['get', 'set', 'exchange', 'remove'] as const;
export type RecordedKind = (typeof kinds)[number];
const outcomes = ['pending', 'answered', 'refused', 'unknown', 'lost'] as const;

const headWords = 1;
const words = {
  kind: 0,
  key: 1,
  value: 2,
  invoked: 3,
  answered: 4,
  outcome: 5,
  result: 6,
  client: 7,
  count: 8,
} as const;

/** Nothing there, as a result. Values are counted from 0. */
const nothing = -1;

export function makeRecordMemory(nodes: number, keys: number, callsPerNode: number): RecordMemory {
  const calls = Math.min(callsPerNode, recordedCallsPerNodeMax);
  const bytes = 4 * (headWords + words.count * calls);
  return {
    clock: new SharedArrayBuffer(4),
    logs: Array.from({ length: nodes }, () => new SharedArrayBuffer(bytes)),
    keys,
  };
}

/** The log of one node. */
export class RecordLog {
  readonly #clock: Int32Array;
  readonly #words: Int32Array;
  readonly #first: number;

  constructor(memory: RecordMemory, node: number) {
    this.#clock = new Int32Array(memory.clock);
    this.#words = new Int32Array(memory.logs[node]!);
    this.#first = node * recordedCallsPerNodeMax;
  }

  get capacity(): number {
    return (this.#words.length - headWords) / words.count;
  }

  /** Calls recorded so far, by all lives of the node. */
  get length(): number {
    return Math.min(Atomics.load(this.#words, 0), this.capacity);
  }

  now(): number {
    return Atomics.add(this.#clock, 0, 1) + 1;
  }

  /** Record that a call is about to be made; undefined once the log is full. */
  begin(kind: RecordedKind, key: number, client: number): RecordedCall | undefined {
    const index = Atomics.add(this.#words, 0, 1);
    if (index >= this.capacity) return undefined;
    const at = headWords + index * words.count;
    // A value nobody else ever writes.
    const value = this.#first + index;
    this.#words[at + words.kind] = kinds.indexOf(kind);
    this.#words[at + words.key] = key;
    this.#words[at + words.value] = value;
    this.#words[at + words.client] = client;
    Atomics.store(this.#words, at + words.invoked, this.now());
    return new RecordedCall(this, this.#words, at, value);
  }

  /** What was recorded. A call that has no start was cut off before it was made. */
  operations(process: string): Operation<RegisterCall, RegisterResult>[] {
    const found: Operation<RegisterCall, RegisterResult>[] = [];
    for (let index = 0; index < this.length; index++) {
      const record = this.#words.subarray(headWords + index * words.count, headWords + (index + 1) * words.count);
      if (record[words.invoked] !== 0) found.push(operationOf(record, process));
    }
    return found;
  }
}

/** A call that was made. Exactly one of its answers may be recorded. */
export class RecordedCall {
  /** What it writes, if it writes. */
  readonly value: number;
  readonly #log: RecordLog;
  readonly #words: Int32Array;
  readonly #at: number;

  constructor(log: RecordLog, logWords: Int32Array, at: number, value: number) {
    this.#log = log;
    this.#words = logWords;
    this.#at = at;
    this.value = value;
  }

  /** `saw` undefined: there was no object. */
  saw(value: number | undefined): void {
    this.#end('answered', value ?? nothing);
  }

  did(something: boolean): void {
    this.#end('answered', Number(something));
  }

  end(outcome: 'refused' | 'unknown' | 'lost'): void {
    this.#end(outcome, 0);
  }

  #end(outcome: (typeof outcomes)[number], result: number): void {
    this.#words[this.#at + words.result] = result;
    this.#words[this.#at + words.answered] = this.#log.now();
    Atomics.store(this.#words, this.#at + words.outcome, outcomes.indexOf(outcome));
  }
}

function operationOf(record: Int32Array, process: string): Operation<RegisterCall, RegisterResult> {
  const kind = kinds[record[words.kind]!]!;
  const outcome = outcomes[record[words.outcome]!]!;
  const value = record[words.value]!;
  const call: RegisterCall = kind === 'set' || kind === 'exchange' ? { type: kind, value } : { type: kind };
  const operation = {
    key: record[words.key]!,
    process: `${process} client ${record[words.client]}`,
    call,
    invoked: record[words.invoked]!,
  };
  const at = record[words.answered]!;
  if (outcome === 'pending') return operation;
  if (outcome === 'lost') return { ...operation, end: { outcome: 'answered', at, result: { lost: true } } };
  if (outcome !== 'answered') return { ...operation, end: { outcome } };
  return { ...operation, end: { outcome, at, result: resultOf(kind, record[words.result]!) } };
}

function resultOf(kind: RecordedKind, result: number): RegisterResult {
  if (kind === 'set') return {};
  if (kind === 'remove') return { did: result === 1 };
  const saw: RegisterValue = result === nothing ? null : result;
  return { saw };
}
