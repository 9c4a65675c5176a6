import { describe, expect, it } from 'vitest';
import { type CallSpec, type FaultBudget, monitor, type WorldView } from '../../src/index.ts';
import type { RecorderEvent } from '../support/recorder.ts';
import { alone, does, logOf, reachable } from '../support/recorder-world.ts';

const after = (calls: number, call: CallSpec): CallSpec => ({
  ...call,
  when: (view) =>
    view.diskOpsInFlight === 0 && Array.from({ length: calls }, (_, at) => view.issued(at)).every(Boolean),
});

const write = (payload: number, address = 5) => does(0, { kind: 'write', op: 1, address, payload });
const flush = does(0, { kind: 'flush', op: 2 });
const read = does(0, { kind: 'read', op: 3, address: 5, blocks: 2 });

const flushed = monitor({
  name: 'flushed',
  watches: ['event'],
  initial: () => ({ done: false }),
  observe(state, { value }) {
    const event = value as RecorderEvent;
    if (event.type === 'disk' && event.result.kind === 'flush') state.done = true;
  },
  encode: (state, into) => into.flag(state.done),
  decode: (from) => ({ done: from.flag() }),
});

/** Every answer a read gets, after the calls, over all reachable states. */
function reads(calls: CallSpec[], faults: FaultBudget): Set<string> {
  const inTurn = [...calls, read].map((call, index) => after(index, call));
  const lines = reachable(alone({ calls: inTurn, faults }, { starts: true }), (view) =>
    logOf(view, 0)
      .filter((line) => line.startsWith('read'))
      .join(),
  );
  lines.delete('');
  return lines;
}

describe('disks of an explored world', () => {
  it('show a completed write, and nothing in blocks never written', () => {
    expect(reads([write(9)], {})).toEqual(new Set(['read 3 ok 9,0']));
    expect(reads([], {})).toEqual(new Set(['read 3 ok 0,0']));
  });

  it('may lose a write in a crash before a flush', () => {
    expect(reads([write(9)], { crash: 1, restart: 1 })).toEqual(new Set(['read 3 ok 9,0', 'read 3 ok 0,0']));
  });

  it('keep a write whatever crashes after a flush was answered', () => {
    const readAfterFlush = { ...read, when: (view: WorldView) => view.monitor<{ done: boolean }>(0).done };
    const flushWritten = { ...flush, when: (view: WorldView) => logOf(view, 0).join() === 'start 0,write 1 ok' };
    const world = alone(
      { calls: [write(9), flushWritten, readAfterFlush], monitors: [flushed], faults: { crash: 1, restart: 1 } },
      { starts: true },
    );
    const logs = reachable(world, (view) => logOf(view, 0).join());
    expect(logs).toContain('start 1,read 3 ok 9,0');
    for (const log of logs) if (log.includes('read')) expect(log).toContain('read 3 ok 9,0');
  });

  it('may leave a torn block for a write not flushed, at most as often as allowed', () => {
    expect(reads([write(9)], { crash: 1, restart: 1, torn: 1 })).toContain('read 3 ok -1,0');
    expect(reads([write(9)], { crash: 1, restart: 1 })).not.toContain('read 3 ok -1,0');
  });

  it('may keep a later write and lose an earlier one', () => {
    const logs = reads([write(1, 5), write(2, 6)], { crash: 1, restart: 1 });
    expect(logs).toEqual(new Set(['read 3 ok 1,2', 'read 3 ok 0,2', 'read 3 ok 1,0', 'read 3 ok 0,0']));
  });

  it('report a lost write as done and keep what was there', () => {
    const logs = reads([write(1), write(2)], { lostWrite: 1 });
    expect(logs).toEqual(new Set(['read 3 ok 2,0', 'read 3 ok 1,0']));
  });

  it('let a write hit another durable block, which is found bad', () => {
    const logs = reads([write(1, 5), write(2, 6), flush, write(3, 5)], { misdirectedWrite: 1 });
    expect(logs).toEqual(new Set(['read 3 ok 3,2', 'read 3 ok 1,-1']));
  });

  it('let a durable block turn bad', () => {
    const logs = reads([write(1), flush], { rot: 1 });
    expect(logs).toEqual(new Set(['read 3 ok 1,0', 'read 3 ok -1,0']));
  });

  it('fail operations with io-error, and writes with no-space', () => {
    const log = (faults: FaultBudget) =>
      reachable(alone({ calls: [write(9), after(1, flush), after(2, read)], faults }), (view) => logOf(view, 0).join());
    const errors = log({ diskError: 1 });
    expect(errors).toContain('write 1 io-error');
    expect(errors).toContain('write 1 ok,flush 2 io-error');
    expect(errors).toContain('write 1 ok,flush 2 ok,read 3 io-error');
    expect(log({ diskFull: 1 })).toContain('write 1 no-space,flush 2 ok,read 3 ok 0,0');
  });
});
