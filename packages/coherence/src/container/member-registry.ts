import type { MemberContext } from '@holdfast/runtime/service';
import { MemberCoherence } from './member-coherence.ts';

const members = new WeakMap<object, MemberCoherence>();

/** The container manager of a member; the first use starts it. */
export function coherenceOf(context: MemberContext): MemberCoherence {
  let member = members.get(context.exchange);
  if (member === undefined) {
    member = new MemberCoherence(context);
    members.set(context.exchange, member);
  }
  return member;
}
