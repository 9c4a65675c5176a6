import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { forEachFrame } from '../../src/exchange/frame-layout.ts';
import { RecordLog } from '../../src/exchange/record-log.ts';
import { sessionHeaderBytes } from '../../src/exchange/session-header.ts';
import { frameBytesMax, recordBytesMax, recordTargetBytes } from '../../src/limits.ts';

/** Write one frame whose bytes all are `fill`; false when there is no room. */
function write(log: RecordLog, length: number, fill: number): boolean {
  if (!log.writing && !log.open(length)) return false;
  const start = log.frameStart;
  log.bytes.fill(fill, start, start + length);
  log.commit(1 + (fill % 100), length);
  return true;
}

function frames(log: RecordLog, handle: number): { port: number; length: number; fill: number[] }[] {
  const found: { port: number; length: number; fill: number[] }[] = [];
  forEachFrame(log.words, log.startOf(handle) + sessionHeaderBytes, log.endOf(handle), (port, start, end) => {
    found.push({ port, length: end - start, fill: [...new Set(log.bytes.subarray(start, end))] });
  });
  return found;
}

describe('RecordLog', () => {
  it('keeps every record whole and where it says until it is released, while it grows and goes in circles', () => {
    const action = fc.oneof(
      fc.record({ verb: fc.constant('write' as const), length: fc.integer({ min: 1, max: 20_000 }) }),
      fc.record({ verb: fc.constant('seal' as const), length: fc.constant(0) }),
      fc.record({ verb: fc.constant('release' as const), length: fc.constant(0) }),
    );
    fc.assert(
      fc.property(fc.array(action, { maxLength: 300 }), (actions) => {
        const log = new RecordLog(16, 200_000);
        const sealed: { handle: number; frames: { length: number; fill: number }[] }[] = [];
        let open: { length: number; fill: number }[] = [];
        let fill = 0;
        for (const { verb, length } of actions) {
          if (verb === 'write') {
            if (log.writing && !log.fits(length)) continue;
            fill = (fill + 1) & 0xff;
            if (write(log, length, fill)) open.push({ length, fill });
            else expect(log.full || log.retainedBytes > 100_000).toBe(true);
          } else if (verb === 'seal' && open.length > 0) {
            sealed.push({ handle: log.seal(), frames: open });
            open = [];
          } else if (verb === 'release') {
            const oldest = sealed.shift();
            if (oldest !== undefined) log.release(oldest.handle);
          }
          for (const record of sealed) {
            expect(log.startOf(record.handle) % 8).toBe(0);
            expect(frames(log, record.handle)).toEqual(
              record.frames.map((frame) => ({
                port: 1 + (frame.fill % 100),
                length: frame.length,
                fill: [frame.fill],
              })),
            );
          }
        }
      }),
      { numRuns: 60 },
    );
  });

  it('asks for a seal when the next frame would take a record beyond its target', () => {
    const log = new RecordLog(16);
    let count = 0;
    expect(write(log, 1000, 1)).toBe(true);
    for (count = 1; log.fits(1000); count++) write(log, 1000, 1);
    expect(count).toBe(Math.floor((recordTargetBytes - sessionHeaderBytes) / 1004));
  });

  it('takes the largest frame into a record of its own that every link carries', () => {
    const log = new RecordLog(16);
    expect(write(log, frameBytesMax, 1)).toBe(true);
    const handle = log.seal();
    expect(log.endOf(handle) - log.startOf(handle)).toBeLessThanOrEqual(recordBytesMax);
  });

  it('refuses when its cap or its window is reached, and releases in order only', () => {
    const log = new RecordLog(4, 1);
    const handles: number[] = [];
    while (write(log, 1000, 7)) handles.push(log.seal());
    expect(handles.length).toBe(4);
    expect(() => log.release(handles[1] as number)).toThrow(RangeError);
    log.release(handles[0] as number);
    expect(write(log, 1000, 7)).toBe(true);
  });
});
