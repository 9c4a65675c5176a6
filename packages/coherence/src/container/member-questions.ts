import {
  type Reader,
  readByte,
  readCount,
  readString,
  type Writer,
  writeByte,
  writeCount,
  writeString,
} from '@holdfast/runtime/internals';
import type { MemberSlot } from '@holdfast/runtime/service';
import { z } from 'zod';
import { questionMs } from '../limits.ts';
import { tracedEventSchema } from './event-trace.ts';
import type { ObjectSlot } from './object-slot.ts';

/** Frames begin with one of these. */
export const questionFrame = 6;
export const answerFrame = 7;

const stateSchema = z.object({
  status: z.string(),
  probOwner: z.int(),
  version: z.int(),
  incarnation: z.int(),
  copyset: z.array(z.int()),
  readers: z.int(),
  isWritten: z.boolean(),
  waiting: z.int(),
  bytes: z.int(),
});

/** What one member knows of one object. */
export type MemberState = z.output<typeof stateSchema>;

const traceSchema = z.object({ events: z.array(tracedEventSchema), state: stateSchema.nullable() });

/** What one member recorded of an object, and how it knew it then. */
export type MemberTrace = z.output<typeof traceSchema>;

/** What a question is about, as it travels. */
const subjects = ['state', 'trace'] as const;
type Subject = (typeof subjects)[number];

/** What a member answers about an object, its key as JSON; undefined where it knows nothing. */
export interface Answers {
  state(set: number, key: string): MemberState | undefined;
  trace(set: number, key: string): MemberTrace | undefined;
}

export function stateOf({ entry, bytes }: ObjectSlot): MemberState {
  const { status, probOwner, version, incarnation, copyset, readers, writer, queue } = entry;
  return {
    status,
    probOwner,
    version,
    incarnation,
    copyset: [...copyset],
    readers: readers.length,
    isWritten: writer !== 0,
    waiting: queue.length,
    bytes: bytes?.length ?? 0,
  };
}

/** Begin a frame to a member; `end` sends it. */
export interface FrameSender {
  begin(to: MemberSlot, bytes: number): Writer;
  end(): void;
}

interface OpenQuestion {
  readonly of: MemberSlot;
  /** With the text of an answer, or undefined where none came. */
  readonly settle: (text: string | undefined) => void;
}

/** Questions to other members about an object, for people who want to see; no part of the protocol. */
export class MemberQuestions {
  readonly #sender: FrameSender;
  readonly #answers: Answers;
  readonly #open = new Map<number, OpenQuestion>();
  #last = 0;

  constructor(sender: FrameSender, answers: Answers) {
    this.#sender = sender;
    this.#answers = answers;
  }

  /** `silent` when the member does not answer within `questionMs`, or is gone. */
  askState(member: MemberSlot, set: number, key: string): Promise<MemberState | 'none' | 'silent'> {
    return this.#ask('state', stateSchema, member, set, key);
  }

  askTrace(member: MemberSlot, set: number, key: string): Promise<MemberTrace | 'none' | 'silent'> {
    return this.#ask('trace', traceSchema, member, set, key);
  }

  async #ask<T>(
    about: Subject,
    schema: z.ZodType<T>,
    member: MemberSlot,
    set: number,
    key: string,
  ): Promise<T | 'none' | 'silent'> {
    this.#last = (this.#last % 0xffff_ffff) + 1;
    const question = this.#last;
    const { promise, resolve } = Promise.withResolvers<string | undefined>();
    const timer = setTimeout(() => resolve(undefined), questionMs);
    this.#open.set(question, { of: member, settle: resolve });
    const writer = this.#sender.begin(member, key.length + 16);
    writeByte(writer, questionFrame);
    writeCount(writer, question);
    writeByte(writer, subjects.indexOf(about));
    writeCount(writer, set);
    writeString(writer, key);
    this.#sender.end();
    const text = await promise;
    clearTimeout(timer);
    this.#open.delete(question);
    if (text === undefined) return 'silent';
    return schema.nullable().parse(JSON.parse(text)) ?? 'none';
  }

  onQuestion(from: MemberSlot, reader: Reader): void {
    const question = readCount(reader);
    const about = subjects[readByte(reader)] ?? 'state';
    const set = readCount(reader);
    const text = JSON.stringify(this.#answers[about](set, readString(reader)) ?? null);
    const writer = this.#sender.begin(from, text.length + 16);
    writeByte(writer, answerFrame);
    writeCount(writer, question);
    writeString(writer, text);
    this.#sender.end();
  }

  onAnswer(reader: Reader): void {
    const open = this.#open.get(readCount(reader));
    open?.settle(readString(reader));
  }

  lose(member: MemberSlot): void {
    for (const { of, settle } of [...this.#open.values()]) if (of === member) settle(undefined);
  }

  close(): void {
    for (const { settle } of [...this.#open.values()]) settle(undefined);
  }
}
