import type { Reader } from '../codec/reader.ts';
import type { Writer } from '../codec/writer.ts';
import { addressBytes } from './frame-kinds.ts';

/** Kind, slot and generation: which call or stream of its caller a frame is about. */
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
