import { Decoder, Encoder, type Handle } from '@holdfast/kernel';
import type { PagePool } from '@holdfast/runtime';
import type { OpenUpdate, ToData, ToParity, Toughness } from '../kernel/iom-messages.ts';
import { decodeMj, encodeMj } from '../kernel/journal.ts';
import type { GroupName } from '../kernel/named-table.ts';
import type { MemberBlock, StaleBlock, ToMember, ToProxy } from '../kernel/proxy-messages.ts';
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
  hello: 16,
  restore: 17,
  restored: 18,
  member_value: 19,
  in_place: 20,
  over: 21,
  astray: 22,
  welcome: 24,
  member_read: 25,
  restore_value: 26,
  parity_fresh: 27,
  answer_in_place: 28,
  taken: 32,
  place_wanted: 33,
  place_promised: 34,
  place_given_up: 35,
  hurry: 36,
} as const;

const encoder = new Encoder();
const decoder = new Decoder(new Uint8Array(0));

/** A page that was lent with a message was copied, and is the sender's alone again. */
export interface PageTaken {
  readonly type: 'taken';
  readonly page: number;
}

/** About a place for the parity of a row that has none yet, between the data IOM of one of its blocks and its parity IOM. */
export type RowPlace =
  | (GroupName & { readonly type: 'place_wanted' | 'place_given_up' })
  | (GroupName & { readonly type: 'place_promised'; readonly has: boolean });

/** Somebody waits for an update that was in no hurry. */
export interface HurryUp {
  readonly type: 'hurry';
}

/** A message as its receiver gets it; `role` is the one it is for. `toughness`: of the write that an update is of. */
export type LinkMessage =
  | { readonly role: 'parity'; readonly message: ToProxy; readonly toughness?: Toughness }
  | { readonly role: 'data'; readonly message: ToMember }
  | { readonly role: 'link'; readonly message: PageTaken | HurryUp }
  | { readonly role: 'space'; readonly message: RowPlace };

/** Valid until the next call. */
export function encodeLinkMessage(
  message: ToProxy | ToMember | PageTaken | HurryUp | RowPlace,
  pages: PagePool,
  toughness: Toughness = 2,
): Uint8Array {
  encoder.reset();
  encode(message, pages);
  if (message.type === 'ios_updatepn') encoder.uint(toughness);
  return encoder.view();
}

function encode(message: LinkMessage['message'], pages: PagePool): void {
  if (message.type === 'in_place') {
    encoder.uint(isToData(message.message) ? codes.answer_in_place : codes.in_place);
    encoder.uint(message.of);
    encode(message.message, pages);
    return;
  }
  encoder.uint(codes[message.type]);
  switch (message.type) {
    case 'ios_updatepn':
      encodeMj(message.mj, encoder);
      encoder.flag(message.code === 'q');
      encodePage(message.delta, pages);
      break;
    case 'data_hardened':
      encoder.uint(message.mj);
      encoder.flag(message.away === true);
      break;
    case 'over':
      encoder.uint(message.of);
      encoder.uint(message.epoch);
      break;
    case 'delta':
    case 'recalled':
      encoder.uint(message.mj);
      encodePage(message.delta, pages);
      break;
    case 'resolve':
    case 'hurry':
      break;
    case 'resolved':
      encoder.list(message.open, ({ mj, good }, into) => {
        encodeMj(mj, into);
        into.flag(good);
      });
      break;
    case 'hello':
      encoder.uint(message.epoch);
      encoder.list(message.stale, encodeGroup);
      break;
    case 'welcome':
      encoder.uint(message.epoch);
      encoder.list(message.stale, (block, into) => {
        encodeBlock(block, into);
        into.uint(block.seq);
      });
      break;
    case 'restore':
      encodeBlock(message, encoder);
      break;
    case 'member_read':
      encodeBlock(message, encoder);
      encoder.uint(message.question);
      encoder.int(message.seq);
      break;
    case 'restored':
      encoder.uint(message.gfid);
      encoder.uint(message.lblk);
      encoder.uint(message.seq);
      break;
    case 'member_value':
      encodeGroup(message, encoder);
      encoder.uint(message.question);
      encoder.uint(message.slot);
      encoder.uint(message.seq);
      encodePage(message.value, pages);
      break;
    case 'restore_value':
      encoder.uint(message.gfid);
      encoder.uint(message.lblk);
      encoder.uint(message.seq);
      encoder.list(message.applied, ({ client, request }, into) => {
        into.uint(client);
        into.uint(request);
      });
      encoder.uint(message.beside === undefined ? 0 : message.beside.slot + 1);
      encoder.uint(message.beside?.seq ?? 0);
      encodePage(message.value, pages);
      break;
    case 'astray':
    case 'parity_fresh':
    case 'place_wanted':
    case 'place_given_up':
      encodeGroup(message, encoder);
      break;
    case 'place_promised':
      encodeGroup(message, encoder);
      encoder.flag(message.has);
      break;
    case 'taken':
      encoder.uint(message.page);
      break;
    default:
      encoder.uint(message.mj);
  }
}

const toDataTypes: ReadonlySet<string> = new Set([
  'request_delta',
  'delta_held',
  'parity_hardened',
  'resolved',
  'recalled',
]);

const isToData = (message: ToParity | ToData): message is ToData => toDataTypes.has(message.type);

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
  if (code === codes.taken) return { role: 'link', message: { type: 'taken', page: decoder.uint() } };
  const place = toRowPlace(code);
  if (place !== undefined) return { role: 'space', message: place };
  if (code === codes.hurry) return { role: 'link', message: { type: 'hurry' } };
  if (code === codes.ios_updatepn) {
    const message = decodeUpdate(handle);
    return { role: 'parity', message, toughness: decodeToughness() };
  }
  const parity = toProxy(code, handle);
  if (parity !== undefined) return { role: 'parity', message: parity };
  const data = toMember(code, handle);
  if (data !== undefined) return { role: 'data', message: data };
  throw new RangeError(`An I/O manager sent a message of kind ${code}.`);
}

