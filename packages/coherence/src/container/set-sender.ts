import type { MemberSlot } from '@holdfast/runtime/service';
import type { ObjectMessage } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';
import type { KeptValues } from './kept-values.ts';
import { payloadOf } from './message-form.ts';
import type { ObjectHomes } from './object-homes.ts';
import type { OperationTable } from './operation-table.ts';
import type { PageFrames } from './page-frames.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import { writeSetMessage } from './set-frames.ts';
import type { SetPlace } from './set-place.ts';
import type { SlotTable } from './slot-table.ts';

export type SaidOfObject = Extract<ViewMessage, { type: 'OBJECT' }>;
type MessageOf<Type extends ObjectMessage['type']> = Extract<ObjectMessage, { type: Type }>;

/** Of an operation or an outcome: a guess. */
const carriedBytesLikely = 64;

/** What the objects of a container lie in on one member. */
export interface SetContent {
  readonly descriptor: SetDescriptor;
  readonly slots: SlotTable;
  readonly homes: ObjectHomes;
  readonly operations: OperationTable;
  readonly frames: PageFrames | undefined;
  readonly kept: KeptValues;
}

/** Sends what the kernel says to other members, with what its payloads stand for. */
export class SetSender {
  /** Messages about objects sent, by type. */
  readonly sent: Partial<Record<ObjectMessage['type'], number>> = {};
  readonly #content: SetContent;
  readonly #place: SetPlace;

  constructor(content: SetContent, place: SetPlace) {
    this.#content = content;
    this.#place = place;
  }

  /** What is about the change of view, not about an object. */
  sendOfView(to: MemberSlot, said: Exclude<ViewMessage, SaidOfObject>): void {
    const { descriptor, homes } = this.#content;
    const writer = this.#place.begin(to, descriptor, 0, false);
    writeSetMessage(writer, said, homes, undefined);
    this.#place.end();
  }

  send(to: MemberSlot, said: SaidOfObject): void {
    const { message } = said;
    this.sent[message.type] = (this.sent[message.type] ?? 0) + 1;
    if (message.type === 'EXEC_REQ') this.#sendOperation(to, said, message);
    else if (message.type === 'EXECUTED') this.#sendOutcome(to, said, message);
    else this.#sendValue(to, said);
  }

  #sendValue(to: MemberSlot, said: SaidOfObject): void {
    const { descriptor, slots, homes, kept } = this.#content;
    const bytes = kept.bytesOf(payloadOf(said.message), slots.slot(said.key));
    const reference = bytes === undefined ? undefined : this.#pageFor(to, said, bytes);
    const carried = reference ?? bytes;
    const writer = this.#place.begin(to, descriptor, carried?.length ?? 0, reference !== undefined);
    writeSetMessage(writer, said, homes, carried);
    this.#place.end();
  }

  #sendOperation(to: MemberSlot, said: SaidOfObject, { requester, call, operation }: MessageOf<'EXEC_REQ'>): void {
    const { descriptor, homes, operations } = this.#content;
    const writer = this.#place.begin(to, descriptor, carriedBytesLikely, false);
    writeSetMessage(writer, said, homes, operations.get(operation));
    this.#place.end();
    operations.left(requester, call);
  }

  #sendOutcome(to: MemberSlot, said: SaidOfObject, { call, result }: MessageOf<'EXECUTED'>): void {
    const { descriptor, homes, operations } = this.#content;
    const writer = this.#place.begin(to, descriptor, carriedBytesLikely, false);
    writeSetMessage(writer, said, homes, operations.get(result));
    this.#place.end();
    operations.left(to, call);
    operations.drop(result);
  }

  /**
   * What is sent of a page in its place. The object that leaves takes its page along, unless a shadow of it stays; an
   * offer may be refused, so it goes with a copy.
   */
  #pageFor(to: MemberSlot, { message }: SaidOfObject, bytes: Uint8Array): Uint8Array | undefined {
    const { descriptor, frames } = this.#content;
    const moves = message.type === 'GRANT' && !descriptor.isBackedUp;
    return frames?.send(to, bytes, moves);
  }
}
