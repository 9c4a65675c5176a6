import type { Reader } from '@holdfast/runtime/internals';
import type { TakePayload } from './message-form.ts';
import { Operation, Outcome } from './operation-form.ts';
import type { OperationTable } from './operation-table.ts';
import type { PageFrames } from './page-frames.ts';
import { copyOf } from './value-bytes.ts';

/** Takes what messages bring out of their links' memory, and gives the kernel handles of it. */
export class ArrivedPayloads {
  /** The value that the message being read brings, unless it is kept by its handle. */
  value: Uint8Array | undefined = undefined;
  readonly take: TakePayload;
  readonly #operations: OperationTable;
  readonly #frames: PageFrames | undefined;
  /** Handles of what arrived while the view changes, which the kernel may look at later. */
  readonly #early: number[] = [];
  /** The message being read carries a page, not bytes. */
  #isPaged = false;

  /** @param isOpen whether what arrives is looked at in its own step, or perhaps later. */
  constructor(operations: OperationTable, frames: PageFrames | undefined, isOpen: () => boolean) {
    this.#operations = operations;
    this.#frames = frames;
    this.take = (type, from) => {
      if (type === 'EXEC_REQ') return operations.keep(Operation.read(from));
      if (type === 'EXECUTED') return operations.keep(Outcome.read(from));
      if (!isOpen()) return this.keepEarly(from, this.#isPaged);
      this.value = frames === undefined ? copyOf(from.bytes, from.at, from.end) : this.#inFrame(from, frames);
      return operations.fresh();
    };
  }

  /** Another message is about to be read. */
  begin(isPaged: boolean): void {
    this.value = undefined;
    this.#isPaged = isPaged;
  }

  /** A handle for what a message brings, which the kernel may look at until calls go on. */
  keepEarly({ bytes, at, end }: Reader, isPaged = false): number {
    let kept: Uint8Array;
    if (isPaged) {
      const page = this.#frames!.adopt(bytes, at);
      kept = new Uint8Array(page);
      this.#frames!.drop(page);
    } else {
      kept = copyOf(bytes, at, end);
    }
    const handle = this.#operations.keep(kept);
    this.#early.push(handle);
    return handle;
  }

  /** Calls go on: the kernel has looked at what came early. */
  forgetEarly(): void {
    if (this.#early.length > 0) for (const each of this.#early.splice(0)) this.#operations.drop(each);
  }

  #inFrame({ bytes, at, end }: Reader, frames: PageFrames): Uint8Array {
    return this.#isPaged ? frames.adopt(bytes, at) : frames.copyOf(bytes.subarray(at, end));
  }
}
