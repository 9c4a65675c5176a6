import { Reader } from '../codec/reader.ts';
import { appendBytes, type Writer } from '../codec/writer.ts';
import { withWriter } from '../codec/writer-pool.ts';
import { ClosedError, NodeDownError, TimeoutError } from '../errors.ts';
import { callTimeoutMsDefault, callTimeoutMsMax } from '../limits.ts';
import { type MemberName, type MemberSlot, memberName } from '../member.ts';
import { type CallChain, currentChain, writeChain } from './call-chain.ts';
import { CallTable, type PendingCall } from './call-table.ts';
import type { Courier } from './courier.ts';
import { unpackThrown } from './error-wire.ts';
import { DefinitionError } from './errors.ts';
import {
  addressBytes,
  callFrame,
  callHeaderBytes,
  cancelAborted,
  cancelFrame,
  cancelFrameBytes,
  cancelTimedOut,
  chainFlag,
  failureFrame,
  resultFrame,
} from './frame-kinds.ts';
import { nextGuess } from './room-guess.ts';
import type { RpcTarget } from './rpc-target.ts';
import { type Abortable, SignalWatches } from './signal-watch.ts';
import { type Timed, TimerWheel } from './timer-wheel.ts';
import type { CallOptions } from './types.ts';

/** All calls that leave one thread, until they are answered, time out, are aborted, or their node dies. */
export class RpcCalls {
  readonly #courier: Courier;
  readonly #calls = new CallTable();
  readonly #reader = new Reader();
  readonly #wheel: TimerWheel;
  readonly #watches: SignalWatches;
  readonly #stopListening: () => void;
  #closed = false;
  #callsTotal = 0;
  #callsTimedOut = 0;

