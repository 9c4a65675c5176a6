import { CodecError } from '../codec/errors.ts';
import { Reader, readByte, readString } from '../codec/reader.ts';
import { Writer, writeByte, writeString } from '../codec/writer.ts';
import type { PortNumber } from '../exchange/types.ts';

/** What the two ends tell each other about a channel; each side names its own receiving port first. */
export type ControlFrame =
  /** I connected under this name and listen on this port; `agreement` is what both ends must have in common. */
  | { readonly type: 'offer'; readonly port: PortNumber; readonly name: string; readonly agreement: string }
  /** Answer to an offer of `peerPort`: I listen on this port, and both ends agree. */
  | { readonly type: 'accept'; readonly port: PortNumber; readonly peerPort: PortNumber }
  /** Nothing more comes from the end that listens on this port; `mismatch` says that the schemas differ. */
  | { readonly type: 'close'; readonly port: PortNumber; readonly mismatch: boolean }
  /** Answer to a close of `peerPort`: nothing more comes for that port, it may be used anew. */
  | { readonly type: 'closed'; readonly port: PortNumber; readonly peerPort: PortNumber };

const types = ['offer', 'accept', 'close', 'closed'] as const;

export function encodeControl(frame: ControlFrame): Uint8Array {
  const writer = new Writer();
  writeByte(writer, types.indexOf(frame.type));
  writePort(writer, frame.port);
  if (frame.type === 'offer') {
    writeString(writer, frame.name);
    writeString(writer, frame.agreement);
  } else if (frame.type === 'close') writeByte(writer, frame.mismatch ? 1 : 0);
  else writePort(writer, frame.peerPort);
  return writer.written();
}

/** Undefined for bytes that are no control frame. */
export function decodeControl(bytes: Uint8Array, start: number, end: number): ControlFrame | undefined {
  const reader = new Reader();
  reader.open(bytes, start, end);
  try {
    return readControl(reader);
  } catch (error) {
    if (error instanceof CodecError) return undefined;
    throw error;
  }
}

function readControl(reader: Reader): ControlFrame | undefined {
  const type = types[readByte(reader)];
  if (type === undefined) return undefined;
  const port = readPort(reader);
  switch (type) {
    case 'offer':
      return { type, port, name: readString(reader), agreement: readString(reader) };
    case 'close':
      return { type, port, mismatch: readByte(reader) === 1 };
    case 'accept':
    case 'closed':
      return { type, port, peerPort: readPort(reader) };
  }
}

function writePort(to: Writer, port: PortNumber): void {
  to.room(2);
  to.view.setUint16(to.at, port, true);
  to.at += 2;
}

function readPort(from: Reader): PortNumber {
  return from.view.getUint16(from.take(2), true);
}
