import { expect, it } from 'vitest';
import { LostOnTheWayError, withoutLost } from '../../src/array/lost-on-the-way.ts';
import { RaidArray } from '../../src/array/raid-array.ts';
import { crashImages } from '../../src/crash/crash-images.ts';
import type { DriveDirectory } from '../../src/drive/drive-files.ts';
import { LocalHost, localPools } from '../support/local-host.ts';
import { oracleOf, recordOverwrites } from '../support/recorded-overwrites.ts';
import { members } from '../support/recorded-run.ts';

const pools = localPools(members);

/** Open what a power cut left, and lose a member at one of the requests of that; how many there were, and what is wrong. */
it.each(['parity', 'mirror'] as const)(
  'goes on without a member that is lost at any request of an opening, and has lost nothing: %s',
  async (technique) => {
    const { recording, fromStep, gfid } = await recordOverwrites({ seed: 3, writesEach: 4, technique });
    const cut = { seed: 5, images: 1, fromStep: Math.max(fromStep, recording.steps.length - 60) };
    const openWithout = async (at: number, lost: number) => {
      // What an opening changed the next one must not find.
      const [image] = crashImages(recording, cut);
      const drives = new Map<number, DriveDirectory>();
      const openDrive = (member: number) => {
        const drive = drives.get(member) ?? image!.drive(`${member}`);
        drives.set(member, drive);
        return drive;
      };
      const host = new LocalHost('image', members, undefined, { pools, openDrive });
      let requests = 0;
      host.beforeRequest = async () => {
        if (requests++ === at) await host.cutOff(lost);
      };
      const array = await RaidArray.openOn(host, {});
      const count = requests;
      requests = Number.POSITIVE_INFINITY;
      const wrong = await oracleOf(image!).wrong(await array.objects.open(gfid));
      expect(wrong, `lost ${lost} at request ${at}`).toBe(undefined);
      await array.close();
      expect(host.pagesInUse).toBe(0);
      return count;
    };
    const requests = await openWithout(-1, 0);
    expect(requests).toBeGreaterThan(20);
    for (let at = 0; at < requests; at++) await openWithout(at, at % members.length);
  },
);

it('ends with the cause when an attempt loses nobody that was not lost before', async () => {
  const cause = new Error('the drive of n1 is gone');
  const seen: number[] = [];
  const attempt = async (lost: ReadonlyMap<number, string>) => {
    seen.push(lost.size);
    throw new LostOnTheWayError(new Map([[1, 'gone']]), cause);
  };
  await expect(withoutLost(attempt)).rejects.toBe(cause);
  expect(seen).toEqual([0, 1]);
});
