import { createConnection, type Socket } from 'node:net';
import { errnoOf } from '../errno.ts';
import { ControlProtocolError, ControlSocketError, RemoteError } from '../errors.ts';
import { controlChunkBytes, controlIdleMs, controlLineBytesMax } from '../limits.ts';
import { readLines, writeLine } from './lines.ts';
import { ControlReply, type ControlRequest, protocolVersion } from './protocol.ts';
import { SocketPath } from './socket-path.ts';

/** A request without the fields the client fills in. */
export type Ask<R extends ControlRequest = ControlRequest> = R extends ControlRequest ? Omit<R, 'v' | 'id'> : never;

/**
 * Asks the process that serves a storage directory: yields the items of the answer, returns its result.
 *
 * @param body the bytes of a `put`.
 * @throws ControlSocketError when nobody serves the directory.
 * @throws RemoteError with the code of the serving process when it refused.
 */
export async function* ask(
  storage: string,
  request: Ask,
  body?: AsyncIterable<Uint8Array>,
): AsyncGenerator<unknown, unknown, undefined> {
  const socket = await connect(storage);
  try {
    socket.setTimeout(controlIdleMs, () => socket.destroy(ControlProtocolError.silent(controlIdleMs)));
    const id = 1;
    await writeLine(socket, { v: protocolVersion, id, ...request });
    // The answer may come before the body is sent: a refused put.
    const sending = body === undefined ? Promise.resolve() : sendBody(socket, body);
    sending.catch(() => {});
    for await (const line of readLines(socket, controlLineBytesMax)) {
      const reply = parseReply(line);
      if ('item' in reply) {
        yield reply.item;
      } else if (reply.ok) {
        await sending;
        return reply.result;
      } else {
        throw new RemoteError(reply.error.code, reply.error.message, reply.error.hint);
      }
    }
    throw ControlProtocolError.hungUp();
  } finally {
    socket.destroy();
  }
}

/** {@link ask} for verbs that answer with a result alone. */
export async function askOnce(storage: string, request: Ask, body?: AsyncIterable<Uint8Array>): Promise<unknown> {
  const answer = ask(storage, request, body);
  let step = await answer.next();
  while (!step.done) step = await answer.next();
  return step.value;
}

async function connect(storage: string): Promise<Socket> {
  await using address = await SocketPath.of(storage).catch((error: unknown) => {
    throw error instanceof ControlSocketError ? error : ControlSocketError.notServed(storage, error);
  });
  return await new Promise<Socket>((resolve, reject) => {
    const socket = createConnection(address.address);
    socket.once('connect', () => resolve(socket.off('error', refuse)));
    socket.once('error', refuse);
    function refuse(error: Error): void {
      reject(
        errnoOf(error) === 'EACCES'
          ? ControlSocketError.forbidden(address.path, error)
          : ControlSocketError.notServed(storage, error),
      );
    }
  });
}

async function sendBody(socket: Socket, body: AsyncIterable<Uint8Array>): Promise<void> {
  try {
    for await (const chunk of body) {
      for (let from = 0; from < chunk.byteLength; from += controlChunkBytes) {
        const part = chunk.subarray(from, from + controlChunkBytes);
        await writeLine(socket, {
          data: Buffer.from(part.buffer, part.byteOffset, part.byteLength).toString('base64'),
        });
      }
    }
    await writeLine(socket, { end: true });
  } catch (error) {
    // Without an end line the other side throws the object away.
    socket.destroy(error instanceof Error ? error : new Error(String(error)));
    throw error;
  }
}

function parseReply(line: string): ControlReply {
  try {
    return ControlReply.parse(JSON.parse(line));
  } catch (cause) {
    throw ControlProtocolError.unreadable(cause);
  }
}
