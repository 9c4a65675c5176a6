import type { Request } from '../kernel/request.ts';
import { emptyNfsState } from '../kernel/state-deltas.ts';
import type { NfsState, Reply } from '../kernel/state-types.ts';

/** A head as the servers on its own node ask it. */
export interface LocalHead {
  /** What it has applied. */
  readonly state: NfsState;
  /** DELAY where it cannot be said for too long. */
  ask(request: Request): Promise<Reply>;
}

let present: LocalHead | undefined;

/** A head is on the node of this thread, until the function that is returned is called. */
export function announceHead(head: LocalHead): () => void {
  present = head;
  return () => {
    if (present === head) present = undefined;
  };
}

const nothing = emptyNfsState();

/** The head on the node of this thread, whichever it is just now. While there is none it answers DELAY. */
export const localHead: LocalHead = {
  get state() {
    return present?.state ?? nothing;
  },
  ask: async (request) => (present === undefined ? { status: 'DELAY' } : present.ask(request)),
};
