import type { Operation, SequentialModel } from '@holdfast/simulation';
import { blankPayload, noPayload } from '../kernel/object-types.ts';

/** What a call did to one object, as far as its client can tell. Values are payload numbers; `noPayload` is absent. */
export type ObjectCall =
  /** Look, and create the object, blank, if it is absent and `touched`. */
  | { readonly type: 'see'; readonly touched: boolean }
  | { readonly type: 'write'; readonly value: number }
  | { readonly type: 'remove' };

/** What a `see` or the lease of a `write` saw; 1 or 0 for a removal that did or did not find something. */
export type ObjectAnswer = number;

export type ObjectOperation = Operation<ObjectCall, ObjectAnswer>;

function next(value: number, call: ObjectCall, answer: ObjectAnswer | undefined): number | undefined {
  switch (call.type) {
    case 'see': {
      const seen = call.touched && value === noPayload ? blankPayload : value;
      return answer === undefined || answer === seen ? seen : undefined;
    }
    case 'write':
      return answer === undefined || answer === value ? call.value : undefined;
    case 'remove':
      return answer === undefined || answer === Number(value !== noPayload) ? noPayload : undefined;
  }
}

/** One object of a container, used by one client at a time. */
export const objectModel: SequentialModel<number, ObjectCall, ObjectAnswer> = {
  name: 'object',
  initial: noPayload,
  next,
  isLook: (call, answer) =>
    (call.type === 'see' && !(call.touched && (answer ?? blankPayload) === blankPayload)) ||
    (call.type === 'remove' && answer === 0),
  stateText: (value) => (value === noPayload ? 'absent' : String(value)),
  values: {
    held: String,
    seen(call, answer) {
      if (call.type === 'remove') return answer === 0 ? String(noPayload) : undefined;
      return call.type === 'see' && call.touched && answer === blankPayload ? undefined : String(answer);
    },
    left: (call) => String(call.type === 'write' ? call.value : call.type === 'see' ? blankPayload : noPayload),
    isSure: () => true,
  },
};
