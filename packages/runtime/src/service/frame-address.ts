import type { Reader } from '../codec/reader.ts';
import { appendBytes, type Writer } from '../codec/writer.ts';
import type { MemberSlot } from '../member.ts';
import type { Courier } from './courier.ts';
import { addressBytes } from './frame-kinds.ts';

/** Which call or stream of which caller a frame is about. */
export interface Address {
  readonly from: MemberSlot;
  readonly slot: number;
  readonly generation: number;
}

/** Kind, slot and generation, with which most frames begin. */
export function writeAddress(to: Writer, kind: number, slot: number, generation: number): void {
  to.room(addressBytes);
  const { view, at } = to;
  view.setUint8(at, kind);
  view.setUint32(at + 1, slot, true);
  view.setUint32(at + 5, generation, true);
  to.at = at + addressBytes;
}

/** The reader is at the kind of a frame; it throws when the frame is too short to have an address. */
export function readAddress(from: Reader, into: { slot: number; generation: number }): void {
  const at = from.take(addressBytes);
  into.slot = from.view.getUint32(at + 1, true);
  into.generation = from.view.getUint32(at + 5, true);
}

/** Send something back to where a call or stream came from. It is owed, so it waits when it has to. */
export function sendPayload(courier: Courier, kind: number, to: Address, payload: Uint8Array): void {
  const writer = courier.begin(to.from, addressBytes + payload.length);
  writeAddress(writer, kind, to.slot, to.generation);
  appendBytes(writer, payload);
  courier.end(undefined, true);
}
