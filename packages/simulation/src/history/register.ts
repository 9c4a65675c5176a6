import type { Operation, SequentialModel } from './operation.ts';

/** What a register holds; null is nothing. */
export type RegisterValue = string | number | null;

export type RegisterCall =
  | { readonly type: 'get' }
  | { readonly type: 'set'; readonly value: RegisterValue }
  /** Set and answer what was there before. */
  | { readonly type: 'exchange'; readonly value: RegisterValue }
  /** Set if `expected` is there, and answer whether it was. */
  | { readonly type: 'compare'; readonly expected: RegisterValue; readonly value: RegisterValue }
  /** Set to nothing, and answer whether there was something. */
  | { readonly type: 'remove' }
  /** Not a call: something happened while it lasted by which the register may have lost its value. */
  | { readonly type: 'may-lose' };

/** What the caller was told; what it was not told may be anything. */
export interface RegisterResult {
  /** What `get` and `exchange` saw. */
  readonly saw?: RegisterValue;
  /** Whether `compare` or `remove` changed something. */
  readonly did?: boolean;
  /** The register said that its value is lost. */
  readonly lost?: boolean;
}

/** `maybe`: nobody has looked since something happened that may have lost the value. */
export interface RegisterState {
  readonly value: RegisterValue;
  readonly lost: 'no' | 'maybe' | 'yes';
}

/** `saw` was there; undefined where it cannot have been. Nobody told what was there learns nothing. */
function look(state: RegisterState, saw: RegisterValue | undefined): RegisterState | undefined {
  if (saw === undefined) return state;
  if (state.lost === 'yes') return undefined;
  if (saw === state.value) return state.lost === 'no' ? state : { value: saw, lost: 'no' };
  // What only dead nodes knew of reads as nothing.
  return state.lost === 'maybe' && saw === null ? { value: null, lost: 'no' } : undefined;
}

const hold = (state: RegisterState, value: RegisterValue): RegisterState =>
  state.value === value && state.lost === 'no' ? state : { value, lost: 'no' };

function compare(
  state: RegisterState,
  { expected, value }: Extract<RegisterCall, { type: 'compare' }>,
  did: boolean | undefined,
): RegisterState | undefined {
  const seen = look(state, expected);
  if (did ?? seen !== undefined) return seen && hold(seen, value);
  if (state.lost === 'no') return seen === undefined || did === undefined ? state : undefined;
  if (state.lost === 'yes') return did === undefined ? state : undefined;
  // Not what was expected: of value and nothing, the other one, unless it is neither.
  if (expected === state.value) return state.value === null ? undefined : { value: null, lost: 'no' };
  return expected === null ? { ...state, lost: 'no' } : state;
}

function remove(state: RegisterState, did: boolean | undefined): RegisterState | undefined {
  const wasThere = state.value !== null;
  if (did !== undefined && state.lost === 'no' && did !== wasThere) return undefined;
  // To remove what is lost is to remove something, and nothing may be taken for lost, too.
  return did === false && state.lost === 'yes' ? undefined : hold(state, null);
}

function next(state: RegisterState, call: RegisterCall, result: RegisterResult = {}): RegisterState | undefined {
  if (result.lost === true) {
    if (state.lost === 'no') return undefined;
    return state.lost === 'yes' ? state : { value: null, lost: 'yes' };
  }
  switch (call.type) {
    case 'get':
      return look(state, result.saw);
    case 'set':
      return hold(state, call.value);
    case 'exchange': {
      const seenState = look(state, result.saw);
      return seenState && hold(seenState, call.value);
    }
    case 'compare':
      return compare(state, call, result.did);
    case 'remove':
      return remove(state, result.did);
    case 'may-lose':
      // Who knew that it was lost may be dead too.
      return state.lost === 'maybe' ? state : { ...state, lost: 'maybe' };
  }
}

const isLook = (call: RegisterCall, result: RegisterResult | undefined): boolean =>
  (call.type === 'get' && result?.lost !== true) ||
  (result?.did === false && (call.type === 'compare' || call.type === 'remove'));

function seen(call: RegisterCall, { saw, did, lost }: RegisterResult): string | undefined {
  if (lost === true) return undefined;
  if (saw !== undefined) return JSON.stringify(saw);
  if (call.type === 'compare' && did === true) return JSON.stringify(call.expected);
  return call.type === 'remove' && did === false ? JSON.stringify(null) : undefined;
}

/** Whether an answer depends on what the register holds without naming it. */
function asksWhether({ call, end }: Operation<RegisterCall, RegisterResult>): boolean {
  if (end?.outcome !== 'answered') return false;
  const { did, lost } = end.result;
  return (call.type === 'compare' && did === false) || (call.type === 'remove' && did === true) || lost === true;
}

const unseen = ' unseen';

/**
 * A value that nobody names can be told from others only in that it is not what somebody asked for, and need not have
 * been written if nobody asked.
 */
function takeUnknown(
  operations: readonly Operation<RegisterCall, RegisterResult>[],
): (call: RegisterCall) => RegisterCall | undefined {
  const named = new Set<RegisterValue>();
  let isAsked = false;
  for (const operation of operations) {
    const { call, end } = operation;
    if (call.type === 'compare') named.add(call.expected);
    if (end?.outcome !== 'answered') continue;
    if (end.result.saw !== undefined) named.add(end.result.saw);
    isAsked ||= asksWhether(operation);
    // A removal that did nothing saw nothing there.
    if (call.type === 'remove' && end.result.did === false) named.add(null);
  }
  return (call) => {
    switch (call.type) {
      case 'get':
        return undefined;
      case 'set':
      case 'exchange': {
        if (named.has(call.value)) return { type: 'set', value: call.value };
        if (!isAsked) return undefined;
        return { type: 'set', value: call.value === null ? null : unseen };
      }
      case 'remove':
        return isAsked || named.has(null) ? call : undefined;
      case 'compare':
        return isAsked || named.has(call.value) ? call : undefined;
      case 'may-lose':
        return call;
    }
  };
}

/**
 * A register, absent at first: one key of a store of whole values. `may-lose` makes it one that may lose its value: it
 * then answers `lost` until the next write, or reads as nothing, and never answers an older value.
 */
export const registerModel: SequentialModel<RegisterState, RegisterCall, RegisterResult> = {
  name: 'register',
  initial: { value: null, lost: 'no' },
  next,
  isLook,
  stateText: ({ value, lost }) => (lost === 'no' ? '' : `${lost} lost `) + JSON.stringify(value),
  takeUnknown,
  values: {
    held: ({ value }) => JSON.stringify(value),
    seen,
    left: (call, result) => JSON.stringify('value' in call && result?.lost !== true ? call.value : null),
    isSure: ({ type }) => type !== 'may-lose',
  },
};
