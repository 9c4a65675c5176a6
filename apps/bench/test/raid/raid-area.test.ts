import { expect, test } from 'vitest';
import { dropCached } from '../../src/peers/page-cache.ts';
import { RawFiles } from '../../src/peers/raw-files.ts';
import { checksum } from '../../src/raid/checksum.ts';
import { parity } from '../../src/raid/parity.ts';

const budget = { warmUpMs: 1, measureMs: 5, quick: true };
const inCache = [...parity, ...checksum].filter(({ name }) => !name.includes('out of cache'));
const contenders = inCache.flatMap(({ name, ours, peers }) =>
  [ours, ...peers].map((contender) => ({ name: `${name}: ${contender.name}`, contender })),
);

test.each(contenders)('$name is measured, or says what is not installed', async ({ contender }) => {
  const round = contender.round(budget);
  const why = await round.then(
    ({ value }) => (value > 0 ? undefined : 'nothing was measured'),
    (error: Error) => error.message,
  );
  if (why !== undefined) expect(why).toMatch(/^not installed: /);
});

test('raw files give back what was written to them', async () => {
  await using files = await RawFiles.open(2);
  await files.write(2 << 20);
  await files.read(2 << 20);
  await expect(files.read(3 << 20)).rejects.toThrow('shorter');
});

test('a file whose cache cannot be dropped is an error', () => {
  expect(() => dropCached(['/no/such/file'])).toThrow('not installed');
});
