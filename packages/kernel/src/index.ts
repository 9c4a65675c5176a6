/**
 * The contract every Holdfast protocol kernel fulfils.
 *
 * @packageDocumentation
 * @example
 * ```ts
 * import { EffectBuffer, type Kernel, handled, impossible, refuseImpossible } from '@holdfast/kernel';
 *
 * type Event = { type: 'call'; id: number } | { type: 'pong' };
 * type State = { waitingFor: number };
 *
 * const table = {
 *   idle: { call: handled, pong: impossible('a pong answers a ping') },
 *   waiting: { call: impossible('the host sends one call at a time'), pong: handled },
 * };
 * const ping: Kernel<State, Event, undefined, 'ping', 'ok'> = {
 *   name: 'ping',
 *   table,
 *   initial: () => ({ waitingFor: 0 }),
 *   row: (state) => (state.waitingFor === 0 ? 'idle' : 'waiting'),
 *   column: (event) => event.type,
 *   step(state, event, env, out) {
 *     refuseImpossible('ping', table, ping.row(state, event, env), event.type);
 *     if (event.type === 'call') {
 *       state.waitingFor = event.id;
 *       out.send(1, 'ping');
 *     } else {
 *       out.reply(state.waitingFor, 'ok');
 *       state.waitingFor = 0;
 *     }
 *   },
 *   encode: (state, into) => into.uint(state.waitingFor),
 *   decode: (from) => ({ waitingFor: from.uint() }),
 * };
 *
 * const out = new EffectBuffer<'ping', 'ok'>();
 * ping.step(ping.initial(undefined), { type: 'call', id: 7 }, undefined, out);
 * out.at(0).kind; // 'send'
 * ```
 */
export type { EffectSink, Handle, Kernel, KernelEvent } from './contract.ts';
export { EffectBuffer, type EffectKind, type RecordedEffect } from './effect-buffer.ts';
export { Decoder, Encoder } from './encoding.ts';
export { EffectOverflowError, EncodingError, ProtocolError } from './errors.ts';
export { effectsPerStepMax } from './limits.ts';
export {
  type Cell,
  type CellClass,
  type CellTable,
  cellAt,
  handled,
  ignored,
  impossible,
  refuseImpossible,
} from './table.ts';
