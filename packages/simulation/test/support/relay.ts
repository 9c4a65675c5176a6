import { handled, type Kernel } from '@holdfast/kernel';
import { type NodeSpec, part } from '../../src/index.ts';

/** What a relay numbers and passes on. */
interface Numbered {
  readonly number: number;
  readonly body: string;
}

type RelayEvent =
  | { readonly type: 'pass'; readonly body: string }
  | { readonly type: 'arrived'; readonly message: Numbered };

/** Lives on one link: numbers what goes out, delivers what comes in. */
const relay: Kernel<{ sent: number }, RelayEvent, number, Numbered, never, string> = {
  name: 'relay',
  table: { any: { pass: handled, arrived: handled } },
  initial: () => ({ sent: 0 }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, port, out) {
    if (event.type === 'pass') out.send(port, { number: state.sent++, body: event.body });
    else out.deliver(`${event.message.number}:${event.message.body}`);
  },
  encode: (state, into) => into.uint(state.sent),
  decode: (from) => ({ sent: from.uint() }),
};

type ChatEvent =
  | { readonly type: 'say'; readonly to: number; readonly body: string; readonly call: number }
  | { readonly type: 'heard'; readonly from: number; readonly body: string };

/** Speaks to nodes and knows nothing of links. */
const chat: Kernel<{ heard: string[] }, ChatEvent, undefined, string, string, never> = {
  name: 'chat',
  table: { any: { say: handled, heard: handled } },
  initial: () => ({ heard: [] }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, _env, out) {
    if (event.type === 'say') {
      out.send(event.to, event.body);
      out.trace('said', event.to);
      out.reply(event.call, 'said');
    } else {
      state.heard.push(`${event.from}>${event.body}`);
    }
  },
  encode: (state, into) =>
    into.list(state.heard, (text, to) => to.list(Array.from(text), (each, each2) => each2.uint(each.charCodeAt(0)))),
  decode: (from) => ({ heard: from.list((each) => String.fromCharCode(...each.list((digit) => digit.uint()))) }),
};

/** A chat over one relay per peer: part 0 is the chat, the others the relays. */
export function chatNode(self: number, nodes: number): NodeSpec {
  const peers = Array.from({ length: nodes }, (_, peer) => peer).filter((peer) => peer !== self);
  return {
    name: `n${self}`,
    parts: [
      part({
        name: 'chat',
        kernel: chat,
        env: () => undefined,
        below: (to, body) => ({ part: 1 + peers.indexOf(to), event: { type: 'pass', body } as const }),
      }),
      ...peers.map((peer) =>
        part({
          name: `relay to ${peer}`,
          kernel: relay,
          env: () => peer,
          ports: [peer],
          message: (_, message) => ({ type: 'arrived', message }) as const,
          above: (body) => ({ part: 0, event: { type: 'heard', from: peer, body } as const }),
        }),
      ),
    ],
  };
}

export const says = (node: number, to: number, body: string) => ({
  label: `say ${body}`,
  node,
  part: 0,
  times: 1,
  event: () => ({ type: 'say', to, body, call: 7 }) as const,
});
