import type { Operation, SequentialModel } from '@holdfast/simulation';
import { blankPayload, noPayload } from '../kernel/object-types.ts';

/** What a call did to one object, as far as its client can tell. Values are payload numbers; `noPayload` is absent. */
export type ObjectCall =
  /** Look, and create the object, blank, if it is absent and `touched`. */
  | { readonly type: 'see'; readonly touched: boolean }
  | { readonly type: 'write'; readonly value: number }
  | { readonly type: 'remove' }
  /** Not a call: a node died, and what it alone had with it. */
  | { readonly type: 'may-lose' };

/** What a `see` or the lease of a `write` saw; 1 or 0 for a removal that did or did not find something. */
export type ObjectAnswer = number;

/** The object was said to be lost. */
export const lostAnswer = -2;

export type ObjectOperation = Operation<ObjectCall, ObjectAnswer>;

/** `maybe`: a node died, and nobody has looked since. Then the object is as it was, lost, or absent. */
export interface ObjectState {
  readonly value: number;
  readonly lost: 'no' | 'maybe' | 'yes';
}

const holding = (state: ObjectState, value: number): ObjectState =>
  state.value === value && state.lost === 'no' ? state : { value, lost: 'no' };

function see(state: ObjectState, touched: boolean, answer: number | undefined): ObjectState | undefined {
  const creates = touched && state.value === noPayload;
  const usual = creates ? blankPayload : state.value;
  if (state.lost === 'no') return answer === undefined || answer === usual ? holding(state, usual) : undefined;
  if (answer === undefined) return state;
  if (state.lost === 'maybe' && answer === usual) return holding(state, usual);
  // What died with its last holder may be created anew, or be nothing for a call that touches nothing.
  if (answer === noPayload && !touched) return { value: noPayload, lost: state.lost };
  return state.lost === 'maybe' && answer === (touched ? blankPayload : noPayload) ? holding(state, answer) : undefined;
}

function next(state: ObjectState, call: ObjectCall, answer: ObjectAnswer | undefined): ObjectState | undefined {
  if (answer === lostAnswer) {
    if (state.lost === 'no') return undefined;
    return state.lost === 'yes' ? state : { value: noPayload, lost: 'yes' };
  }
  switch (call.type) {
    case 'see':
      return see(state, call.touched, answer);
    case 'write':
      return answer === undefined || answer === state.value || (state.lost !== 'no' && answer === noPayload)
        ? holding(state, call.value)
        : undefined;
    case 'remove': {
      const found = Number(state.value !== noPayload);
      return state.lost !== 'no' || answer === undefined || answer === found ? holding(state, noPayload) : undefined;
    }
    case 'may-lose':
      // Who knew that it was lost may be dead too.
      return state.lost === 'maybe' ? state : { ...state, lost: 'maybe' };
  }
}

// A touch that saw a blank object may have made it.
const isLook = (call: ObjectCall, answer: ObjectAnswer | undefined): boolean =>
  call.type === 'see' && answer !== undefined && answer !== lostAnswer && !(call.touched && answer === blankPayload);

/** What was there for sure before the call did anything. */
function seen(call: ObjectCall, answer: ObjectAnswer): string | undefined {
  if (call.type === 'remove') return answer === 0 ? String(noPayload) : undefined;
  if (call.type === 'may-lose' || answer === lostAnswer) return undefined;
  return call.type === 'write' || isLook(call, answer) ? String(answer) : undefined;
}

function left(call: ObjectCall, answer: ObjectAnswer | undefined): string {
  if (call.type === 'write') return String(call.value);
  return String(call.type === 'see' && answer !== lostAnswer ? blankPayload : noPayload);
}

/** A touch or a removal of which nobody can tell whether it was made need not have been. */
function takeUnknown(operations: readonly ObjectOperation[]): (call: ObjectCall) => ObjectCall | undefined {
  const answers = operations.flatMap(({ call, end }) =>
    end?.outcome === 'answered' ? [{ call, answer: end.result }] : [],
  );
  const isSeen = (value: number): boolean =>
    answers.some(({ call, answer }) => call.type !== 'remove' && call.type !== 'may-lose' && answer === value);
  const isFound = answers.some(({ call, answer }) => call.type === 'remove' && answer === 1);
  const isMissed = answers.some(({ call, answer }) => call.type === 'remove' && answer === 0);
  const asksForBlank =
    isFound || answers.some(({ call, answer }) => answer === blankPayload && !(call.type === 'see' && call.touched));
  const asksForNothing = isMissed || isSeen(noPayload) || isSeen(blankPayload);
  return (call) => {
    if (call.type === 'see') return call.touched && asksForBlank ? call : undefined;
    return call.type === 'remove' && !asksForNothing ? undefined : call;
  };
}

/** One object of a container, used by one client at a time. */
export const objectModel: SequentialModel<ObjectState, ObjectCall, ObjectAnswer> = {
  name: 'object',
  initial: { value: noPayload, lost: 'no' },
  next,
  isLook,
  stateText: ({ value, lost }) => `${lost === 'no' ? '' : `${lost} lost `}${value === noPayload ? 'absent' : value}`,
  takeUnknown,
  values: {
    held: ({ value }) => String(value),
    seen,
    left,
    isSure: ({ type }) => type !== 'may-lose',
  },
};
