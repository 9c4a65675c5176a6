import { MessageChannel, type MessagePort, receiveMessageOnPort } from 'node:worker_threads';
import { portCreditBytes, portTransferBytes, recordBytesMax } from '../limits.ts';
import { ArrivedPack, OutgoingPack, packHeaderBytes } from './port-pack.ts';
import { newCounters } from './ring-link.ts';
import type {
  InterconnectLink,
  LinkCounters,
  LinkDownReason,
  LinkOwner,
  LinkSurroundings,
  RecordReceiver,
} from './types.ts';

/** First message on a renewed port: the other side took it. Credit messages are positive. */
const hello = -1;

/** Handed through {@link LinkSurroundings.post}. */
interface NewCarrier {
  readonly port: MessagePort;
}

/**
 * A link over a MessagePort. Ports have no back-pressure, hence credit: a side has at most `portCreditBytes` under way
 * that the other has not drained. Many records travel in one post; large packs are transferred, small ones cloned
 * (a transfer of less than about 1 KiB costs more than the clone). The port is read synchronously, when the other side
 * signals, so that a blocked thread can use it too. Its close event is a hard error.
 */
export class PortLink implements InterconnectLink {
  readonly driver = 'port';
  readonly counters: LinkCounters = newCounters();
  readonly #around: LinkSurroundings;
  readonly #owner: LinkOwner;
  /** Exactly one of the two sides makes new carriers. */
  readonly #maker: boolean;
  #port: MessagePort | undefined;
  #offered: MessagePort | undefined;
  #up = true;
  #renewing = false;
  #closed = false;

  /** Made with the first record: many pairs never use their port. */
  #pack: OutgoingPack | undefined;
  #inFlightBytes = 0;
  #arrived: ArrivedPack | undefined;
  #owedBytes = 0;

  constructor(port: MessagePort, maker: boolean, around: LinkSurroundings, owner: LinkOwner) {
    this.#around = around;
    this.#owner = owner;
    this.#maker = maker;
    this.#install(port);
  }

  get up(): boolean {
    return this.#up;
  }

  offer(bytes: Uint8Array, _words: Int32Array, start: number, end: number): boolean {
    if (!this.#hasRoom(packHeaderBytes + end - start)) {
      this.counters.refused++;
      return false;
    }
    if (this.#pack?.fits(end - start) === false) this.#post(this.#pack);
    this.#pack ??= new OutgoingPack();
    this.#pack.add(bytes, start, end);
    this.counters.recordsSent++;
    this.counters.bytesSent += end - start;
    return true;
  }

  writable(): boolean {
    return this.#hasRoom(packHeaderBytes + recordBytesMax);
  }

  publish(): void {
    if (!this.#up || this.#pack === undefined || this.#pack.empty) return;
    this.#post(this.#pack);
    this.#around.signal();
  }

  drain(recordsMax: number, receive: RecordReceiver): number {
    let records = 0;
    try {
      while (records < recordsMax && this.#up && !this.#around.receiveCut()) {
        const pack = this.#arrived ?? this.#next();
        if (pack === undefined) break;
        const found = pack.next();
        if (found === 'corrupt') {
          this.fail('corrupt');
          break;
        }
        if (found === 'empty') {
          this.#arrived = undefined;
          this.#owedBytes += pack.used;
          this.#repay();
          continue;
        }
        records++;
        this.counters.bytesReceived += pack.end - pack.start;
        receive(pack.bytes, pack.words, pack.start, pack.end);
      }
    } finally {
      this.counters.recordsReceived += records;
    }
    return records;
  }

  wait(ms: number): boolean {
    return this.#around.wait(ms);
  }

  fail(reason: LinkDownReason): void {
    if (this.#up) this.#down(reason);
  }

  renew(): void {
    if (this.#up || this.#closed) return;
    this.#renewing = true;
    this.poll();
  }

  poll(): void {
    if (this.#up) this.#repay();
    if (this.#up || !this.#renewing) return;
    if (this.#maker) {
      this.#offer();
      if (this.#port !== undefined && receiveMessageOnPort(this.#port)?.message === hello) this.#carried();
    } else if (this.#offered !== undefined) {
      this.#install(this.#offered);
      this.#offered = undefined;
      this.#port?.postMessage(hello);
      this.#around.signal();
      this.#carried();
    }
  }

  onPost(message: unknown): void {
    const { port } = message as NewCarrier;
    if (this.#closed) {
      port.close();
      return;
    }
    this.#offered?.close();
    this.#offered = port;
    // The maker asks for a new carrier only after it gave up the old one.
    this.fail('peer');
    this.poll();
  }

  close(): void {
    if (this.#closed) return;
    this.publish();
    this.#closed = true;
    this.#renewing = false;
    this.fail('closed');
    this.#drop();
    this.#offered?.close();
    this.#offered = undefined;
  }

  #install(port: MessagePort): void {
    this.#port = port;
    port.on('close', () => {
      if (this.#port !== port) return;
      this.#port = undefined;
      this.fail('peer');
    });
  }

  #drop(): void {
    const port = this.#port;
    this.#port = undefined;
    port?.close();
  }

  #down(reason: LinkDownReason): void {
    this.#up = false;
    this.#drop();
    this.#pack = undefined;
    this.#inFlightBytes = 0;
    this.#arrived = undefined;
    this.#owedBytes = 0;
    this.counters.downs++;
    this.#owner.onDown(reason);
  }

  #offer(): void {
    if (this.#port !== undefined) return;
    const { port1, port2 } = new MessageChannel();
    this.#install(port1);
    this.#around.post({ port: port2 } satisfies NewCarrier, [port2]);
  }

  #carried(): void {
    this.#renewing = false;
    this.#up = true;
    this.#owner.onUp();
  }

  #hasRoom(wantedBytes: number): boolean {
    const waitingBytes = this.#pack?.used ?? 0;
    return this.#up && !this.#around.sendCut() && this.#inFlightBytes + waitingBytes + wantedBytes <= portCreditBytes;
  }

  #post(pack: OutgoingPack): void {
    this.#inFlightBytes += pack.used;
    if (pack.used >= portTransferBytes) {
      this.#pack = undefined;
      const buffer = pack.seal();
      this.#port?.postMessage(buffer, [buffer]);
    } else {
      this.#port?.postMessage(pack.copy());
    }
  }

  #next(): ArrivedPack | undefined {
    for (;;) {
      if (this.#port === undefined) return undefined;
      const message: unknown = receiveMessageOnPort(this.#port)?.message;
      if (message === undefined) return undefined;
      if (typeof message === 'number') {
        this.#inFlightBytes -= message;
      } else {
        this.#arrived = new ArrivedPack(message as ArrayBuffer);
        return this.#arrived;
      }
    }
  }

  /** Return credit in quarters, so that a sender that waits for the largest record always gets it. */
  #repay(): void {
    if (this.#owedBytes < portCreditBytes / 4 || this.#around.sendCut()) return;
    this.#port?.postMessage(this.#owedBytes);
    this.#owedBytes = 0;
    this.#around.signal();
  }
}
