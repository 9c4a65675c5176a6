import { z } from 'zod';
import { mainSlot } from '../../src/member.ts';
import { defineService, rpc } from '../../src/service/define-service.ts';
import type { CallContext } from '../../src/service/types.ts';
import { gate } from './steering.ts';
import type { Threads } from './thread.ts';

export const Echo = defineService('echo', {
  say: rpc({ in: z.object({ text: z.string(), times: z.int().min(1).max(9).default(1) }), out: z.string() }),
  bytes: rpc({ in: z.instanceof(Uint8Array), out: z.instanceof(Uint8Array) }),
  hold: rpc({ in: z.int(), out: z.int() }),
  wrong: rpc({ out: z.int() }),
  nothing: rpc({}),
});

/** An echo service on n0 whose `hold` answers when its gate opens, with what its handler saw. */
export async function deployEcho(threads: Threads, settings?: { mailboxMax: number }) {
  const opened = gate();
  const contexts: CallContext[] = [];
  const started: number[] = [];
  const implementation = Echo.implement(
    () => ({
      say: ({ text, times }) => text.repeat(times),
      bytes: (bytes) => bytes.map((byte) => byte ^ 0xff),
      hold: async (number, call) => {
        started.push(number);
        contexts.push(call);
        await opened.promise;
        return number;
      },
      wrong: () => 'seven' as unknown as number,
      nothing: () => undefined,
    }),
    settings,
  );
  const deploymentId = await threads.deploy(0, implementation);
  return { opened, contexts, started, deploymentId, echo: threads.at(mainSlot).client.service(Echo) };
}
