import { Validator } from '@holdfast/runtime/internals';
import type { z } from 'zod';
import type { ObjectSlot } from './object-slot.ts';
import type { PageFrames } from './page-frames.ts';
import type { ValueForm, Written } from './value-form.ts';

/**
 * Values that are pages of the shared memory: what a lease shows is the page itself, which nobody writes while the lease
 * lasts, and a draft is a page that becomes the value without being copied.
 */
export class PageForm implements ValueForm<Uint8Array> {
  readonly #frames: PageFrames;
  readonly #validator: Validator;
  readonly #drafts = new Set<unknown>();

  constructor(schema: z.ZodType, container: string, frames: PageFrames) {
    this.#frames = frames;
    this.#validator = new Validator(schema, `A value of ${container}`);
  }

  encode(value: unknown): Uint8Array {
    const bytes = this.#validator.check(value) as Uint8Array;
    return this.#drafts.delete(bytes) ? bytes : this.#frames.copyOf(bytes);
  }

  draft(bytes: Uint8Array): Uint8Array {
    const draft = this.#frames.copyOf(bytes);
    this.#drafts.add(draft);
    return draft;
  }

  dropDraft(draft: unknown): void {
    if (this.#drafts.delete(draft)) this.#frames.drop(draft as Uint8Array);
  }

  dropEncoded(bytes: Uint8Array): void {
    this.#frames.drop(bytes);
  }

  copy(bytes: Uint8Array): Uint8Array {
    return new Uint8Array(bytes);
  }

  look({ bytes }: ObjectSlot): Uint8Array {
    return bytes!;
  }

  lookAt(bytes: Uint8Array, start: number, end: number): Uint8Array {
    return bytes.slice(start, end);
  }

  show({ bytes }: ObjectSlot): Uint8Array {
    return this.copy(bytes!);
  }

  /** Once the lease has ended the page may be another node's to write. */
  written(bytes: Uint8Array): Written<Uint8Array> {
    const copy = this.copy(bytes);
    return () => copy;
  }
}
