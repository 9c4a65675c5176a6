import { Reader } from '../codec/reader.ts';
import { withWriter } from '../codec/writer-pool.ts';
import { ClosedError, NodeDownError, TimeoutError } from '../errors.ts';
import { callChainMax, callsInFlightMax } from '../limits.ts';
import { type MemberName, type MemberSlot, memberName, memberSlots } from '../member.ts';
import { ActiveCall } from './active-call.ts';
import { type CallChain, type RunNumbers, readChain, runInChain } from './call-chain.ts';
import type { Courier } from './courier.ts';
import { packThrown } from './error-wire.ts';
import { CallCycleError, MailboxFullError, UnknownMemberError, UnknownServiceError } from './errors.ts';
import { type Address, readAddress, sendPayload, writeAddress } from './frame-address.ts';
import {
  addressBytes,
  callFrame,
  callHeaderBytes,
  cancelFrame,
  cancelTimedOut,
  chainFlag,
  failureFrame,
  resultFrame,
} from './frame-kinds.ts';
import type { HostedMember, HostedService } from './hosted-service.ts';
import { nextGuess } from './room-guess.ts';
import { type Timed, TimerWheel } from './timer-wheel.ts';

/** Answers the calls that reach this thread. */
export class RpcAnswers {
  readonly #courier: Courier;
  readonly #services: ReadonlyMap<number, HostedService>;
  readonly #runs: RunNumbers;
  readonly #reader = new Reader();
  readonly #wheel: TimerWheel;
  /** By caller and the caller's slot: calls that wait or run, for cancels and deaths. */
  readonly #active: (ActiveCall | undefined)[][] = Array.from({ length: memberSlots }, () => []);
  readonly #stopListening: () => void;
  readonly #node: MemberName;
  readonly #address = { slot: 0, generation: 0 };

  constructor(courier: Courier, services: ReadonlyMap<number, HostedService>, runs: RunNumbers) {
    this.#courier = courier;
    this.#node = memberName(courier.exchange.self);
    this.#services = services;
    this.#runs = runs;
    this.#wheel = new TimerWheel(
      (item) => this.#outOfTime(item as Timed & ActiveCall),
      () => courier.exchange.drain(),
    );
    courier.read(callFrame, (from, bytes, start, end) => this.#onCall(from, bytes, start, end));
    courier.read(cancelFrame, (from, bytes, start, end) => this.#onCancel(from, bytes, start, end));
    this.#stopListening = courier.listen({ onLost: (peer) => this.#onLost(peer) });
  }

  /** Cancel every call of a service that still waits or runs; without one, of all. */
  cancelAll(reason: unknown, service?: HostedService): void {
    for (const calls of this.#active) {
      for (const call of calls.filter((one) => one !== undefined)) {
        if (service !== undefined && call.member.service !== service) continue;
        this.#fail(call, reason);
        this.#cancel(call, reason);
      }
    }
  }

  close(): void {
    this.cancelAll(new ClosedError('The node'));
    this.#wheel.close();
    this.#stopListening();
  }

  #onCall(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (end - start < callHeaderBytes) return;
    const reader = this.#reader;
    reader.open(bytes, start, end);
    const { view } = reader;
    const flags = view.getUint8(start + 1);
    const member = view.getUint16(start + 2, true);
    const deploymentId = view.getUint32(start + 4, true);
    const slot = view.getUint32(start + 8, true);
    const generation = view.getUint32(start + 12, true);
    const remainingMs = view.getUint32(start + 16, true);
    if (slot >= callsInFlightMax) return;
    reader.at = start + callHeaderBytes;
    const session = this.#courier.session(from);
    let call: ActiveCall;
    try {
      const hosted = this.#admit(deploymentId, member, from);
      const chain = (flags & chainFlag) === 0 ? undefined : readChain(reader);
      const input = hosted.input.decode(reader);
      reader.finish();
      call = new ActiveCall(hosted, from, session, slot, generation, remainingMs, chain, input);
    } catch (error) {
      this.#sendFailure({ from, slot, generation }, error);
      return;
    }
    const { service } = call.member;
    service.depth += 1;
    service.callsTotal += 1;
    if (call.member.serial) this.#enqueue(call);
    else this.#run(call, call.chain);
  }

