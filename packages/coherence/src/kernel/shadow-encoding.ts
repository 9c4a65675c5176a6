import type { Decoder, Encoder } from '@holdfast/kernel';
import { normal } from './baggage.ts';
import type { Baggage, NodeCall, Shadow } from './object-types.ts';

function writeCall({ node, call }: NodeCall, into: Encoder): void {
  into.uint(node);
  into.uint(call);
}

const readCall = (from: Decoder): NodeCall => ({ node: from.uint(), call: from.uint() });

export function writeBaggage({ executed, watchers, migratory, onDevice }: Baggage, into: Encoder): void {
  into.list(executed, writeCall);
  into.list(watchers, writeCall);
  into.flag(migratory);
  into.flag(onDevice);
}

export function readBaggage(from: Decoder): Baggage {
  const executed = from.list(readCall);
  const watchers = from.list(readCall);
  return normal({ executed, watchers, migratory: from.flag(), onDevice: from.flag() });
}

export function writeShadow({ version, incarnation, payload, baggage }: Shadow, into: Encoder): void {
  into.uint(version);
  into.uint(incarnation);
  into.int(payload);
  writeBaggage(baggage, into);
}

export const readShadow = (from: Decoder): Shadow => ({
  version: from.uint(),
  incarnation: from.uint(),
  payload: from.int(),
  baggage: readBaggage(from),
});
