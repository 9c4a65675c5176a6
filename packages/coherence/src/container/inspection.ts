import { type MemberName, type MemberSlot, memberName } from '@holdfast/runtime/service';
import { type ObjectStatus, objectStatuses } from '../kernel/object-types.ts';
import type { MemberCoherence } from './member-coherence.ts';
import { type MemberState, stateOf } from './member-questions.ts';
import type { ObjectSet } from './object-set.ts';

/** What one member knows of an object. */
export interface MemberView {
  readonly member: MemberName;
  /** It has no entry: its guess is the default owner. */
  readonly known: boolean;
  /** It did not answer in time, or is down: the rest is unknown. */
  readonly silent: boolean;
  readonly status: ObjectStatus | undefined;
  /** Whom it takes for the owner. */
  readonly probOwner: MemberName | undefined;
  readonly version: number;
  readonly incarnation: number;
  /** At the owner: who may have a copy. */
  readonly copyset: readonly MemberName[];
  readonly readers: number;
  readonly isWritten: boolean;
  readonly waiting: number;
  /** Of the value here, encoded; 0 where there is none. */
  readonly bytes: number;
}

/** An object as all members know it, each at the moment it answered. */
export interface Inspection {
  readonly container: string;
  readonly defaultOwner: MemberName;
  /** Who owns it, if one of those that answered does; while it moves, nobody may. */
  readonly owner: MemberName | undefined;
  /** From this member along the guesses to the owner, or to where they end. */
  readonly chain: readonly MemberName[];
  readonly members: readonly MemberView[];
}

const owning: ReadonlySet<ObjectStatus> = new Set([
  'INV_OWNER',
  'INV_FILLING',
  'READ_OWNER',
  'WRITE_OWNER',
  'WRITE_GHOST',
  'WAIT_ACK_INV',
  'WAIT_ACK_WRITE',
  'WAIT_CHG_OWN_ACK',
  'WAIT_OBJ_RM_ACK',
]);

/** Ask every member that is up what it knows of an object. */
export async function inspect(
  member: MemberCoherence,
  set: ObjectSet,
  key: string | number,
  defaultOwner: MemberSlot,
): Promise<Inspection> {
  const up = member.context.view.members.filter(({ state }) => state === 'up').map(({ slot }) => slot);
  const states = new Map<MemberSlot, MemberState | 'none' | 'silent'>();
  const others = up.filter((slot) => slot !== member.self);
  await Promise.all(others.map(async (slot) => states.set(slot, await member.ask(slot, set.descriptor.id, key))));
  // This member last: what the others had sent before they answered has arrived.
  const here = set.slots.slot(key);
  states.set(member.self, here === undefined ? 'none' : stateOf(here));
  const members = up.map((slot) => viewOf(slot, states.get(slot)!, defaultOwner));
  const owner = members.find(({ status }) => status !== undefined && owning.has(status))?.member;
  const chain = chainOf(members, memberName(member.self));
  return { container: set.descriptor.name, defaultOwner: memberName(defaultOwner), owner, chain, members };
}

function viewOf(slot: MemberSlot, state: MemberState | 'none' | 'silent', defaultOwner: MemberSlot): MemberView {
  const member = memberName(slot);
  const known = typeof state !== 'string';
  const status = known ? objectStatuses.find((each) => each === state.status) : undefined;
  const nothing = { version: 0, incarnation: 0, copyset: [], readers: 0, isWritten: false, waiting: 0, bytes: 0 };
  if (state === 'silent') return { member, known, silent: true, status, probOwner: undefined, ...nothing };
  if (state === 'none') {
    const absent = slot === defaultOwner ? 'INV_OWNER' : 'INV_COPY';
    return { member, known, silent: false, status: absent, probOwner: memberName(defaultOwner), ...nothing };
  }
  const { probOwner, copyset, ...rest } = state;
  return {
    ...rest,
    member,
    known,
    silent: false,
    status,
    probOwner: memberName(probOwner),
    copyset: copyset.map(memberName),
  };
}

function chainOf(members: readonly MemberView[], from: MemberName): MemberName[] {
  const chain = [from];
  for (let at: MemberName | undefined = from; at !== undefined; ) {
    const next: MemberName | undefined = members.find(({ member }) => member === at)?.probOwner;
    if (next === undefined || chain.includes(next)) return chain;
    chain.push(next);
    at = next;
  }
  return chain;
}
