import { HoldfastError } from '@holdfast/runtime/service';
import type { Refusal } from './messages.ts';

/** Errors that will be the same the next time: what is asked for is not there, cannot be, or has no room. */
const lasting = new Set([
  'HF_NO_SPACE',
  'HF_NO_FILE',
  'HF_BAD_FILE',
  'HF_FILE_DAMAGED',
  'HF_NO_OBJECT',
  'HF_OBJECT_LOST',
  'HF_OBJECT_RANGE',
  'HF_BLOCK_UNAVAILABLE',
  'HF_ARRAY_CLOSED',
]);

export const fenced: Refusal = { status: 'refused', why: 'fenced', code: 'HF_LEASE_LOST' };

/** What a client is told of an error: its class does not matter to it, only whether to try again. */
export function refusalOf(error: unknown): Refusal {
  if (!(error instanceof HoldfastError)) return { status: 'refused', why: 'permanent', code: 'HF_REMOTE' };
  const why = lasting.has(error.code) ? 'permanent' : 'transient';
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
