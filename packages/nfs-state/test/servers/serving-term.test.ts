import { describe, expect, it } from 'vitest';
import { ServingTerm } from '../../src/servers/serving-term.ts';
import { Head } from '../support/head.ts';
import { MemoryObjects } from '../support/memory-objects.ts';

const content = 'files/f/content';
const attributes = 'files/f/attributes';
const runs = [{ offset: 0, bytes: new Uint8Array(4) }];

async function begun(
  others = { still: false },
): Promise<{ term: ServingTerm; objects: ReturnType<ServingTerm['objects']> }> {
  const term = new ServingTerm({ node: 'n1', epoch: 3, others: () => others.still });
  term.renew(performance.now());
  const objects = term.objects(new MemoryObjects());
  for (const name of [content, attributes]) await objects.create(name);
  return { term, objects };
}

describe('a term', () => {
  it('lets nothing begin once it is over, and nothing be answered that was under way', async () => {
    const { term, objects } = await begun();
    const { promise, resolve } = Promise.withResolvers<string>();
    const underWay = term.run(() => promise);
    expect(term.isSettled).toBe(false);
    term.end();
    resolve('done');
    await expect(underWay).rejects.toMatchObject({ code: 'HF_NOT_SERVING' });
    expect(term.isSettled).toBe(true);
    await expect(objects.write(attributes, runs, 2)).rejects.toMatchObject({ code: 'HF_NOT_SERVING' });
    await expect(objects.sync(content)).rejects.toMatchObject({ code: 'HF_NOT_SERVING' });
  });

  it('is over when the store was not heard of for as long as a right lasts', () => {
    const term = new ServingTerm({ node: 'n1', epoch: 3, others: () => false });
    term.renew(performance.now() - 3_600_000);
    expect(term.isCurrent).toBe(false);
    term.renew(performance.now());
    expect(term.isCurrent).toBe(true);
  });

  it('writes no content while a server of before may still write, and everything else', async () => {
    const others = { still: true };
    const { term, objects } = await begun(others);
    expect(term.followsSilent).toBe(true);
    await expect(objects.write(content, runs, 1)).rejects.toMatchObject({ code: 'HF_NFS_DELAY', retryable: true });
    await expect(objects.truncate(content, 0)).rejects.toMatchObject({ code: 'HF_NFS_DELAY' });
    await objects.write(attributes, runs, 2);
    await objects.sync(content);
    others.still = false;
    await objects.write(content, runs, 1);
  });

  it('takes what it asked of its head back', async () => {
    const { term } = await begun();
    const head = new Head();
    let isWanted: (() => boolean) | undefined;
    const asked = term.head({
      state: head.state,
      ask: async (request) => {
        isWanted = request.isWanted;
        return head.ask(request);
      },
    });
    await asked.ask({ operation: { type: 'renew', client: 'nobody' } });
    expect(isWanted?.()).toBe(true);
    term.end();
    expect(isWanted?.()).toBe(false);
    await expect(asked.ask({ operation: { type: 'renew', client: 'nobody' } })).rejects.toMatchObject({
      code: 'HF_NOT_SERVING',
    });
  });
});
