import { expect, test } from 'vitest';
import { objectKeyBytesMax } from '../../src/limits.ts';
import { objectKey } from '../../src/tree/object-key.ts';

test('a path is its own key, readable', () => {
  expect(objectKey(Buffer.from('src/main.ts'))).toBe('file/src/main.ts');
  expect(objectKey(Buffer.from([0x61, 0xff]))).toBe('file/a\\xff');
});

test('long paths fit a key and stay apart', () => {
  const long = (last: string) => Buffer.from(`${'directory/'.repeat(300)}${last}`);
  expect(Buffer.byteLength(objectKey(long('a')))).toBeLessThanOrEqual(objectKeyBytesMax);
  expect(objectKey(long('a'))).not.toBe(objectKey(long('b')));
});

test('a long path of wide characters fits too, wherever it is cut', () => {
  for (let extra = 0; extra < 4; extra++) {
    const key = objectKey(Buffer.from('x'.repeat(extra) + '日本'.repeat(500)));
    expect(Buffer.byteLength(key)).toBeLessThanOrEqual(objectKeyBytesMax);
  }
});
