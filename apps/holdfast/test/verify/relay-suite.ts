import { handled, ignored, type Kernel } from '@holdfast/kernel';
import { monitor, parallelLinks, part, type VerificationSuite, type WorldSpec } from '@holdfast/simulation';

/** A node that passes a number on, and one that delivers each number once: the smallest suite that can go wrong. */
type Sent = { readonly type: 'sent'; readonly number: number };

const source: Kernel<{ next: number }, { readonly type: 'send' }, undefined, Sent> = {
  name: 'source',
  table: { open: { send: handled } },
  initial: () => ({ next: 0 }),
  row: () => 'open',
  column: (event) => event.type,
  step(state, _event, _env, out) {
    out.send(0, { type: 'sent', number: state.next++ });
  },
  encode: (state, into) => into.uint(state.next),
  decode: (from) => ({ next: from.uint() }),
};

const sink = (dropsDuplicates: boolean): Kernel<{ next: number }, Sent, undefined, never, never, number> => ({
  name: 'sink',
  table: { fresh: { sent: handled }, stale: { sent: ignored('it came before') } },
  initial: () => ({ next: 0 }),
  row: (state, event) => (event.number >= state.next ? 'fresh' : 'stale'),
  column: (event) => event.type,
  step(state, event, _env, out) {
    if (event.number < state.next && dropsDuplicates) return;
    state.next = event.number + 1;
    out.deliver(event.number);
  },
  encode: (state, into) => into.uint(state.next),
  decode: (from) => ({ next: from.uint() }),
});

const once = monitor<{ last: number; doubled: boolean }>({
  name: 'once',
  watches: ['deliver'],
  initial: () => ({ last: -1, doubled: false }),
  observe(state, { value }) {
    if (Number(value) <= state.last) state.doubled = true;
    state.last = Number(value);
  },
  encode(state, into) {
    into.int(state.last);
    into.flag(state.doubled);
  },
  decode: (from) => ({ last: from.int(), doubled: from.flag() }),
  violation: ({ doubled }) => (doubled ? 'a number was delivered twice' : undefined),
});

function world(dropsDuplicates: boolean): WorldSpec {
  return {
    name: 'relay',
    nodes: [
      {
        name: 'source',
        // Nothing is ever sent to it: what arrives is dropped.
        parts: [part({ name: 'source', kernel: source, env: () => undefined, ports: [0], message: () => undefined })],
      },
      {
        name: 'sink',
        parts: [
          part({
            name: 'sink',
            kernel: sink(dropsDuplicates),
            env: () => undefined,
            ports: [0],
            message: (_port, message) => message as unknown as Sent,
          }),
        ],
      },
    ],
    links: parallelLinks(1),
    calls: [{ label: 'send', node: 0, part: 0, times: 3, event: () => ({ type: 'send' }) }],
    faults: { duplicate: 2 },
    monitors: [once],
  };
}

/** @param sound whether the suite's own kernel holds; `caught` whether its one seeded bug is a bug at all. */
export function relaySuite({ sound = true, caught = true } = {}): VerificationSuite {
  return {
    kernel: 'relay',
    configurations: [world(sound)],
    mutants: [{ name: 'delivers duplicates', configuration: 'relay', world: world(!caught) }],
    simulation: { world: world(sound), faults: { duplicate: 0.5 }, missing: () => undefined },
  };
}
