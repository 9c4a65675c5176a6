import { type Decoder, type Encoder, handled, ignored, impossible, type Kernel } from '@holdfast/kernel';

/**
 * An actor as two plain state machines: a sender that repeats each letter until it is acknowledged, and a receiver that
 * delivers each letter once. No clock, no sockets, no promises: whoever runs them brings those.
 */
export type Letter = { readonly type: 'letter'; readonly number: number };
export type Receipt = { readonly type: 'receipt'; readonly number: number };

export interface SenderState {
  /** The letter on its way, or the next one to be sent. */
  number: number;
  underway: boolean;
  /** Letters posted and not yet sent. */
  waiting: number;
}

export type SenderEvent = { readonly type: 'post' } | Receipt | { readonly type: 'repeat' };

const receiver = 0;
const repeatTimer = 0;
const repeatAfterMs = 20;

export const sender: Kernel<SenderState, SenderEvent, undefined, Letter> = {
  name: 'sender',
  table: {
    idle: {
      post: handled,
      receipt: ignored('a receipt that came twice'),
      repeat: impossible('the timer is cancelled by the receipt'),
    },
    underway: { post: handled, receipt: handled, repeat: handled },
  },
  initial: () => ({ number: 0, underway: false, waiting: 0 }),
  row: (state) => (state.underway ? 'underway' : 'idle'),
  column: (event) => event.type,
  step(state, event, _env, out) {
    const send = () => {
      state.underway = true;
      out.send(receiver, { type: 'letter', number: state.number });
      out.setTimer(repeatTimer, repeatAfterMs);
    };
    if (event.type === 'post') {
      if (state.underway) state.waiting++;
      else send();
    } else if (event.type === 'repeat') {
      send();
    } else if (state.underway && event.number === state.number) {
      out.cancelTimer(repeatTimer);
      state.underway = false;
      state.number++;
      if (state.waiting > 0) {
        state.waiting--;
        send();
      }
    }
  },
  encode(state: SenderState, into: Encoder) {
    into.uint(state.number);
    into.flag(state.underway);
    into.uint(state.waiting);
  },
  decode: (from: Decoder) => ({ number: from.uint(), underway: from.flag(), waiting: from.uint() }),
};

export interface ReceiverState {
  expected: number;
}

/** @param checksNumbers false is a bug: a letter that arrives twice is delivered twice. */
export function receiverKernel(checksNumbers = true): Kernel<ReceiverState, Letter, undefined, Receipt, never, number> {
  return {
    name: 'receiver',
    table: { open: { letter: handled } },
    initial: () => ({ expected: 0 }),
    row: () => 'open',
    column: (event) => event.type,
    step(state, event, _env, out) {
      if (event.number === state.expected || !checksNumbers) {
        state.expected = event.number + 1;
        out.deliver(event.number);
      }
      out.send(0, { type: 'receipt', number: event.number });
    },
    encode: (state, into) => into.uint(state.expected),
    decode: (from) => ({ expected: from.uint() }),
  };
}
