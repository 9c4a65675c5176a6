import { Subject } from 'rxjs';
import type { LostGroup } from '../errors.ts';
import type { ObjectWatch } from '../object/object-host.ts';
import type { ArrayEvent } from './events.ts';
import type { Membership } from './membership.ts';

export interface ArrayEventsHost {
  readonly name: (member: number) => string;
  readonly membership: () => Membership;
  /** Work that closing the array waits for, and nobody else. */
  readonly behind: (work: () => Promise<void>) => void;
}

/** Says what happens in an array. */
export class ArrayEvents implements ObjectWatch {
  readonly subject = new Subject<ArrayEvent>();
  readonly #host: ArrayEventsHost;
  /** Members that others stand in for. */
  readonly #standIns = new Set<number>();

  constructor(host: ArrayEventsHost) {
    this.#host = host;
  }

  /** A member is gone; the others stand in for it as soon as that is on record at all of them. */
  lost(member: number, why: string): void {
    const { name, behind } = this.#host;
    const membership = this.#host.membership();
    this.subject.next({ type: 'degraded', node: name(member), why, epoch: membership.epoch });
    behind(async () => {
      await membership.steady();
      if (!membership.lost.has(member) || membership.lost.size > membership.lossesMax) return;
      this.#standIns.add(member);
      this.#sayProxy(member, 'begun');
    });
  }

  /** A member is let in again: it answers for itself. */
  back(member: number): void {
    if (this.#standIns.delete(member)) this.#sayProxy(member, 'ended');
  }

  mended(gfid: string, group: number, slot: number, member: number): void {
    const node = this.#host.name(member);
    this.subject.next({ type: 'repaired', key: gfid, group, slot, node, why: 'damaged' });
  }

  gone(gfid: string, groups: readonly LostGroup[]): void {
    this.subject.next({ type: 'lost', key: gfid, groups: groups.map(({ group }) => group) });
  }

  #sayProxy(member: number, state: 'begun' | 'ended'): void {
    const { name } = this.#host;
    const { live, epoch } = this.#host.membership();
    const by = [...live].filter((other) => other !== member).map(name);
    this.subject.next({ type: 'proxy', node: name(member), state, by, epoch });
  }
}
