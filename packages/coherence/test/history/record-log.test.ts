import { describe, expect, test } from 'vitest';
import { makeRecordMemory, RecordLog } from '../../src/history/record-log.ts';

describe('a record log', () => {
  test('keeps every call with its answer, in the order of one clock', () => {
    const memory = makeRecordMemory(2, 10, 100);
    const log = new RecordLog(memory, 1);
    const other = new RecordLog(memory, 0);
    const set = log.begin('set', 3, 0)!;
    const get = other.begin('get', 3, 2)!;
    set.did(true);
    get.saw(set.value);
    expect(log.operations('n1')).toEqual([
      {
        key: 3,
        process: 'n1 client 0',
        call: { type: 'set', value: set.value },
        invoked: 1,
        end: { outcome: 'answered', at: 3, result: {} },
      },
    ]);
    expect(other.operations('n0')).toMatchObject([{ invoked: 2, end: { at: 4, result: { saw: set.value } } }]);
  });

  test('tells nothing there, something removed, lost, refused and unknown apart', () => {
    const log = new RecordLog(makeRecordMemory(1, 10, 100), 0);
    log.begin('get', 0, 0)!.saw(undefined);
    log.begin('remove', 0, 0)!.did(true);
    log.begin('get', 0, 0)!.end('lost');
    log.begin('get', 0, 0)!.end('refused');
    log.begin('exchange', 0, 0)!.end('unknown');
    log.begin('exchange', 0, 0);
    expect(log.operations('n').map(({ end }) => end)).toEqual([
      { outcome: 'answered', at: 2, result: { saw: null } },
      { outcome: 'answered', at: 4, result: { did: true } },
      { outcome: 'answered', at: 6, result: { lost: true } },
      { outcome: 'refused' },
      { outcome: 'unknown' },
      undefined,
    ]);
  });

  test('takes no more than it has room for', () => {
    const log = new RecordLog(makeRecordMemory(1, 10, 2), 0);
    expect([0, 1, 2, 3].map((key) => log.begin('get', key, 0) !== undefined)).toEqual([true, true, false, false]);
    expect(log.length).toBe(2);
    expect(log.operations('n')).toHaveLength(2);
  });
});
