import { type Decoder, type Encoder, handled, type Kernel } from '@holdfast/kernel';
import type { DiskResult } from '../../src/index.ts';

/** Does what it is told and writes down everything that happens to it. */
export type RecorderEvent =
  | { readonly type: 'do'; readonly effects: readonly RecorderEffect[] }
  | { readonly type: 'message'; readonly port: number; readonly value: string }
  | { readonly type: 'timer'; readonly timer: number }
  | { readonly type: 'link'; readonly port: number; readonly up: boolean; readonly undelivered?: readonly string[] }
  | { readonly type: 'disk'; readonly op: number; readonly result: DiskResult }
  | { readonly type: 'start'; readonly incarnation: number };

export type RecorderEffect =
  | { readonly kind: 'send'; readonly to: number; readonly value: string }
  | { readonly kind: 'arm'; readonly timer: number; readonly ms: number }
  | { readonly kind: 'disarm'; readonly timer: number }
  | { readonly kind: 'read'; readonly op: number; readonly address: number; readonly blocks: number }
  | { readonly kind: 'write'; readonly op: number; readonly address: number; readonly payload: number }
  | { readonly kind: 'flush'; readonly op: number };

export interface RecorderState {
  readonly log: string[];
}

export const recorder: Kernel<RecorderState, RecorderEvent, undefined, string, never, never> = {
  name: 'recorder',
  table: { any: { do: handled, message: handled, timer: handled, link: handled, disk: handled, start: handled } },
  initial: () => ({ log: [] }),
  row: () => 'any',
  column: (event) => event.type,
  step(state, event, _env, out) {
    if (event.type !== 'do') {
      state.log.push(lineOf(event));
      return;
    }
    for (const effect of event.effects) {
      if (effect.kind === 'send') out.send(effect.to, effect.value);
      else if (effect.kind === 'arm') out.setTimer(effect.timer, effect.ms);
      else if (effect.kind === 'disarm') out.cancelTimer(effect.timer);
      else if (effect.kind === 'read') out.diskRead(effect.op, effect.address, effect.blocks);
      else if (effect.kind === 'write') out.diskWrite(effect.op, effect.address, effect.payload);
      else out.diskFlush(effect.op);
    }
  },
  encode: (state, into) => into.list(state.log, writeText),
  decode: (from) => ({ log: from.list(readText) }),
};

function lineOf(event: Exclude<RecorderEvent, { type: 'do' }>): string {
  switch (event.type) {
    case 'message':
      return event.value;
    case 'timer':
      return `timer ${event.timer}`;
    case 'link':
      return [`port ${event.port} ${event.up ? 'up' : 'down'}`, ...(event.undelivered ?? [])].join(' back ');
    case 'disk':
      return `${event.result.kind} ${event.op} ${event.result.outcome} ${event.result.blocks.join()}`.trim();
    case 'start':
      return `start ${event.incarnation}`;
  }
}

function writeText(text: string, into: Encoder): void {
  into.list(Array.from(text), (character, to) => to.uint(character.charCodeAt(0)));
}

function readText(from: Decoder): string {
  return from.list((each) => String.fromCharCode(each.uint())).join('');
}
