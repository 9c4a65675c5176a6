import type { Socket } from 'node:net';
import { ControlProtocolError } from '../errors.ts';

/**
 * The lines a peer sends, one by one. The socket is read only as fast as lines are taken.
 *
 * @throws ControlProtocolError when a line is longer than `lineBytesMax`; at most that much is ever held.
 */
export async function* readLines(socket: Socket, lineBytesMax: number): AsyncGenerator<string, void, undefined> {
  let held: Buffer[] = [];
  let heldBytes = 0;
  for await (const chunk of socket.iterator({ destroyOnReturn: false }) as AsyncIterable<Buffer>) {
    let from = 0;
    for (let end = chunk.indexOf(newline); end !== -1; end = chunk.indexOf(newline, from)) {
      const tail = chunk.subarray(from, end);
      from = end + 1;
      if (heldBytes + tail.length > lineBytesMax) throw ControlProtocolError.lineTooLong(lineBytesMax);
      yield Buffer.concat([...held, tail]).toString('utf8');
      held = [];
      heldBytes = 0;
    }
    heldBytes += chunk.length - from;
    if (heldBytes > lineBytesMax) throw ControlProtocolError.lineTooLong(lineBytesMax);
    if (from < chunk.length) held.push(chunk.subarray(from));
  }
}

const newline = 0x0a;

/** Sends one document and waits while the peer is slow to read. */
export async function writeLine(socket: Socket, document: unknown): Promise<void> {
  if (socket.destroyed || !socket.writable) throw ControlProtocolError.hungUp();
  if (socket.write(`${JSON.stringify(document)}\n`)) return;
  await new Promise<void>((resolve, reject) => {
    const settle = () => {
      socket.off('drain', settle).off('close', settle);
      if (socket.destroyed) reject(ControlProtocolError.hungUp());
      else resolve();
    };
    socket.on('drain', settle).on('close', settle);
  });
}
