import { anyNode, type ObjectEntry, objectKernel, objectStatuses } from '@holdfast/coherence';
import { Decoder, Encoder } from '@holdfast/kernel';
import fc from 'fast-check';
import { expect, test } from 'vitest';

const node = fc.nat(70);
const nodes = fc.uniqueArray(node, { maxLength: 5 }).map((set) => set.sort((a, b) => a - b));
const number = fc.nat();
const absence = fc.constantFrom('touch', 'no-touch', 'manual');
const route = { requester: node, request: number, forwards: number };
const kind = fc.constantFrom('read', 'write');
const existing = fc.constantFrom('touch', 'no-touch');
const operation = { call: number, operation: fc.integer({ min: -1 }), absence: existing, again: fc.boolean() };
const waiting = fc.oneof(
  fc.record({ type: fc.constant('get'), call: number, absence }),
  fc.record({ type: fc.constant('grab'), call: number, absence, try: fc.boolean() }),
  fc.record({
    type: fc.constant('flush'),
    call: number,
    to: fc.oneof(node, fc.constant(anyNode)),
    refusedBy: nodes,
    from: fc.constantFrom(...objectStatuses),
    evicts: fc.boolean(),
  }),
  fc.record({ type: fc.constant('remove'), call: number, again: fc.boolean() }),
  fc.record({ type: fc.constant('sync'), call: number }),
  fc.record({ type: fc.constant('watch'), call: number, seen: number }),
  fc.record({ type: fc.constant('prefetch'), call: number, kind, absence: existing }),
  fc.record({ type: fc.constant('execute'), ...operation }),
  fc.record({ type: fc.constant('EXEC_REQ'), ...operation, oldest: number, requester: node, forwards: number }),
  fc.record({ type: fc.constant('WATCH_REQ'), call: number, seen: number, requester: node, forwards: number }),
  fc.record({
    type: fc.constant('COPY_REQ'),
    kind: fc.constantFrom('read', 'write'),
    absence,
    try: fc.boolean(),
    held: number,
    ...route,
  }),
  fc.record({ type: fc.constant('RM_REQ'), call: number, oldest: number, again: fc.boolean(), ...route }),
);
const baggage = fc.record({
  executed: fc.uniqueArray(fc.record({ node, call: number }), { maxLength: 3 }),
  watchers: fc.uniqueArray(fc.record({ node, call: number }), { maxLength: 3 }),
  migratory: fc.boolean(),
  onDevice: fc.boolean(),
});
const shadow = fc.record({ version: number, incarnation: number, payload: number, baggage });
const pending = fc.oneof(
  fc.record({ type: fc.constant('put'), call: number }),
  fc.record({
    type: fc.constant('ran'),
    item: fc.record({ type: fc.constant('execute'), ...operation }),
    result: number,
  }),
);
const backup = fc.record({
  at: fc.integer({ min: -1, max: 7 }),
  unsaved: fc.boolean(),
  pending: fc.option(pending, { nil: undefined }),
  shadow: fc.option(shadow, { nil: undefined }),
});
const entries = fc.record({
  status: fc.constantFrom(...objectStatuses),
  probOwner: node,
  version: number,
  incarnation: number,
  payload: fc.integer({ min: -1 }),
  copyset: nodes,
  rmset: nodes,
  awaited: nodes,
  acknowledged: nodes,
  floor: number,
  home: fc.boolean(),
  lost: fc.boolean(),
  backup,
  request: number,
  invalidation: fc.option(fc.record({ type: fc.constantFrom('INV', 'RM'), to: node, version: number }), {
    nil: undefined,
  }),
  readers: nodes,
  writer: number,
  baggage,
  changed: fc.constantFrom('no', 'under-lease', 'earlier'),
  underway: nodes,
  sent: fc.array(fc.record({ type: fc.constant('execute'), ...operation }), { maxLength: 2 }),
  stored: number,
  storing: fc.array(
    fc.record({ node, call: number, version: number, stage: fc.constantFrom('writes', 'waits', 'unwanted') }),
    { maxLength: 3 },
  ),
  queue: fc.array(waiting, { maxLength: 4 }),
}) as fc.Arbitrary<ObjectEntry>;

test('what was encoded is decoded, and the bytes are the same again', () => {
  fc.assert(
    fc.property(entries, (entry) => {
      const encoder = new Encoder();
      objectKernel.encode(entry, encoder);
      const decoder = new Decoder(encoder.view().slice());
      expect(objectKernel.decode(decoder)).toEqual(entry);
      expect(decoder.atEnd).toBe(true);
    }),
  );
});
