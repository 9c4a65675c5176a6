import { describe, expect, it } from 'vitest';
import { type CellTable, cellAt, handled, ignored, impossible, ProtocolError, refuseImpossible } from '../src/index.ts';

const table: CellTable = {
  idle: { call: handled, pong: impossible('a pong answers a ping') },
  waiting: { call: ignored('one call at a time'), pong: handled },
};

describe('the table of cells', () => {
  it('answers with the class and the reason', () => {
    expect(cellAt('ping', table, 'idle', 'call')).toEqual({ class: 'handled', why: '' });
    expect(cellAt('ping', table, 'waiting', 'call')).toEqual({ class: 'ignored', why: 'one call at a time' });
  });

  it.each([
    ['idle', 'restart'],
    ['gone', 'call'],
  ])('knows no cell (%s, %s)', (row, column) => {
    expect(() => cellAt('ping', table, row, column)).toThrow(ProtocolError);
  });

  it.each(['constructor', 'toString', '__proto__'])('takes %s for no row and no column', (name) => {
    expect(() => cellAt('ping', table, name, 'call')).toThrow(ProtocolError);
    expect(() => cellAt('ping', table, 'idle', name)).toThrow(ProtocolError);
  });

  it('throws for an impossible cell and says which and why', () => {
    expect(() => refuseImpossible('ping', table, 'idle', 'pong')).toThrow(
      'ping: event pong in state idle: a pong answers a ping',
    );
    expect(refuseImpossible('ping', table, 'waiting', 'call').class).toBe('ignored');
  });
});
