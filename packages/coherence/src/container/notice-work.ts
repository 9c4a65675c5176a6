import type { ObjectNotice } from '../kernel/object-types.ts';
import type { LiveSet } from './live-set.ts';
import type { ObjectSlot } from './object-slot.ts';
import type { Operation } from './operation-form.ts';

/**
 * What a member does about a notice of the kernel, once the step that gave it is over: it asks the hooks of the container
 * or, where nobody opened it here, fails.
 * @param bytesOf the value that a payload stands for, looked up at once.
 */
export function workFor(
  set: LiveSet,
  slot: ObjectSlot,
  notice: ObjectNotice,
  bytesOf: (payload: number) => Uint8Array,
): () => void {
  const { hooks } = set;
  switch (notice.type) {
    case 'fill': {
      const { id } = notice;
      return () => (hooks === undefined ? set.fillFailed(slot, id, false) : hooks.fill(slot, id));
    }
    case 'load': {
      const { node, id } = notice;
      return () => (hooks === undefined ? set.loaded(slot, node, id, undefined, false) : hooks.load(slot, node, id));
    }
    case 'run': {
      const operation = set.operations.get(notice.operation) as Operation;
      return () => (hooks === undefined ? set.ran(slot, undefined, undefined) : hooks.run(slot, operation));
    }
    case 'store': {
      const { node, call } = notice;
      const value = bytesOf(notice.payload);
      // A page may be gone by then.
      const bytes = set.frames === undefined ? value : new Uint8Array(value);
      return () => (hooks === undefined ? set.stored(slot, node, call, false) : hooks.store(slot, node, call, bytes));
    }
    case 'erase':
      return () => hooks?.erase(slot.key);
  }
}
