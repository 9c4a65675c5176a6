import type { SequentialModel } from './operation.ts';

export type CounterCall = { readonly type: 'read' } | { readonly type: 'add'; readonly by: number };

/** A counter that starts at 0. The result is its value, after the addition. */
export const counterModel: SequentialModel<number, CounterCall, number> = {
  name: 'counter',
  initial: 0,
  next(value, call, result) {
    const after = call.type === 'add' ? value + call.by : value;
    return result === undefined || result === after ? after : undefined;
  },
  isLook: ({ type }) => type === 'read',
  stateText: String,
  values: {
    held: String,
    seen: (call, result) => String(call.type === 'add' ? result - call.by : result),
    isSure: () => true,
    left: (_, result) => (result === undefined ? undefined : String(result)),
  },
};
