import { defineService } from '@holdfast/runtime/service';
import { registerCoherenceErrors } from '../error-classes.ts';
import { coherenceOf } from './member-registry.ts';

/** Brings the container manager to a node: it takes part in every container, also in those nobody opened there. */
export default defineService('holdfast.coherence', {}).implement((context) => {
  registerCoherenceErrors();
  const member = coherenceOf(context);
  return { [Symbol.asyncDispose]: () => member.stop() };
});
