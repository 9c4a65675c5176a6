import { handled, type Kernel } from '@holdfast/kernel';
import {
  canFinish,
  type Monitor,
  monitor,
  parallelLinks,
  part,
  type WorldSpec,
  type WorldView,
} from '../../src/index.ts';

/** A sender that repeats each value until it is acknowledged, and a receiver that drops repetitions. */
export interface StopAndWaitRules {
  /** The receiver looks at sequence numbers. */
  readonly dropsRepetitions: boolean;
  /** The sender repeats when its timer ends. */
  readonly repeats: boolean;
  /** The sender looks which value an acknowledgement is for. */
  readonly checksAcknowledgements: boolean;
}

export const goodRules: StopAndWaitRules = { dropsRepetitions: true, repeats: true, checksAcknowledgements: true };

interface Frame {
  readonly sequence: number;
  readonly value: number;
}

interface Acknowledgement {
  readonly acknowledged: number;
}

interface SenderState {
  next: number;
  readonly waiting: number[];
}

type SenderEvent =
  | { readonly type: 'put'; readonly value: number }
  | { readonly type: 'acknowledged'; readonly sequence: number }
  | { readonly type: 'timer' };

const repeatTimer = 0;

const sender: Kernel<SenderState, SenderEvent, StopAndWaitRules, Frame, never, never> = {
  name: 'sender',
  table: {
    idle: {
      put: handled,
      acknowledged: { class: 'ignored', why: 'an old one' },
      timer: { class: 'impossible', why: 'not armed' },
    },
    busy: { put: handled, acknowledged: handled, timer: handled },
  },
  initial: () => ({ next: 0, waiting: [] }),
  row: (state) => (state.waiting.length === 0 ? 'idle' : 'busy'),
  column: (event) => event.type,
  step(state, event, rules, out) {
    const send = () => {
      out.send(0, { sequence: state.next, value: state.waiting[0] as number });
      if (rules.repeats) out.setTimer(repeatTimer, 10);
    };
    if (event.type === 'put') {
      state.waiting.push(event.value);
      if (state.waiting.length === 1) send();
    } else if (event.type === 'timer') {
      send();
    } else if (state.waiting.length > 0 && (!rules.checksAcknowledgements || event.sequence === state.next)) {
      state.waiting.shift();
      state.next++;
      out.cancelTimer(repeatTimer);
      if (state.waiting.length > 0) send();
    }
  },
  encode(state, into) {
    into.uint(state.next);
    into.list(state.waiting, (value, to) => to.uint(value));
  },
  decode: (from) => ({ next: from.uint(), waiting: from.list((each) => each.uint()) }),
};

interface ReceiverState {
  expected: number;
}

type ReceiverEvent = { readonly type: 'frame'; readonly sequence: number; readonly value: number };

const receiver: Kernel<ReceiverState, ReceiverEvent, StopAndWaitRules, Acknowledgement, never, number> = {
  name: 'receiver',
  table: { any: { frame: handled } },
  initial: () => ({ expected: 0 }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, { sequence, value }, rules, out) {
    if (!rules.dropsRepetitions || sequence === state.expected) {
      state.expected = sequence + 1;
      out.deliver(value);
    }
    out.send(0, { acknowledged: sequence });
  },
  encode: (state, into) => into.uint(state.expected),
  decode: (from) => ({ expected: from.uint() }),
};

interface Delivered {
  count: number;
  wrong: boolean;
}

/** Values are delivered once each, in order. */
const inOrder: Monitor = monitor<Delivered>({
  name: 'delivers in order',
  watches: ['deliver'],
  initial: () => ({ count: 0, wrong: false }),
  observe(state, { value }) {
    if (value === state.count) state.count++;
    else state.wrong = true;
  },
  encode(state, into) {
    into.uint(state.count);
    into.flag(state.wrong);
  },
  decode: (from) => ({ count: from.uint(), wrong: from.flag() }),
  violation: (state) => (state.wrong ? `a value other than ${state.count} was delivered` : undefined),
});

export const deliveredOf = (view: WorldView): number => view.monitor<Delivered>(0).count;

/** Node a sends `values` values to node b. */
export function stopAndWait(values: number, rules = goodRules, more: Partial<WorldSpec> = {}): WorldSpec {
  return {
    name: 'stop-and-wait',
    nodes: [
      {
        name: 'a',
        parts: [
          part({
            name: 'sender',
            kernel: sender,
            env: () => rules,
            ports: [0],
            message: (_, { acknowledged }: Frame & Acknowledgement) =>
              ({ type: 'acknowledged', sequence: acknowledged }) as const,
            timer: () => ({ type: 'timer' }) as const,
          }),
        ],
      },
      {
        name: 'b',
        parts: [
          part({
            name: 'receiver',
            kernel: receiver,
            env: () => rules,
            ports: [0],
            message: (_, frame: Acknowledgement & Frame) => ({ type: 'frame', ...frame }) as const,
          }),
        ],
      },
    ],
    links: parallelLinks(1),
    calls: [
      {
        label: 'put',
        node: 0,
        part: 0,
        times: values,
        event: (nth): SenderEvent => ({ type: 'put', value: nth }),
      },
    ],
    timers: 'quiet',
    monitors: [inOrder],
    properties: [canFinish('everything is delivered', (view) => deliveredOf(view) === values)],
    ...more,
  };
}
