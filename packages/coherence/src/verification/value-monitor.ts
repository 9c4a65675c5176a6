import type { Decoder, Encoder } from '@holdfast/kernel';
import { type Monitor, monitor } from '@holdfast/simulation';
import { type CallResult, noPayload, type ObjectNotice } from '../kernel/object-types.ts';

/** What the object is, seen from outside: the last value written, or nothing. */
export interface ValueGhost {
  current: number;
  /** Version of the last exclusive lease. */
  acquired: number;
  /** Version on the device. */
  stored: number;
  broken: number;
}

const promises = [
  'a lease showed another value than the last one written (I5)',
  'an object that exists was called absent (I8)',
  'the version did not rise at an exclusive lease',
  'an older value was written to the device after a newer one',
] as const;

export const noValue = (): ValueGhost => ({ current: noPayload, acquired: 0, stored: 0, broken: 0 });

export function seeReply(state: ValueGhost, result: CallResult): void {
  if (result.outcome === 'held' && result.payload !== state.current) state.broken = 1;
}

/** An operation is shown the last value written too. */
export function seeRun(state: ValueGhost, notice: ObjectNotice): void {
  if (notice.type === 'run' && notice.payload !== state.current) state.broken = 1;
}

/** A step of the protocol that the kernel named. */
export function seeStep(state: ValueGhost, step: unknown, number: number): void {
  if (step === 'written') {
    state.current = number;
  } else if (step === 'acquired') {
    if (number <= state.acquired) state.broken = 3;
    state.acquired = number;
  } else if (step === 'stored') {
    if (number < state.stored) state.broken = 4;
    state.stored = number;
  } else if (step === 'reloaded') {
    if (number !== state.current) state.broken = 1;
  } else if (step === 'removed') {
    state.current = noPayload;
  } else if (step === 'absent' && state.current !== noPayload) {
    state.broken = 2;
  }
}

export function encodeValue(state: ValueGhost, into: Encoder): void {
  into.int(state.current);
  into.uint(state.acquired);
  into.uint(state.stored);
  into.uint(state.broken);
}

export const decodeValue = (from: Decoder): ValueGhost => ({
  current: from.int(),
  acquired: from.uint(),
  stored: from.uint(),
  broken: from.uint(),
});

export const brokenPromise = ({ broken }: ValueGhost): string | undefined =>
  broken === 0 ? undefined : promises[broken - 1];

/** Every lease shows the last value written in this life of the object, and only an absent one is called absent. */
export const valueMonitor: Monitor = monitor<ValueGhost>({
  name: 'value of the object',
  watches: ['trace', 'reply', 'deliver'],
  initial: noValue,
  observe(state, { kind, number, value }) {
    if (kind === 'reply') seeReply(state, value as CallResult);
    else if (kind === 'deliver') seeRun(state, value as ObjectNotice);
    else seeStep(state, value, number);
  },
  encode: encodeValue,
  decode: decodeValue,
  violation: brokenPromise,
});