  #admit(deploymentId: number, member: number, from: MemberSlot): HostedMember {
    const service = this.#services.get(deploymentId);
    if (service === undefined || !service.accepting) {
      throw new UnknownServiceError(service?.name ?? `with deployment ${deploymentId}`, { node: this.#node });
    }
    const hosted = service.members[member];
    if (hosted === undefined || hosted.declared.kind !== 'rpc') {
      throw new UnknownMemberError(service.name, member, { node: this.#node });
    }
    if (service.depth >= service.mailboxMax) {
      service.callsRejected += 1;
      throw new MailboxFullError(
        `The mailbox of ${service.name} on ${this.#node}, called by ${memberName(from)},`,
        service.mailboxMax,
        { node: this.#node },
      );
    }
    return hosted;
  }

  /** Run the handler. What it answers at once is sent at once; else the call is kept until it settles. */
  #run(call: ActiveCall, chain: CallChain | undefined): void {
    let output: unknown;
    let promise: Promise<unknown> | undefined;
    try {
      const input = call.member.admit(call.input);
      output =
        chain === undefined
          ? call.member.handler(input, call)
          : runInChain(chain, () => call.member.handler(input, call));
      if (isThenable(output)) promise = Promise.resolve(output);
    } catch (error) {
      this.#fail(call, error);
      this.#leave(call);
      return;
    }
    if (promise === undefined) {
      this.#answer(call, output);
      this.#leave(call);
      return;
    }
    this.#keep(call);
    promise.then(
      (value) => {
        this.#answer(call, value);
        this.#leave(call);
      },
      (error: unknown) => {
        this.#fail(call, error);
        this.#leave(call);
      },
    );
  }

  #enqueue(call: ActiveCall): void {
    const { member } = call;
    if (member.running !== undefined && call.chain?.includes(member.runningNumber) === true) {
      this.#fail(call, new CallCycleError(member.label, 'came from inside the call it is busy with'));
      this.#leave(call);
      return;
    }
    if ((call.chain?.length ?? 0) >= callChainMax) {
      this.#fail(call, new CallCycleError(member.label, `came through ${callChainMax} serial members`));
      this.#leave(call);
      return;
    }
    this.#keep(call);
    member.queue.push(call);
    if (member.running === undefined) this.#runNext(member);
  }

  /** Start queued calls until one is still running: those that answer at once do not nest. */
  #runNext(member: HostedMember): void {
    while (member.running === undefined) {
      const call = member.queue.shift();
      if (call === undefined) return;
      if (call.cancelled) continue;
      member.running = call;
      member.runningNumber = this.#runs.next();
      this.#run(call, [...(call.chain ?? []), member.runningNumber]);
    }
  }

  #keep(call: ActiveCall): void {
    const calls = this.#active[call.from]!;
    if (calls[call.slot] === call) return;
    while (calls.length < call.slot) calls.push(undefined);
    calls[call.slot] = call;
    if (call.remainingMs > 0) this.#wheel.add(call, call.remainingMs);
  }

  /** The handler is done with a call, or will never see it. */
  #leave(call: ActiveCall): void {
    const { member } = call;
    this.#forget(call);
    member.service.depth -= 1;
    member.service.leave();
    if (member.running !== call) return;
    member.running = undefined;
    // From a fresh turn of the loop in #runNext when that is what called, else from here.
    if (member.queue.length > 0) queueMicrotask(() => this.#runNext(member));
  }

  #forget(call: ActiveCall): void {
    const calls = this.#active[call.from]!;
    if (calls[call.slot] === call) calls[call.slot] = undefined;
    this.#wheel.remove(call);
  }

  #answer(call: ActiveCall, output: unknown): void {
    if (call.cancelled || this.#courier.session(call.from) !== call.session) return;
    const { member } = call;
    try {
      const released = member.release(output);
      if (member.output.plain) this.#sendPlain(call, released);
      else this.#sendGeneral(call, released);
    } catch (error) {
      this.#sendFailure(call, error);
    }
  }

  #sendPlain(call: ActiveCall, output: unknown): void {
    const { member } = call;
    const writer = this.#courier.begin(call.from, member.bytesLikely);
    try {
      writeAddress(writer, resultFrame, call.slot, call.generation);
      member.output.encode(writer, output);
    } catch (error) {
      this.#courier.abandon();
      throw error;
    }
    member.bytesLikely = nextGuess(member.bytesLikely, writer.length);
    this.#courier.end(undefined, true);
  }

  /** Encoding may run code of the handler's (getters, toJSON), so it is done before a frame is begun. */
  #sendGeneral(call: ActiveCall, output: unknown): void {
    withWriter(
      (to) => call.member.output.encode(to, output),
      (payload) => sendPayload(this.#courier, resultFrame, call, payload),
    );
  }

  #fail(call: ActiveCall, error: unknown): void {
    if (call.cancelled || this.#courier.session(call.from) !== call.session) return;
    this.#sendFailure(call, error);
  }

  #sendFailure(to: Address, error: unknown): void {
    sendPayload(this.#courier, failureFrame, to, packThrown(error));
  }

  #onCancel(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== addressBytes + 1) return;
    this.#reader.open(bytes, start, end);
    readAddress(this.#reader, this.#address);
    const call = this.#active[from]![this.#address.slot];
    if (call?.generation !== this.#address.generation) return;
    this.#cancel(
      call,
      bytes[end - 1] === cancelTimedOut
        ? new TimeoutError(call.member.label, call.remainingMs)
        : new DOMException(`${call.caller} aborted the call`, 'AbortError'),
    );
  }

  #outOfTime(call: ActiveCall): void {
    this.#cancel(call, new TimeoutError(call.member.label, call.remainingMs));
  }

  #onLost(peer: MemberSlot): void {
    for (const call of this.#active[peer]!.filter((one) => one !== undefined)) {
      this.#cancel(call, new NodeDownError(memberName(peer), 'unknown'));
    }
  }

  /** Nobody waits for the answer: the handler's signal aborts, or the call never starts. */
  #cancel(call: ActiveCall, reason: unknown): void {
    if (call.cancelled) return;
    const queued = call.member.serial && call.member.running !== call;
    call.cancel(reason);
    if (!queued) return;
    const place = call.member.queue.indexOf(call);
    if (place >= 0) call.member.queue.splice(place, 1);
    this.#leave(call);
  }
}

function isThenable(value: unknown): value is PromiseLike<unknown> {
  return typeof value === 'object' && value !== null && 'then' in value && typeof value.then === 'function';
}
