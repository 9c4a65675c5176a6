import { Reader } from '../codec/reader.ts';
import { ClosedError, NodeDownError } from '../errors.ts';
import { streamCreditMax, streamsOpenMax } from '../limits.ts';
import { type MemberSlot, memberName, memberSlots } from '../member.ts';
import { ActiveCall } from './active-call.ts';
import { ActiveStream } from './active-stream.ts';
import type { Courier } from './courier.ts';
import { packThrown } from './error-wire.ts';
import { MailboxFullError, UnknownMemberError, UnknownServiceError } from './errors.ts';
import { readAddress, sendPayload } from './frame-address.ts';
import {
  addressBytes,
  creditFrame,
  creditFrameBytes,
  errorFrame,
  openFrame,
  openHeaderBytes,
  stopFrame,
} from './frame-kinds.ts';
import type { HostedMember, HostedService } from './hosted-service.ts';

/** Runs the streams that consumers in other threads have opened on this thread's services. */
export class StreamAnswers {
  readonly #courier: Courier;
  readonly #services: ReadonlyMap<number, HostedService>;
  readonly #reader = new Reader();
  readonly #streams: Map<number, ActiveStream>[] = Array.from({ length: memberSlots }, () => new Map());
  readonly #stopListening: () => void;
  readonly #address = { slot: 0, generation: 0 };

  constructor(courier: Courier, services: ReadonlyMap<number, HostedService>) {
    this.#courier = courier;
    this.#services = services;
    courier.read(openFrame, (from, bytes, start, end) => this.#onOpen(from, bytes, start, end));
    courier.read(creditFrame, (from, bytes, start, end) => this.#onCredit(from, bytes, start, end));
    courier.read(stopFrame, (from, bytes, start, end) => this.#onStop(from, bytes, start, end));
    this.#stopListening = courier.listen({ onLost: (peer) => this.#onLost(peer) });
  }

  /** End every stream of a service with an error; without one, of all. */
  failAll(reason: unknown, service?: HostedService): void {
    for (const streams of this.#streams) {
      for (const stream of [...streams.values()]) {
        if (service === undefined || stream.call.member.service === service) stream.fail(reason);
      }
    }
  }

  close(): void {
    this.failAll(new ClosedError('The node'));
    this.#stopListening();
  }

  #onOpen(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (end - start < openHeaderBytes) return;
    const reader = this.#reader;
    reader.open(bytes, start, end);
    const { view } = reader;
    const member = view.getUint16(start + 2, true);
    const deploymentId = view.getUint32(start + 4, true);
    const slot = view.getUint32(start + 8, true);
    const generation = view.getUint32(start + 12, true);
    const credit = view.getUint32(start + 16, true);
    reader.at = start + openHeaderBytes;
    const session = this.#courier.session(from);
    try {
      const hosted = this.#admit(deploymentId, member, from, credit);
      const input = hosted.input.decode(reader);
      reader.finish();
      const call = new ActiveCall(hosted, from, session, slot, generation, 0, undefined, input);
      const stream = new ActiveStream(call, credit, this.#courier, (ended) => this.#leave(ended));
      this.#streams[from]!.get(slot)?.stop(new DOMException('The stream was opened anew', 'AbortError'));
      this.#streams[from]!.set(slot, stream);
      hosted.service.streamsOpen += 1;
      stream.start();
    } catch (error) {
      sendPayload(this.#courier, errorFrame, { from, slot, generation }, packThrown(error));
    }
  }

  #admit(deploymentId: number, member: number, from: MemberSlot, credit: number): HostedMember {
    const node = memberName(this.#courier.exchange.self);
    const service = this.#services.get(deploymentId);
    if (service === undefined || !service.accepting) {
      throw new UnknownServiceError(service?.name ?? `with deployment ${deploymentId}`, { node });
    }
    const hosted = service.members[member];
    if (hosted === undefined || hosted.declared.kind !== 'stream' || credit > streamCreditMax) {
      throw new UnknownMemberError(service.name, member, { node });
    }
    if (this.#streams[from]!.size >= streamsOpenMax) {
      throw new MailboxFullError(`The table of streams of ${memberName(from)} on ${node}`, streamsOpenMax, { node });
    }
    return hosted;
  }

  #leave(stream: ActiveStream): void {
    const { from, slot, member } = stream.call;
    if (this.#streams[from]!.get(slot) === stream) this.#streams[from]!.delete(slot);
    member.service.streamsOpen -= 1;
    member.service.leave();
  }

  #onCredit(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== creditFrameBytes) return;
    const stream = this.#find(from, bytes, start, end);
    stream?.addCredit(Math.min(this.#reader.view.getUint32(start + addressBytes, true), streamCreditMax));
  }

  #onStop(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    if (end - start !== addressBytes) return;
    this.#find(from, bytes, start, end)?.stop(new DOMException(`${memberName(from)} unsubscribed`, 'AbortError'));
  }

  #find(from: MemberSlot, bytes: Uint8Array, start: number, end: number): ActiveStream | undefined {
    this.#reader.open(bytes, start, end);
    readAddress(this.#reader, this.#address);
    const stream = this.#streams[from]!.get(this.#address.slot);
    return stream?.call.generation === this.#address.generation ? stream : undefined;
  }

  #onLost(peer: MemberSlot): void {
    for (const stream of [...this.#streams[peer]!.values()]) {
      stream.stop(new NodeDownError(memberName(peer), 'unknown'));
    }
  }
}
