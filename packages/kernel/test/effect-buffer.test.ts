import { describe, expect, it } from 'vitest';
import { EffectBuffer, EffectOverflowError, effectsPerStepMax } from '../src/index.ts';

describe('EffectBuffer', () => {
  it('keeps effects in the order they were written, with their arguments', () => {
    const out = new EffectBuffer<string, number, boolean>();
    out.send(2, 'hello');
    out.setTimer(7, 50);
    out.cancelTimer(8);
    out.diskRead(1, 100, 4);
    out.diskWrite(2, 101, 55);
    out.diskFlush(3);
    out.reply(9, 42);
    out.deliver(true);
    out.trace('committed', 1, 2);
    const seen = Array.from({ length: out.length }, (_, index) => {
      const { kind, target, a, b, message, result, upward, step } = out.at(index);
      return [kind, target, a, b, message ?? result ?? upward ?? step];
    });
    expect(seen).toEqual([
      ['send', 2, 0, 0, 'hello'],
      ['setTimer', 7, 50, 0, ''],
      ['cancelTimer', 8, 0, 0, ''],
      ['diskRead', 1, 100, 4, ''],
      ['diskWrite', 2, 101, 55, ''],
      ['diskFlush', 3, 0, 0, ''],
      ['reply', 9, 0, 0, 42],
      ['deliver', 0, 0, 0, true],
      ['trace', 0, 1, 2, 'committed'],
    ]);
  });

  it('reuses its slots and carries nothing over', () => {
    const out = new EffectBuffer<string>();
    out.send(1, 'first');
    const slot = out.at(0);
    out.clear();
    expect(out.length).toBe(0);
    out.cancelTimer(3);
    expect(out.at(0)).toBe(slot);
    expect(slot.message).toBeUndefined();
  });

  it('has nothing beyond its end, and nothing at an index that is none', () => {
    const out = new EffectBuffer();
    out.diskFlush(1);
    for (const index of [-1, 1, 0.5, Number.NaN]) expect(() => out.at(index)).toThrow(RangeError);
  });

  it('ends a step that writes without end', () => {
    const out = new EffectBuffer();
    const endless = () => {
      for (;;) out.cancelTimer(1);
    };
    expect(endless).toThrow(EffectOverflowError);
    expect(out.length).toBe(effectsPerStepMax);
  });
});
