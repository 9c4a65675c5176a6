import { readFileSync } from 'node:fs';
import { describe, expect, it } from 'vitest';
import { Decoder, EffectBuffer, Encoder, handled, impossible, type Kernel, refuseImpossible } from '../src/index.ts';

type State = { waitingFor: number };
type Event = { type: 'call'; id: number } | { type: 'pong' };

const table = {
  idle: { call: handled, pong: impossible('a pong answers a ping') },
  waiting: { call: impossible('the host sends one call at a time'), pong: handled },
};

const ping: Kernel<State, Event, undefined, 'ping', 'ok'> = {
  name: 'ping',
  table,
  initial: () => ({ waitingFor: 0 }),
  row: (state) => (state.waitingFor === 0 ? 'idle' : 'waiting'),
  column: (event) => event.type,
  step(state, event, env, out) {
    refuseImpossible('ping', table, ping.row(state, event, env), event.type);
    if (event.type === 'call') {
      state.waitingFor = event.id;
      out.send(1, 'ping');
    } else {
      out.reply(state.waitingFor, 'ok');
      state.waitingFor = 0;
    }
  },
  encode: (state, into) => into.uint(state.waitingFor),
  decode: (from) => ({ waitingFor: from.uint() }),
};

describe('a kernel', () => {
  it('is the one the README shows', () => {
    const readme = readFileSync(new URL('../README.md', import.meta.url), 'utf8');
    const source = readFileSync(new URL(import.meta.url), 'utf8');
    const body = source.slice(source.indexOf('type State'), source.indexOf("describe('a kernel'")).trim();
    expect(readme.replace('export const ping', 'const ping')).toContain(body);
  });

  it('runs without a host: a call sends, the answer replies', () => {
    const out = new EffectBuffer<'ping', 'ok'>();
    const state = ping.initial(undefined);
    ping.step(state, { type: 'call', id: 7 }, undefined, out);
    expect([out.at(0).kind, out.at(0).message]).toEqual(['send', 'ping']);
    out.clear();
    ping.step(state, { type: 'pong' }, undefined, out);
    expect([out.at(0).kind, out.at(0).target, out.at(0).result]).toEqual(['reply', 7, 'ok']);
  });

  it('refuses what its table calls impossible', () => {
    const out = new EffectBuffer<'ping', 'ok'>();
    expect(() => ping.step(ping.initial(undefined), { type: 'pong' }, undefined, out)).toThrow('a pong answers a ping');
  });

  it('comes back from its encoding', () => {
    const encoder = new Encoder();
    ping.encode({ waitingFor: 300 }, encoder);
    expect(ping.decode(new Decoder(encoder.view()))).toEqual({ waitingFor: 300 });
  });
});
