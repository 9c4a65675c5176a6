import { describe, expect, it } from 'vitest';
import { outcomeOf, packError, unpackError, unwrap } from '../../src/control/error-wire.ts';
import { CompactedError } from '../../src/coord/errors.ts';
import { BootError, HoldfastError, NodeDownError, NodeStuckError } from '../../src/errors.ts';

const travel = (error: unknown) => unpackError(structuredClone(packError(error)));

describe('an error on the control plane', () => {
  it('keeps class, code, message, stack and its own properties', () => {
    const error = new NodeDownError('n3', 'not-sent');
    const arrived = travel(error);
    expect(arrived).toBeInstanceOf(NodeDownError);
    expect(arrived).toMatchObject({ code: 'HF_NODE_DOWN', outcome: 'not-sent', node: 'n3', retryable: true });
    expect(arrived.message).toBe(error.message);
    expect(arrived.stack).toBe(error.stack);
    expect(travel(new NodeStuckError(['n1', 'n2']))).toMatchObject({ nodes: ['n1', 'n2'] });
    expect(travel(new CompactedError(3, 9))).toBeInstanceOf(CompactedError);
  });

  it('keeps its causes, to a bounded depth', () => {
    let error = new Error('the first');
    for (let level = 0; level < 40; level += 1) error = new BootError('n0', `level ${level}.`, { cause: error });
    let depth = 0;
    for (let at: unknown = travel(error); at instanceof Error; at = at.cause) depth += 1;
    expect(depth).toBe(9);
  });

  it('arrives as the nearest class known: HoldfastError, or Error', () => {
    class OurError extends HoldfastError {}
    expect(travel(new OurError('HF_OURS', 'Ours.', { hint: 'None.' }))).toMatchObject({ code: 'HF_OURS' });
    expect(travel(new OurError('HF_OURS', 'Ours.', { hint: 'None.' }))).toBeInstanceOf(HoldfastError);
    class Other extends Error {}
    expect(travel(new Other('other'))).toBeInstanceOf(Error);
    expect(travel(new TypeError('type'))).toBeInstanceOf(TypeError);
  });

  it('leaves behind what cannot be cloned, and survives what is no error', () => {
    const error = Object.assign(new Error('kept'), { callback: () => undefined, kept: { deep: [1] } });
    expect(travel(error)).toMatchObject({ message: 'kept', kept: { deep: [1] } });
    expect(travel(error)).not.toHaveProperty('callback');
    for (const thrown of ['text', 7, undefined, null, Symbol('s')]) expect(travel(thrown)).toBeInstanceOf(Error);
  });
});

describe('an outcome', () => {
  it('is the value, or the error thrown again', async () => {
    expect(unwrap(await outcomeOf(async () => 7))).toBe(7);
    const failed = await outcomeOf(() => {
      throw new NodeDownError('n0', 'unknown');
    });
    expect(() => unwrap(failed)).toThrow(NodeDownError);
  });
});
