import { Worker } from 'node:worker_threads';
import { createExchange } from '../../src/exchange/exchange.ts';
import type { MemberExchange } from '../../src/exchange/member-exchange.ts';
import type { LinkFactory } from '../../src/exchange/standard-links.ts';
import { RingSpace } from '../../src/interconnect/ring-space.ts';
import { makeWires, wireTransfers } from '../../src/interconnect/wires.ts';
import { Arena } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { countPort, type EchoSetup, echoPort, echoWords } from './echo-worker.ts';

/** A real thread that counts numbered frames and answers every 64th, and this thread's exchange towards it. */
export class EchoThread {
  readonly exchange: MemberExchange;
  readonly control = new Int32Array(new SharedArrayBuffer(64));
  readonly block: ClusterBlock;
  readonly errors: Error[] = [];
  readonly #worker: Worker;
  sent = 0;
  /** Echoes received in order, and those that were not the next one. */
  echoes = 0;
  wrongEchoes = 0;

  private constructor(loop: 'event' | 'blocking', makeLink?: LinkFactory) {
    const arena = Arena.create(16 * 1024 * 1024);
    this.block = ClusterBlock.create(arena);
    const wires = makeWires(new RingSpace(arena));
    const workerData: EchoSetup = {
      memory: arena.memory,
      block: this.block.extent,
      wires: wires.b,
      loop,
      control: this.control.buffer as SharedArrayBuffer,
    };
    this.exchange = createExchange(
      { block: this.block, self: 0, incarnation: 1, onError: (error) => this.errors.push(error) },
      makeLink,
    );
    this.exchange.consume(echoPort, (_from, bytes, start) => {
      const number = new DataView(bytes.buffer).getUint32(bytes.byteOffset + start);
      if (number !== 64 * this.echoes) this.wrongEchoes++;
      this.echoes++;
    });
    this.#worker = new Worker(new URL('./echo-worker.ts', import.meta.url), {
      workerData,
      transferList: wireTransfers(wires.b) as never,
    });
    this.#worker.once('error', (error) => this.errors.push(error as Error));
    this.exchange.attachWires(1, 1, wires.a);
  }

  static async start(loop: 'event' | 'blocking' = 'event', makeLink?: LinkFactory): Promise<EchoThread> {
    const thread = new EchoThread(loop, makeLink);
    await new Promise((resolve) => thread.#worker.once('message', resolve));
    await thread.exchange.connect(1);
    return thread;
  }

  get received(): number {
    return Atomics.load(this.control, echoWords.received);
  }

  get wrong(): number {
    return Atomics.load(this.control, echoWords.wrong) + this.wrongEchoes;
  }

  /** Send up to `count` numbered frames of 64 bytes; fewer when there is no room. */
  send(count: number): void {
    for (let left = count; left > 0; left--) {
      const space = this.exchange.begin(1, 2, countPort, 64);
      if (space === undefined) return;
      space.view.setUint32(space.start, this.sent++);
      this.exchange.commit(64);
    }
  }

  set(word: number, value: number): void {
    Atomics.store(this.control, word, value);
    Atomics.notify(this.control, word);
  }

  /** Let the event loop turn until `done`. */
  async until(done: () => boolean, withinMs = 60_000): Promise<void> {
    const endMs = performance.now() + withinMs;
    while (!done()) {
      if (this.errors.length > 0) throw this.errors[0];
      if (performance.now() > endMs) {
        throw new Error(
          `not there in ${withinMs} ms: ${JSON.stringify([this.sent, this.received, this.exchange.diagnostics()])}`,
        );
      }
      await new Promise((resolve) => setImmediate(resolve));
    }
  }

  /** Everything sent has arrived once and in order, and every echo came back. */
  async settle(): Promise<void> {
    await this.until(() => this.received >= this.sent && this.echoes >= Math.ceil(this.sent / 64));
  }

  async close(): Promise<void> {
    this.set(echoWords.freeze, 0);
    this.exchange.close();
    await this.#worker.terminate();
  }
}
