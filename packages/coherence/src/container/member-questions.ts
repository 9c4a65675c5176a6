import {
  type Reader,
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

const answerSchema = stateSchema.nullable();

/** Begin a frame to a member; `end` sends it. */
export interface FrameSender {
  begin(to: MemberSlot, bytes: number): Writer;
  end(): void;
}

interface OpenQuestion {
  readonly of: MemberSlot;
  readonly settle: (answer: MemberState | 'none' | 'silent') => void;
}

/** Questions to other members about an object, for people who want to see; no part of the protocol. */
export class MemberQuestions {
  readonly #sender: FrameSender;
  readonly #answer: (set: number, key: string) => MemberState | undefined;
  readonly #open = new Map<number, OpenQuestion>();
  #last = 0;

  /** @param answer what this member knows of an object, its key as JSON. */
  constructor(sender: FrameSender, answer: (set: number, key: string) => MemberState | undefined) {
    this.#sender = sender;
    this.#answer = answer;
  }

  /** `silent` when the member does not answer within `questionMs`, or is gone. */
  ask(member: MemberSlot, set: number, key: string): Promise<MemberState | 'none' | 'silent'> {
    this.#last = (this.#last % 0xffff_ffff) + 1;
    const question = this.#last;
    const { promise, resolve } = Promise.withResolvers<MemberState | 'none' | 'silent'>();
    const timer = setTimeout(() => settle('silent'), questionMs);
    const settle = (answer: MemberState | 'none' | 'silent'): void => {
      clearTimeout(timer);
      this.#open.delete(question);
      resolve(answer);
    };
    this.#open.set(question, { of: member, settle });
    const writer = this.#sender.begin(member, key.length + 16);
    writeByte(writer, questionFrame);
    writeCount(writer, question);
    writeCount(writer, set);
    writeString(writer, key);
    this.#sender.end();
    return promise;
  }

  onQuestion(from: MemberSlot, reader: Reader): void {
    const question = readCount(reader);
    const set = readCount(reader);
    const text = JSON.stringify(this.#answer(set, readString(reader)) ?? null);
    const writer = this.#sender.begin(from, text.length + 16);
    writeByte(writer, answerFrame);
    writeCount(writer, question);
    writeString(writer, text);
    this.#sender.end();
  }

  onAnswer(reader: Reader): void {
    const open = this.#open.get(readCount(reader));
    const answer = answerSchema.parse(JSON.parse(readString(reader)));
    open?.settle(answer ?? 'none');
  }

  lose(member: MemberSlot): void {
    for (const { of, settle } of [...this.#open.values()]) if (of === member) settle('silent');
  }

  close(): void {
    for (const { settle } of [...this.#open.values()]) settle('silent');
  }
}
