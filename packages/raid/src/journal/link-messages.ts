import { Decoder, Encoder, type Handle } from '@holdfast/kernel';
import type { PagePool } from '@holdfast/runtime';
import type { OpenUpdate, ToData, ToParity } from '../kernel/iom-messages.ts';
import { decodeMj, encodeMj } from '../kernel/journal.ts';
import { pageOfHandle } from './page-handles.ts';

/*
 * Messages between the roles of two I/O managers. The bytes of a block do not travel: its page and the generation of the
 * page do, and the receiver copies it into a page of its own before anything is answered.
 */
const codes = {
  ios_updatepn: 0,
  delta: 1,
  data_hardened: 2,
  resolve: 3,
  recall: 4,
  abort: 5,
  request_delta: 8,
  delta_held: 9,
  parity_hardened: 10,
  resolved: 11,
  recalled: 12,
} as const;

const encoder = new Encoder();
const decoder = new Decoder(new Uint8Array(0));

/** A message as its receiver gets it; `role` is the one it is for. */
export type LinkMessage =
  | { readonly role: 'parity'; readonly message: ToParity }
  | { readonly role: 'data'; readonly message: ToData };

/** Valid until the next call. */
export function encodeLinkMessage(message: ToParity | ToData, pages: PagePool): Uint8Array {
  encoder.reset();
  encoder.uint(codes[message.type]);
  switch (message.type) {
    case 'ios_updatepn':
      encodeMj(message.mj, encoder);
      encoder.flag(message.code === 'q');
      encodePage(message.delta, pages);
      break;
    case 'delta':
    case 'recalled':
      encoder.uint(message.mj);
      encodePage(message.delta, pages);
      break;
    case 'resolve':
      break;
    case 'resolved':
      encoder.list(message.open, ({ mj, good }, into) => {
        encodeMj(mj, into);
        into.flag(good);
      });
      break;
    default:
      encoder.uint(message.mj);
  }
  return encoder.view();
}

/**
 * @param adopt copies a page of the sender into one of the receiver's, and answers the handle of that
 * @throws when the bytes are no message
 */
export function decodeLinkMessage(bytes: Uint8Array, adopt: (page: number, generation: number) => Handle): LinkMessage {
  decoder.reset(bytes);
  const code = decoder.uint();
  const handle = () => {
    const page = decoder.uint();
    if (page === 0) return 0;
    return adopt(pageOfHandle(page), decoder.int());
  };
  switch (code) {
    case codes.ios_updatepn:
      return { role: 'parity', message: decodeUpdate(handle) };
    case codes.delta:
      return { role: 'parity', message: { type: 'delta', mj: decoder.uint(), delta: handle() } };
    case codes.data_hardened:
      return { role: 'parity', message: { type: 'data_hardened', mj: decoder.uint() } };
    case codes.resolve:
      return { role: 'parity', message: { type: 'resolve' } };
    case codes.recall:
      return { role: 'parity', message: { type: 'recall', mj: decoder.uint() } };
    case codes.abort:
      return { role: 'parity', message: { type: 'abort', mj: decoder.uint() } };
    case codes.request_delta:
      return { role: 'data', message: { type: 'request_delta', mj: decoder.uint() } };
    case codes.delta_held:
      return { role: 'data', message: { type: 'delta_held', mj: decoder.uint() } };
    case codes.parity_hardened:
      return { role: 'data', message: { type: 'parity_hardened', mj: decoder.uint() } };
    case codes.resolved:
      return { role: 'data', message: { type: 'resolved', open: decoder.list(decodeOpen) } };
    case codes.recalled:
      return { role: 'data', message: { type: 'recalled', mj: decoder.uint(), delta: handle() } };
    default:
      throw new RangeError(`An I/O manager sent a message of kind ${code}.`);
  }
}

function decodeUpdate(handle: () => Handle): ToParity {
  const mj = decodeMj(decoder);
  const code = decoder.flag() ? ({ code: 'q' } as const) : {};
  return { type: 'ios_updatepn', mj, ...code, delta: handle() };
}

function encodePage(handle: Handle, pages: PagePool): void {
  encoder.uint(handle);
  if (handle !== 0) encoder.int(pages.generation(pageOfHandle(handle)));
}

const decodeOpen = (from: Decoder): OpenUpdate => ({ mj: decodeMj(from), good: from.flag() });
