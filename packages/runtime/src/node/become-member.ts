import type { ControlPort, FromMember, ToMember } from '../control/messages.ts';
import type { MemberBoot } from '../supervisor/boot-data.ts';
import { MemberServices } from './member-services.ts';
import { MemberThread } from './member-thread.ts';

/** Make a thread of the app a member, with all that it needs to call services. */
export function becomeMember(boot: MemberBoot, control: ControlPort<FromMember, ToMember>): MemberThread {
  return new MemberThread(boot, control, async (thread) => new MemberServices(thread));
}
