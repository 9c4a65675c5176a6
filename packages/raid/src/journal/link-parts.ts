import { linkFrameBytesMax, linkMessageBytesMax } from '../limits.ts';
import type { IomLink } from './iom-link.ts';

/*
 * A message that is longer than a channel carries at once goes out in parts, one behind the other: what a member says of its
 * open updates, of marked blocks and of stale groups grows with them. A part begins with two bytes, this code, which no
 * message begins with, and 1 in the last one.
 */
const partCode = 0x7f;
const partHeaderBytes = 2;

/** @throws RangeError when the message is longer than {@link linkMessageBytesMax} */
export function sendInParts(link: IomLink, bytes: Uint8Array): void {
  if (bytes.length <= linkFrameBytesMax) {
    link.send(bytes);
    return;
  }
  assertWithin(bytes.length);
  const part = new Uint8Array(linkFrameBytesMax);
  part[0] = partCode;
  for (let at = 0; at < bytes.length; ) {
    const content = bytes.subarray(at, at + linkFrameBytesMax - partHeaderBytes);
    at += content.length;
    part[1] = at === bytes.length ? 1 : 0;
    part.set(content, partHeaderBytes);
    link.send(part.subarray(0, partHeaderBytes + content.length));
  }
}

/** Puts the parts of what comes on one link together. */
export class PartsReceived {
  #parts: Uint8Array[] = [];
  #bytes = 0;

  /** The whole message once it is there, valid during the call that brought the last of it. @throws RangeError */
  take(bytes: Uint8Array): Uint8Array | undefined {
    if (bytes[0] !== partCode) return bytes;
    const content = bytes.slice(partHeaderBytes);
    this.#bytes += content.length;
    assertWithin(this.#bytes);
    this.#parts.push(content);
    if (bytes[1] !== 1) return undefined;
    const whole = new Uint8Array(this.#bytes);
    let at = 0;
    for (const part of this.#parts) {
      whole.set(part, at);
      at += part.length;
    }
    this.#parts = [];
    this.#bytes = 0;
    return whole;
  }
}

function assertWithin(bytes: number): void {
  if (bytes <= linkMessageBytesMax) return;
  throw new RangeError(`A message between I/O managers has ${bytes} bytes; it may have ${linkMessageBytesMax}.`);
}
