import { interval, map } from 'rxjs';
import { z } from 'zod';
import { defineService, rpc, stream } from '../../src/service/define-service.ts';
import { registerErrorClass } from '../../src/service/error-classes.ts';

/** An error of the application's own, known in every thread that loads this module. */
export class QuotaError extends Error {
  override readonly name = 'QuotaError';
  readonly code = 'E_QUOTA';
  readonly used: bigint;
  constructor(used: bigint, cause: unknown) {
    super(`used ${used}`, { cause });
    this.used = used;
  }
}
registerErrorClass(QuotaError);

export const Probe = defineService('probe', {
  /** Answers how many came before. */
  count: rpc({ in: z.object({ n: z.int() }), out: z.object({ n: z.int(), before: z.int() }) }),
  bytes: rpc({ in: z.instanceof(Uint8Array), out: z.instanceof(Uint8Array) }),
  fail: rpc({}),
  /** Never answers. */
  hang: rpc({}),
  /** Calls `count` on another node, from here. */
  forward: rpc({ in: z.object({ to: z.string(), n: z.int() }), out: z.object({ n: z.int(), before: z.int() }) }),
  ticks: stream({ out: z.int() }),
  made: rpc({ out: z.int() }),
  /** Sends that many messages on channel `numbers` to main. */
  emit: rpc({ in: z.int(), out: z.int() }),
});

export default Probe.implement((context) => {
  let counted = 0;
  let made = 0;
  return {
    count: ({ n }) => {
      counted += 1;
      return { n, before: counted - 1 };
    },
    bytes: (bytes) => bytes.toReversed(),
    fail: () => {
      throw new QuotaError(12n, new RangeError('full'));
    },
    hang: () => new Promise<undefined>(() => {}),
    forward: ({ to, n }) => context.service(Probe, { node: to }).count({ n }),
    ticks: () =>
      interval(1).pipe(
        map((i) => {
          made = i + 1;
          return i;
        }),
      ),
    made: () => made,
    emit: async (messages) => {
      const channel = context.connect('main', { name: 'numbers', schema: z.object({ n: z.int() }) });
      for (let n = 0; n < messages; n++) await channel.send({ n });
      await channel.close();
      return messages;
    },
  };
});
