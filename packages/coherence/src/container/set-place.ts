import type { Writer } from '@holdfast/runtime/internals';
import type { MemberContext, MemberSlot } from '@holdfast/runtime/service';
import type { CallId } from '../kernel/object-types.ts';
import type { PageFrames } from './page-frames.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import type { WaitingCalls } from './waiting-calls.ts';

/** What a set needs of the member it is on. */
export interface SetPlace {
  readonly self: MemberSlot;
  /** Whether objects may stay here: the embedding thread and attached workers hand over what they came to own. */
  readonly owns: boolean;
  readonly calls: WaitingCalls;
  readonly context: MemberContext;
  nextCall(): CallId;
  /** Where the values lie that are pages. */
  readonly frames: PageFrames;
  /**
   * Begin a message about a set, with `bytes` of payload to come, or the name of a page; nothing else may be begun until
   * {@link end}.
   */
  begin(to: MemberSlot, set: SetDescriptor, bytes: number, isPaged: boolean): Writer;
  end(): void;
  /** Do something after `ms`, unless the member is closed by then. */
  later(ms: number, act: () => void): void;
  /** A node is gone, and with it objects that nobody else knew of. */
  objectsUnknown(container: string, node: MemberSlot): void;
}
