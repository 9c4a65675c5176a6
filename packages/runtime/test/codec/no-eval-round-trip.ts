import assert from 'node:assert/strict';
import { z } from 'zod';
import { codecOf } from '../../src/codec/codec.ts';
import { Reader } from '../../src/codec/reader.ts';
import { Writer } from '../../src/codec/writer.ts';

assert.throws(() => new Function('return 1'), EvalError);
const codec = codecOf(z.object({ name: z.string(), at: z.date(), list: z.array(z.bigint()) }), 'input');
const value = { name: 'x', at: new Date(5), list: [1n, 2n ** 80n] };
const writer = new Writer();
codec.encode(writer, value);
const reader = new Reader();
reader.open(writer.written(), 0, writer.length);
assert.deepEqual(codec.decode(reader), value);
process.stdout.write('same');
