import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import type { Step } from '../../src/iom/messages.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape, verdict } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const steps: readonly Step[] = ['block-written', 'hardened', 'object-recorded'];

it.each(steps)(
  'holds a member at the step %s of a live put; killed there, the put ends degraded or whole',
  async (step) => {
    for (const member of four) {
      const directory = scratchDirectory();
      const host = new LocalHost(directory, four);
      const array = await RaidArray.createOn(host, smallShape);
      const hold = await array.hold(`n${member}`, step, { key: 'k' });
      await array.put('other', bytesOf(50_000));
      const put = array.put('k', bytesOf(150_000, member));
      const reached = await Promise.race([hold.reached, put.then(() => undefined)]);
      // Metadata lies on two members only: the others never come to that step.
      if (reached === undefined) expect(step).toBe('object-recorded');
      else expect(await hold.release()).toBe(false);
      await host.cutOff(member);
      await put;
      expect(await verdict(array, 'k', bytesOf(150_000, member))).toBe('right');
      await array.close();
      const opened = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${member}`] });
      expect(await verdict(opened, 'k', bytesOf(150_000, member))).toBe('right');
      await opened.close();
    }
  },
);

it('lets a held put go on when the hold is released', async () => {
  const array = await RaidArray.createOn(new LocalHost(scratchDirectory(), four), smallShape);
  const hold = await array.hold('n1', 'block-written', { after: 1 });
  await array.put('a', bytesOf(150_000));
  const put = array.put('b', bytesOf(150_000));
  await hold.reached;
  await hold.release();
  expect(await put).toMatchObject({ degraded: false });
  const unused = await array.hold('n2', 'hardened', { key: 'never' });
  expect(await unused.release()).toBe(true);
  await expect(array.hold('n9', 'hardened')).rejects.toMatchObject({ code: 'HF_UNKNOWN_NODE' });
  await array.close();
});
