import type { ObjectStatus } from './object-types.ts';

/** Where a valid copy is. */
export const readable: ReadonlySet<ObjectStatus> = new Set(['READ_COPY', 'READ_OWNER', 'WRITE_OWNER', 'WRITE_GHOST']);
