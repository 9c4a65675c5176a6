import { HoldfastError } from '@holdfast/runtime/service';
import type { Refusal } from './messages.ts';

/** Errors that say nothing of the next attempt although they are not marked so: the array is on its way to a new view. */
const passing = new Set(['HF_TOO_MANY_DOWN', 'HF_MEMBER_LOST', 'HF_FENCED', 'HF_DRIVE_STOPPED', 'HF_NODE_DOWN']);

export const fenced: Refusal = { status: 'refused', why: 'fenced', code: 'HF_LEASE_LOST' };

/** What a client is told of an error: its class does not matter to it, only whether to try again. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof HoldfastError)) return { status: 'refused', why: 'permanent', code: 'HF_REMOTE' };
  const why = error.retryable || passing.has(error.code) ? 'transient' : 'permanent';
  return { status: 'refused', why, code: error.code };
}

/** The answer of `work`, or what the client is told of the error it ended with. */
export async function orRefusal<Answer>(work: () => Promise<Answer>): Promise<Answer | Refusal> {
  try {
    return await work();
  } catch (error) {
    return refusalOf(error);
  }
}
