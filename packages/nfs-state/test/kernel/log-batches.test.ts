import { EffectBuffer } from '@holdfast/kernel';
import { expect, it } from 'vitest';
import type { LogEnv } from '../../src/kernel/log-env.ts';
import { logKernel } from '../../src/kernel/log-kernel.ts';
import { logRules } from '../../src/kernel/log-rules.ts';
import type { Answer, HeadMessage, LogEvent, LogRequest } from '../../src/kernel/log-types.ts';
import { plainBytes } from '../../src/kernel/plain-bytes.ts';

const env: LogEnv = {
  self: 0,
  life: 1,
  batchRecordsMax: 4,
  batchBytesMax: 100,
  touchedKeysMax: 100,
  snapshotRecords: 0,
  plan: (_, asked) => ({
    answer: 'done',
    change: asked,
    takesAway: false,
    compares: [],
    touches: [],
    mayBeBehind: false,
  }),
  apply: (image, change) => [...(image as unknown[]), change],
  save: (image) => image,
  load: (saved) => saved,
  empty: () => [],
  bytesOf: ({ change }) => change as number,
  tooLarge: () => 'too large',
  rules: logRules,
};

/** The only head, which appends: the bytes of the records of each batch, and what was answered. */
function batchesOf(asked: readonly number[]): { readonly batches: number[][]; readonly answers: Answer[] } {
  const state = logKernel.initial(env);
  const events: LogEvent[] = [{ type: 'appointed', epoch: 1, head: 0, others: [] }];
  const batches: number[][] = [];
  const answers: Answer[] = [];
  let isAsked = false;
  for (let event = events.shift(); event !== undefined; event = events.shift()) {
    const out = new EffectBuffer<HeadMessage, Answer, LogRequest>();
    logKernel.step(state, event, env, out);
    for (let at = 0; at < out.length; at++) {
      const { kind, result, upward } = out.at(at);
      if (kind === 'reply') answers.push(result);
      if (kind !== 'deliver' || upward === undefined) continue;
      const { epoch } = upward;
      if (upward.type === 'claim') events.push({ type: 'claimed', epoch });
      if (upward.type === 'gather') events.push({ type: 'gathered', epoch });
      if (upward.type === 'read')
        events.push({ type: 'contents', epoch, contents: { snapshot: undefined, batches: [], isScattered: false } });
      if (upward.type === 'append') {
        batches.push(upward.batch.records.map(({ change }) => change as number));
        events.push({ type: 'appended', epoch });
      }
    }
    if (state.phase === 'appending' && !isAsked) {
      isAsked = true;
      events.unshift(...asked.map((each, call): LogEvent => ({ type: 'request', call, asked: each })));
    }
  }
  return { batches: batches.filter(({ length }) => length > 0), answers };
}

it('puts no more bytes into a batch than fit, nor more records', () => {
  expect(batchesOf([10, 60, 40, 1, 100, 1, 1, 1, 1, 1]).batches).toEqual([
    [10],
    [60, 40],
    [1],
    [100],
    [1, 1, 1, 1],
    [1],
  ]);
});

it('answers what alone is more than a batch, and appends what came with it', () => {
  const { batches, answers } = batchesOf([10, 101, 20]);
  expect(batches).toEqual([[10], [20]]);
  expect(answers.toSorted()).toEqual(['done', 'done', 'too large']);
});

it('counts bytes of plain data as more than they take', () => {
  expect(plainBytes('ab')).toBeGreaterThanOrEqual(Buffer.byteLength('ab'));
  expect(plainBytes({ a: [1, 2n ** 64n, null, undefined, true], b: '\u20ac' })).toBeGreaterThan(40);
});
