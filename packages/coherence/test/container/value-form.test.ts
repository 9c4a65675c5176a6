import { expect, test } from 'vitest';
import { z } from 'zod';
import { RecordForm } from '../../src/container/value-form.ts';

const form = <Value>(value: z.ZodType<Value>): RecordForm<Value> =>
  new RecordForm({ name: 'records', value, valueBytesMax: 1000 });

test('the draft of what was encoded last shares nothing with its writer, nor with the next draft', () => {
  const records = form(z.object({ n: z.int(), text: z.string() }));
  const written = { n: 1, text: 'one' };
  const bytes = records.encode(written);
  const draft = records.draft(bytes);
  draft.n = 2;
  expect(written).toEqual({ n: 1, text: 'one' });
  expect(records.draft(bytes)).toEqual({ n: 1, text: 'one' });
  written.n = 3;
  expect(records.draft(bytes)).toEqual({ n: 1, text: 'one' });
});

test('what lies deeper, or is passed on as it is, is never shared', () => {
  const deep = form(z.object({ inner: z.object({ n: z.int() }) }));
  const bytes = deep.encode({ inner: { n: 1 } });
  deep.draft(bytes).inner.n = 2;
  expect(deep.draft(bytes)).toEqual({ inner: { n: 1 } });
  const loose = form(z.any());
  const written = { n: 1 };
  const looseBytes = loose.encode(written);
  written.n = 2;
  expect(loose.draft(looseBytes)).toEqual({ n: 1 });
});

test('a value that was refused leaves the draft of the one before as it was', () => {
  const records = form(z.object({ n: z.int() }));
  const bytes = records.encode({ n: 1 });
  const draft = records.draft(bytes);
  draft.n = 1.5;
  expect(() => records.encode(draft)).toThrow(/does not|HF_SCHEMA|schema|value/i);
  expect(records.draft(bytes)).toEqual({ n: 1 });
});
