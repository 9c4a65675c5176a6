import { defineContainer } from '@holdfast/coherence';
import { defineService, rpc } from '@holdfast/runtime/service';
import { z } from 'zod';

const Session = z.object({ hits: z.int(), pages: z.array(z.string()), user: z.string().optional() });

/** The container: shared by every module that uses it, like the contract of a service. */
export const Sessions = defineContainer('sessions', {
  key: z.string(),
  value: Session,
  initial: () => ({ hits: 0, pages: [] }),
});

export const Desk = defineService('desk', {
  visit: rpc({ in: z.object({ sid: z.string(), page: z.string() }) }),
  login: rpc({ in: z.object({ sid: z.string(), user: z.string() }) }),
  hits: rpc({ in: z.string(), out: z.int() }),
});

export default Desk.implement(async (context) => {
  const sessions = await context.container(Sessions);
  return {
    visit: async ({ sid, page }) => {
      await sessions.grab(sid, (session) => {
        session.hits += 1;
        session.pages.push(page);
      });
    },
    login: async ({ sid, user }) => {
      await sessions.grab(sid, (session) => ({ ...session, user }));
    },
    hits: async (sid) => sessions.peek(sid)?.hits ?? (await sessions.read(sid)).hits,
  };
});
