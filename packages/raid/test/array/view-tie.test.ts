import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, keysOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

const four = [0, 1, 2, 3];
const keys = Array.from({ length: 12 }, (_, index) => `key ${index}`);

it.each(four)(
  'an opening that reached only the drive of member %d does not make it count when it comes back',
  async (early) => {
    const directory = scratchDirectory();
    const array = await RaidArray.createOn(new LocalHost(directory, four), smallShape);
    for (const key of keys) await array.put(key, bytesOf(5000));
    await array.close();
    const host = new LocalHost(directory, four);
    const cut = Promise.withResolvers<void>();
    host.beforeRequest = (member, request) => {
      if (request !== 'setView' || member === early) return undefined;
      return new Promise(() => undefined);
    };
    const recorded = host.iom(early).setView;
    expect(recorded).toBeDefined();
    RaidArray.openOn(host, {}).catch(() => undefined);
    // The view is durable on the early one when it says so.
    const seen = async () => {
      for (;;) {
        const view = await host
          .iom(early)
          .view()
          .catch(() => undefined);
        if (view !== undefined && view.epoch === 2) return cut.resolve();
        await new Promise(setImmediate);
      }
    };
    void seen();
    await cut.promise;
    await host.close();
    // The others go on without it, in an epoch of the same number.
    const others = await RaidArray.openOn(new LocalHost(directory, four), { without: [`n${early}`] });
    for (const key of keys) await others.remove(key);
    await others.close();
    const whole = await RaidArray.openOn(new LocalHost(directory, four), {});
    expect(await keysOf(whole)).toEqual([]);
    await whole.close();
  },
);
