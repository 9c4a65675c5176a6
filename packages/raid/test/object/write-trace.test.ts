import { expect, it } from 'vitest';
import { RaidArray } from '../../src/array/raid-array.ts';
import { LocalHost } from '../support/local-host.ts';
import { bytesOf, smallShape } from '../support/objects.ts';
import { scratchDirectory } from '../support/scratch.ts';

it('tells every step of a write in the order of the figure, and when it was answered, at each toughness', async () => {
  const array = await RaidArray.createOn(new LocalHost(scratchDirectory(), [0, 1, 2, 3]), smallShape);
  const object = await array.objects.open(await array.objects.create());
  const other = await array.objects.open(await array.objects.create());
  await object.write(0, bytesOf(4096, 1));
  for (const toughness of [0, 1, 2] as const) {
    const beside = other.write(0, bytesOf(100_000, 2));
    const { written, steps } = await object.trace(100, bytesOf(512, toughness), { toughness });
    await beside;
    expect(written).toMatchObject({ degraded: false });
    const at = (step: string) => steps.findIndex((each) => each.step === step);
    const order = (...names: string[]) => {
      for (const name of names) expect(at(name), name).toBeGreaterThan(-1);
      expect(names.map(at)).toEqual(names.map(at).sort((a, b) => a - b));
    };
    const reply = `reply at toughness ${toughness}`;
    order('write', 'd1 read old data', 'd3 journal mj', 'd5 write data', 'd7 ios_updatepn', 'p5 delta held');
    order('d7 ios_updatepn', 'p2 journal pj', 'p6 write parity', 'p8 parity hardened', 'p10 pj_complete');
    order('d12 mark cnode', 'd13 data hardened', 'd15 mj_complete');
    order('write', reply, 'answered');
    if (toughness === 2) order('p8 parity hardened', reply);
    const nodes = (role: string) => new Set(steps.flatMap((step) => (step.role === role ? [step.node] : [])));
    // One write at one pair of nodes: what goes on in another object is not in it.
    expect(nodes('data').size).toBe(1);
    expect(nodes('parity').size).toBe(1);
    expect(steps[0]).toMatchObject({ atMs: 0, step: 'write', role: 'caller' });
  }
  await expect(object.trace(0, new Uint8Array(1), { toughness: 3 as never })).rejects.toMatchObject({
    code: 'HF_OBJECT_OPTION',
  });
  await array.close();
});
