import { rm } from 'node:fs/promises';
import { createServer, type Server, type Socket } from 'node:net';
import { HoldfastError } from '@holdfast/runtime/errors';
import type { z } from 'zod';
import { ControlProtocolError } from '../errors.ts';
import { controlConnectionsMax, controlIdleMs, controlLineBytesMax } from '../limits.ts';
import { readLines, writeLine } from './lines.ts';
import { type ControlFailure, ControlRequest, PutLine } from './protocol.ts';
import { SocketPath } from './socket-path.ts';
import { StorageLock } from './storage-lock.ts';

/** What a serving process does for its clients. */
export interface ControlHandler {
  /**
   * Answers one request: items as they are yielded, the returned value as the result.
   * @param body the bytes that follow a `put`; empty for every other verb.
   */
  answer(request: ControlRequest, body: AsyncIterable<Uint8Array>): AsyncGenerator<unknown, unknown, undefined>;
}

/**
 * Answers the control socket of a storage directory.
 *
 * Only the user who serves may connect (mode 0600). A socket file that a dead process left behind is replaced; a live
 * one is protected by {@link StorageLock}.
 */
export class ControlServer implements AsyncDisposable {
  readonly path: string;
  readonly #server: Server;
  readonly #address: SocketPath;
  readonly #lock: StorageLock;
  readonly #sockets = new Set<Socket>();
  readonly #handler: ControlHandler;

  private constructor(server: Server, address: SocketPath, lock: StorageLock, handler: ControlHandler) {
    this.path = address.path;
    this.#server = server;
    this.#address = address;
    this.#lock = lock;
    this.#handler = handler;
    server.on('connection', (socket) => void this.#converse(socket));
  }

  /** @throws ControlSocketError when another process serves the directory. */
  static async listen(storage: string, handler: ControlHandler): Promise<ControlServer> {
    const lock = new StorageLock(storage);
    let address: SocketPath | undefined;
    try {
      address = await SocketPath.of(storage);
      // We hold the lock, so whatever lies here belonged to a process that is gone.
      await rm(address.path, { force: true });
      const server = createServer();
      server.maxConnections = controlConnectionsMax;
      await bindPrivately(server, address.address);
      return new ControlServer(server, address, lock, handler);
    } catch (error) {
      lock[Symbol.dispose]();
      await address?.[Symbol.asyncDispose]();
      throw error;
    }
  }

  /** Hangs up on every client and removes the socket. */
  async [Symbol.asyncDispose](): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    for (const socket of this.#sockets) socket.destroy();
    await closed;
    await this.#address[Symbol.asyncDispose]();
    this.#lock[Symbol.dispose]();
  }

  async #converse(socket: Socket): Promise<void> {
    this.#sockets.add(socket);
    socket.once('close', () => this.#sockets.delete(socket));
    // What is wrong with a connection shows where it is read or written.
    socket.on('error', () => {});
    socket.setTimeout(controlIdleMs, () => socket.destroy());
    try {
      const lines = readLines(socket, controlLineBytesMax);
      for (let line = await lines.next(); !line.done; line = await lines.next())
        await this.#answer(socket, line.value, lines);
    } catch (error) {
      await sayWhy(socket, error);
    } finally {
      socket.end();
    }
  }

  async #answer(socket: Socket, line: string, lines: AsyncGenerator<string, void, undefined>): Promise<void> {
    const request = parse(ControlRequest, line);
    const { id } = request;
    const body = request.verb === 'put' ? bodyOf(lines) : nothing();
    try {
      const answer = this.#handler.answer(request, body);
      let step = await answer.next();
      while (!step.done) {
        await writeLine(socket, { id, item: step.value });
        step = await answer.next();
      }
      await writeLine(socket, { id, ok: true, result: step.value ?? null });
    } catch (error) {
      if (error instanceof ControlProtocolError) throw error;
      await writeLine(socket, { id, ok: false, error: failureOf(error) });
      // The rest of a body nobody took would be read as requests.
      if (request.verb === 'put') socket.end();
    }
  }
}

/** Binds with mode 0600 from the first moment: the mask is set around the call, which binds at once. */
function bindPrivately(server: Server, address: string): Promise<void> {
  return new Promise((resolve, reject) => {
    server.once('error', reject);
    const mask = process.umask(0o177);
    try {
      server.listen(address, () => {
        server.off('error', reject);
        resolve();
      });
    } finally {
      process.umask(mask);
    }
  });
}

function parse<Schema extends z.ZodType>(schema: Schema, line: string): z.output<Schema> {
  try {
    return schema.parse(JSON.parse(line));
  } catch (cause) {
    throw ControlProtocolError.unreadable(cause);
  }
}

async function* bodyOf(lines: AsyncGenerator<string, void, undefined>): AsyncGenerator<Uint8Array, void, undefined> {
  for (let line = await lines.next(); !line.done; line = await lines.next()) {
    const part = parse(PutLine, line.value);
    if ('end' in part) return;
    yield Buffer.from(part.data, 'base64');
  }
  throw ControlProtocolError.hungUp();
}

async function* nothing(): AsyncGenerator<Uint8Array, void, undefined> {}

async function sayWhy(socket: Socket, error: unknown): Promise<void> {
  try {
    await writeLine(socket, { id: null, ok: false, error: failureOf(error) });
  } catch {
    // The client is gone; there is nobody to tell.
  }
}

function failureOf(error: unknown): ControlFailure {
  if (error instanceof HoldfastError) return { code: error.code, message: error.message, hint: error.hint };
  const message = error instanceof Error ? error.message : String(error);
  return { code: 'HF_INTERNAL', message, hint: 'This is a bug: please report it with the output of "holdfast up".' };
}
