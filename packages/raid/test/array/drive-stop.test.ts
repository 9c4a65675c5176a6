import { firstValueFrom } from 'rxjs';
import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { faulty, systemError } from '../support/faulty-drive.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];

it('hears of a drive that stops itself behind an answered write, though nobody asks its member anything', async () => {
  let failing = -1;
  const host = new LocalHost(scratchDirectory(), four, (drive, member) =>
    faulty(drive, (operation, file) => {
      if (member === failing && operation === 'flush' && file === 'blocks') throw systemError('EIO');
    }),
  );
  const array = await RaidArray.createOn(host, smallShape);
  const object = await array.objects.open(await array.objects.create());
  const { node } = object.locate(0, 4096)[0]!;
  failing = Number(node.slice(1));
  const heard = firstValueFrom(array.events$);
  // Answered before anything is flushed.
  await object.write(0, bytesOf(4096), { toughness: 0 });
  expect(await heard).toMatchObject({ type: 'degraded', node, why: expect.stringContaining('stopped') });
  const written = await object.write(0, bytesOf(4096, 2));
  expect(written.degraded).toBe(true);
  expect(await object.read(0, 4096)).toEqual(bytesOf(4096, 2));
  await array.close();
});