  constructor(courier: Courier) {
    this.#courier = courier;
    this.#wheel = new TimerWheel(
      (item) => this.#timeOut(item as Timed & PendingCall),
      () => courier.exchange.drain(),
    );
    this.#watches = new SignalWatches((item, reason) => this.#abort(item as Abortable & PendingCall, reason));
    courier.read(resultFrame, (from, bytes, start, end) => this.#onResult(from, bytes, start, end));
    courier.read(failureFrame, (from, bytes, start, end) => this.#onFailure(from, bytes, start, end));
    this.#stopListening = courier.listen({
      onNotSent: (peer, bytes, start, end) => this.#noteNotSent(peer, bytes, start, end),
      onLost: (peer, loss) => this.#lose(peer, `its session ended: ${loss}`, false),
      onUnreachable: (peer, cause) => this.#lose(peer, cause, true),
    });
  }

  get inFlight(): number {
    return this.#calls.size;
  }

  get callsTotal(): number {
    return this.#callsTotal;
  }

  get callsTimedOut(): number {
    return this.#callsTimedOut;
  }

  /**
   * Call a member on an instance. What `options` do not say, `defaults` do; `node` overrides the choice of both. Every
   * failure rejects.
   */
  call(
    target: RpcTarget,
    input: unknown,
    options: CallOptions | undefined,
    defaults?: CallOptions,
    node?: MemberName,
  ): Promise<unknown> {
    try {
      return this.#start(target, input, options, defaults, node);
    } catch (error) {
      return Promise.reject(error);
    }
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const call of this.#calls.waiting()) this.#settle(call).reject(new ClosedError('The service client'));
    this.#wheel.close();
    this.#watches.close();
    this.#stopListening();
  }

  #start(
    target: RpcTarget,
    input: unknown,
    options: CallOptions | undefined,
    defaults: CallOptions | undefined,
    node: MemberName | undefined,
  ): Promise<unknown> {
    if (this.#closed) throw new ClosedError('The service client');
    const signal = options?.signal ?? defaults?.signal;
    if (signal?.aborted) throw signal.reason;
    const timeoutMs = checkedTimeout(options?.timeoutMs ?? defaults?.timeoutMs);
    const value = target.admit(input);
    const { slot: peer, deploymentId } = target.service.pick(node ?? options?.node ?? defaults?.node);
    const call = this.#calls.take(target, peer);
    call.timeoutMs = timeoutMs;
    const promise = this.#calls.promise(call);
    try {
      this.#send(call, target, deploymentId, value);
    } catch (error) {
      this.#calls.release(call);
      throw error;
    }
    if (timeoutMs > 0) this.#wheel.add(call, timeoutMs);
    if (signal !== undefined) this.#watches.add(signal, call);
    this.#callsTotal += 1;
    return promise;
  }

  #send(call: PendingCall, target: RpcTarget, deploymentId: number, value: unknown): void {
    const chain = currentChain();
    if (target.input.plain) {
      const writer = this.#courier.begin(call.peer, target.bytesLikely);
      try {
        writeCallHeader(writer, call, target.member, deploymentId, chain);
        target.input.encode(writer, value);
      } catch (error) {
        this.#courier.abandon();
        throw error;
      }
      target.bytesLikely = nextGuess(target.bytesLikely, writer.length);
      this.#courier.end(call);
      return;
    }
    // Encoding runs code of the caller's, which may call services itself: it is done before the frame is begun.
    withWriter(
      (to) => target.input.encode(to, value),
      (payload) => {
        const writer = this.#courier.begin(call.peer, callHeaderBytes + chainBytes(chain) + payload.length);
        writeCallHeader(writer, call, target.member, deploymentId, chain);
        appendBytes(writer, payload);
        this.#courier.end(call);
      },
    );
  }

  #onResult(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const reader = this.#reader;
    reader.open(bytes, start, end);
    const call = this.#answered(from);
    if (call === undefined) return;
    let value: unknown;
    try {
      value = call.target!.output.decode(reader);
      reader.finish();
    } catch (error) {
      this.#settle(call).reject(error);
      return;
    }
    this.#settle(call).resolve(value);
  }

  #onFailure(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    this.#reader.open(bytes, start, end);
    const call = this.#answered(from);
    if (call === undefined) return;
    let thrown: unknown;
    try {
      thrown = unpackThrown(bytes.subarray(start + addressBytes, end));
    } catch (error) {
      thrown = error;
    }
    this.#settle(call).reject(thrown);
  }

  /** The call a frame answers; the reader is then at the payload. */
  #answered(from: MemberSlot): PendingCall | undefined {
    const reader = this.#reader;
    if (reader.end - reader.at < addressBytes) return undefined;
    const slot = reader.view.getUint32(reader.at + 1, true);
    const generation = reader.view.getUint32(reader.at + 5, true);
    reader.at += addressBytes;
    return this.#calls.find(slot, generation, from);
  }

  /** Take a call out of everything that knows it. What it answers must be used at once. */
  #settle(call: PendingCall): { resolve: (value: unknown) => void; reject: (reason: unknown) => void } {
    const { resolve, reject } = call;
    this.#wheel.remove(call);
    this.#watches.remove(call);
    this.#calls.release(call);
    return { resolve: resolve!, reject: reject! };
  }

  #timeOut(call: PendingCall): void {
    const { target, timeoutMs, peer } = call;
    this.#callsTimedOut += 1;
    this.#cancel(call, cancelTimedOut);
    const node = memberName(peer);
    this.#settle(call).reject(new TimeoutError(`${target!.label} on ${node}`, timeoutMs, { node }));
  }

  #abort(call: PendingCall, reason: unknown): void {
    this.#cancel(call, cancelAborted);
    this.#settle(call).reject(reason);
  }

  /** Tell the callee that nobody waits for the answer any more, unless the call never left. */
  #cancel(call: PendingCall, reason: number): void {
    if (!call.sent) return;
    const writer = this.#courier.begin(call.peer, cancelFrameBytes);
    writer.room(cancelFrameBytes);
    const { view, at } = writer;
    view.setUint8(at, cancelFrame);
    view.setUint32(at + 1, call.slot, true);
    view.setUint32(at + 5, call.generation, true);
    view.setUint8(at + 9, reason);
    writer.at = at + cancelFrameBytes;
    try {
      this.#courier.end();
    } catch {
      // The queue to that peer is full: the callee learns of it by its own clock.
    }
  }

  #noteNotSent(peer: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (bytes[start] !== callFrame || end - start < callHeaderBytes) return;
    const view = new DataView(bytes.buffer, bytes.byteOffset + start, callHeaderBytes);
    const call = this.#calls.find(view.getUint32(8, true), view.getUint32(12, true), peer);
    if (call !== undefined) call.sent = false;
  }

  #lose(peer: MemberSlot, cause: unknown, onlyUnsent: boolean): void {
    const node = memberName(peer);
    for (const call of this.#calls.waiting()) {
      if (call.peer !== peer || (onlyUnsent && call.sent)) continue;
      this.#settle(call).reject(new NodeDownError(node, call.sent ? 'unknown' : 'not-sent', { cause }));
    }
  }
}

function writeCallHeader(
  writer: Writer,
  call: PendingCall,
  member: number,
  deploymentId: number,
  chain: CallChain | undefined,
): void {
  writer.room(callHeaderBytes);
  const { view, at } = writer;
  view.setUint8(at, callFrame);
  view.setUint8(at + 1, chain === undefined ? 0 : chainFlag);
  view.setUint16(at + 2, member, true);
  view.setUint32(at + 4, deploymentId, true);
  view.setUint32(at + 8, call.slot, true);
  view.setUint32(at + 12, call.generation, true);
  view.setUint32(at + 16, call.timeoutMs, true);
  writer.at = at + callHeaderBytes;
  if (chain !== undefined) writeChain(writer, chain);
}

function chainBytes(chain: CallChain | undefined): number {
  return chain === undefined ? 0 : 1 + chain.length * 8;
}

/** @throws DefinitionError for anything that is no time-out. */
export function checkedTimeout(timeoutMs: number | undefined): number {
  if (timeoutMs === undefined) return callTimeoutMsDefault;
  if (typeof timeoutMs === 'number' && timeoutMs >= 0 && timeoutMs <= callTimeoutMsMax) return Math.ceil(timeoutMs);
  if (timeoutMs === Number.POSITIVE_INFINITY) return 0;
  throw new DefinitionError(
    `A call's timeoutMs is ${String(timeoutMs)}.`,
    `Use milliseconds up to ${callTimeoutMsMax}, or 0 for none.`,
  );
}