function toRowPlace(code: number): RowPlace | undefined {
  if (code === codes.place_wanted) return { type: 'place_wanted', ...decodeGroup(decoder) };
  if (code === codes.place_given_up) return { type: 'place_given_up', ...decodeGroup(decoder) };
  if (code === codes.place_promised) return { type: 'place_promised', ...decodeGroup(decoder), has: decoder.flag() };
  return undefined;
}

function toProxy(code: number, handle: () => Handle): ToProxy | undefined {
  switch (code) {
    case codes.hello:
      return { type: 'hello', epoch: decoder.uint(), stale: decoder.list(decodeGroup) };
    case codes.restore:
      return { type: 'restore', ...decodeBlock(decoder) };
    case codes.restored:
      return { type: 'restored', gfid: decoder.uint(), lblk: decoder.uint(), seq: decoder.uint() };
    case codes.member_value: {
      const name = decodeGroup(decoder);
      const answer = { question: decoder.uint(), slot: decoder.uint(), seq: decoder.uint() };
      return { type: 'member_value', ...name, ...answer, value: handle() };
    }
    case codes.over:
      return { type: 'over', of: decoder.uint(), epoch: decoder.uint() };
    case codes.astray:
      return { type: 'astray', ...decodeGroup(decoder) };
    case codes.in_place: {
      const of = decoder.uint();
      const message = toParity(decoder.uint(), handle);
      return message && { type: 'in_place', of, message };
    }
    default:
      return toParity(code, handle);
  }
}

function toParity(code: number, handle: () => Handle): ToParity | undefined {
  switch (code) {
    case codes.ios_updatepn:
      return decodeUpdate(handle);
    case codes.delta:
      return { type: 'delta', mj: decoder.uint(), delta: handle() };
    case codes.data_hardened:
      return { type: 'data_hardened', mj: decoder.uint(), ...(decoder.flag() && { away: true }) };
    case codes.resolve:
      return { type: 'resolve' };
    case codes.recall:
      return { type: 'recall', mj: decoder.uint() };
    case codes.abort:
      return { type: 'abort', mj: decoder.uint() };
    default:
      return undefined;
  }
}

function toMember(code: number, handle: () => Handle): ToMember | undefined {
  switch (code) {
    case codes.welcome:
      return { type: 'welcome', epoch: decoder.uint(), stale: decoder.list(decodeStale) };
    case codes.member_read:
      return { type: 'member_read', ...decodeBlock(decoder), question: decoder.uint(), seq: decoder.int() };
    case codes.restore_value: {
      const block = { gfid: decoder.uint(), lblk: decoder.uint(), seq: decoder.uint() };
      const applied = decoder.list((each) => ({ client: each.uint(), request: each.uint() }));
      const slot = decoder.uint();
      const beside = { slot: slot - 1, seq: decoder.uint() };
      return { type: 'restore_value', ...block, applied, ...(slot > 0 && { beside }), value: handle() };
    }
    case codes.parity_fresh:
      return { type: 'parity_fresh', ...decodeGroup(decoder) };
    case codes.answer_in_place: {
      const of = decoder.uint();
      const message = toData(decoder.uint(), handle);
      return message && { type: 'in_place', of, message };
    }
    default:
      return toData(code, handle);
  }
}

function toData(code: number, handle: () => Handle): ToData | undefined {
  switch (code) {
    case codes.request_delta:
      return { type: 'request_delta', mj: decoder.uint() };
    case codes.delta_held:
      return { type: 'delta_held', mj: decoder.uint() };
    case codes.parity_hardened:
      return { type: 'parity_hardened', mj: decoder.uint() };
    case codes.resolved:
      return { type: 'resolved', open: decoder.list(decodeOpen) };
    case codes.recalled:
      return { type: 'recalled', mj: decoder.uint(), delta: handle() };
    default:
      return undefined;
  }
}

function decodeUpdate(handle: () => Handle): Extract<ToParity, { type: 'ios_updatepn' }> {
  const mj = decodeMj(decoder);
  const code = decoder.flag() ? ({ code: 'q' } as const) : {};
  return { type: 'ios_updatepn', mj, ...code, delta: handle() };
}

function decodeToughness(): Toughness {
  const toughness = decoder.uint();
  if (toughness > 2) throw new RangeError(`An I/O manager sent an update of toughness ${toughness}.`);
  return toughness as Toughness;
}

function encodePage(handle: Handle, pages: PagePool): void {
  encoder.uint(handle);
  if (handle !== 0) encoder.int(pages.generation(pageOfHandle(handle)));
}

function encodeGroup({ gfid, group }: GroupName, into: Encoder): void {
  into.uint(gfid);
  into.uint(group);
}

const decodeGroup = (from: Decoder): GroupName => ({ gfid: from.uint(), group: from.uint() });

function encodeBlock({ gfid, lblk, group, slot }: MemberBlock, into: Encoder): void {
  into.uint(gfid);
  into.uint(lblk);
  into.uint(group);
  into.uint(slot);
}

const decodeBlock = (from: Decoder): MemberBlock => ({
  gfid: from.uint(),
  lblk: from.uint(),
  group: from.uint(),
  slot: from.uint(),
});

const decodeStale = (from: Decoder): StaleBlock => ({ ...decodeBlock(from), seq: from.uint() });

const decodeOpen = (from: Decoder): OpenUpdate => ({ mj: decodeMj(from), good: from.flag() });
