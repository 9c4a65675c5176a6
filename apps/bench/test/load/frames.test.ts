import { expect, test } from 'vitest';
import { driveFrames, type FrameSender } from '../../src/load/frames.ts';

const budget = { warmUpMs: 1, measureMs: 5, quick: true };

function sender(lost: number): FrameSender {
  let sent = 0;
  return {
    send: async (frames) => {
      await new Promise((resolve) => setImmediate(resolve));
      sent += frames;
      return frames;
    },
    settle: async () => sent - lost,
    close: async () => {},
  };
}

test('counts what arrived after the warm-up', async () => {
  const sample = await driveFrames(sender(0), budget);
  expect(sample.value).toBeGreaterThan(0);
  expect(sample.cpuNs).toBeGreaterThan(0);
});

test('a frame that did not arrive ends the round', async () => {
  await expect(driveFrames(sender(1), budget)).rejects.toThrow(/sent \d+ frames, \d+ arrived/);
});
