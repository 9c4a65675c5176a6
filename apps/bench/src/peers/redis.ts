import { type ChildProcess, spawn, spawnSync } from 'node:child_process';
import { once } from 'node:events';
import { mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { connect, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';

const startMsMax = 5000;
const lookMs = 20;
/** Clock ticks a second of the times in /proc; 100 on every Linux there is. */
const ticksPerSecond = 100;

export const redisIsThere = (): boolean => spawnSync('redis-server', ['--version']).status === 0;

/** A redis of our own: on a Unix socket in a directory of its own, in memory only, ended with its round. */
export class RedisServer implements AsyncDisposable {
  readonly socket: string;
  readonly #directory: string;
  readonly #process: ChildProcess;

  private constructor(directory: string, socket: string, child: ChildProcess) {
    this.#directory = directory;
    this.socket = socket;
    this.#process = child;
  }

  static async start(): Promise<RedisServer> {
    if (!redisIsThere()) throw new Error('not installed: redis-server');
    const directory = mkdtempSync(join(tmpdir(), 'holdfast-bench-'));
    const socket = join(directory, 'redis.sock');
    const options = ['--port', '0', '--unixsocket', socket, '--save', '', '--appendonly', 'no', '--dir', directory];
    const child = spawn('redis-server', options, { stdio: 'ignore' });
    const server = new RedisServer(directory, socket, child);
    const untilMs = performance.now() + startMsMax;
    for (;;) {
      try {
        (await RedisConnection.open(socket)).close();
        return server;
      } catch (error) {
        if (performance.now() > untilMs) {
          await server[Symbol.asyncDispose]();
          throw error;
        }
        await new Promise((resolve) => setTimeout(resolve, lookMs));
      }
    }
  }

  /** CPU time the server has used. */
  cpuNs(): number {
    const stat = readFileSync(`/proc/${this.#process.pid}/stat`, 'utf8');
    const fields = stat.slice(stat.lastIndexOf(')') + 2).split(' ');
    return ((Number(fields[11]) + Number(fields[12])) * 1e9) / ticksPerSecond;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#process.exitCode === null) {
      const ended = once(this.#process, 'exit');
      this.#process.kill('SIGTERM');
      await ended;
    }
    rmSync(this.#directory, { recursive: true, force: true });
  }
}

export type RedisReply = string | number | null;

/** The commands of one socket: answered in order, as many under way as one likes. */
export class RedisConnection {
  readonly #socket: Socket;
  readonly #waiting: { resolve: (reply: RedisReply) => void; reject: (error: Error) => void }[] = [];
  #next = 0;
  #rest: Buffer = Buffer.alloc(0);

  private constructor(socket: Socket) {
    this.#socket = socket;
    socket.on('data', (chunk: Buffer) => this.#receive(chunk));
  }

  static async open(path: string): Promise<RedisConnection> {
    const socket = connect(path);
    await once(socket, 'connect');
    return new RedisConnection(socket);
  }

  call(...words: readonly string[]): Promise<RedisReply> {
    let text = `*${words.length}\r\n`;
    for (const word of words) text += `$${Buffer.byteLength(word)}\r\n${word}\r\n`;
    this.#socket.write(text);
    return new Promise((resolve, reject) => this.#waiting.push({ resolve, reject }));
  }

  close(): void {
    this.#socket.destroy();
  }

  #receive(chunk: Buffer): void {
    const data = this.#rest.length === 0 ? chunk : Buffer.concat([this.#rest, chunk]);
    let at = 0;
    for (;;) {
      const end = data.indexOf('\r\n', at);
      if (end < 0) break;
      const head = data.toString('latin1', at + 1, end);
      const kind = data[at];
      if (kind === 36) {
        const length = Number(head);
        if (length < 0) {
          this.#answer(null);
          at = end + 2;
        } else {
          if (data.length < end + 2 + length + 2) break;
          this.#answer(data.toString('utf8', end + 2, end + 2 + length));
          at = end + 2 + length + 2;
        }
      } else {
        if (kind === 45) this.#refuse(head);
        else this.#answer(kind === 58 ? Number(head) : head);
        at = end + 2;
      }
    }
    this.#rest = data.subarray(at);
  }

  #take() {
    const waiting = this.#waiting[this.#next++];
    if (this.#next === this.#waiting.length) {
      this.#waiting.length = 0;
      this.#next = 0;
    }
    return waiting;
  }

  #answer(reply: RedisReply): void {
    this.#take()?.resolve(reply);
  }

  #refuse(text: string): void {
    this.#take()?.reject(new Error(text));
  }
}
