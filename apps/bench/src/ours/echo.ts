import { defineService, rpc, type ServiceProxy } from '@holdfast/runtime/service';
import { z } from 'zod';
import { drive } from '../load/drive.ts';
import { answer, type Caller, type Request } from '../load/load.ts';

const RequestSchema = z.object({ id: z.int(), key: z.string(), by: z.int() });
const ReplySchema = z.object({ id: z.int(), total: z.int() });
const Order = z.object({
  callee: z.string(),
  codec: z.enum(['compiled', 'general']),
  outstanding: z.int(),
  warmUpMs: z.number(),
  measureMs: z.number(),
});
const Figures = z.object({ value: z.number(), cpuNs: z.number(), p99: z.number().optional() });

const members = {
  answer: rpc({ in: RequestSchema, out: ReplySchema }),
  /** The same work behind schemas that say nothing of the shape: every value takes the general serialiser. */
  answerGeneral: rpc({ in: z.unknown(), out: z.unknown() }),
  /** Call the instance on another node under load, from this one. */
  drive: rpc({ in: Order, out: Figures }),
};

export const Echo = defineService('echo', members);

export default Echo.implement((context) => ({
  answer,
  answerGeneral: (input) => answer(input as Request),
  drive: async ({ callee, codec, ...load }) => {
    const caller = callerOf(context.service(Echo, { node: callee }), codec);
    const { value, cpuNs = 0, details } = await drive(caller, load);
    return { value, cpuNs, p99: details?.p99 };
  },
}));

/** Calls as an app makes them: validated, with the default time-out and with an AbortSignal. */
export function callerOf(echo: ServiceProxy<typeof members>, codec: 'compiled' | 'general'): Caller {
  const { signal } = new AbortController();
  return {
    call:
      codec === 'compiled'
        ? (request) => echo.answer(request, { signal })
        : async (request) => ReplySchema.parse(await echo.answerGeneral(request, { signal })),
    close: async () => {},
  };
}
