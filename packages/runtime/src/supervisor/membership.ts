import { type MemberName, type MemberSlot, memberName } from '../member.ts';

export type MemberState = 'up' | 'down' | 'stuck';

export interface ViewMember {
  readonly slot: MemberSlot;
  readonly name: MemberName;
  readonly incarnation: number;
  readonly state: MemberState;
  /** What this incarnation takes part in by its own word, in the order it said so: see `MemberContext.takePart`. */
  readonly roles?: readonly string[];
}

/** Who is in the cluster, agreed on. The epoch rises with every change; what carries a lower one is refused. */
export interface View {
  readonly epoch: number;
  readonly members: readonly ViewMember[];
}

/** The supervisor's list of members, from which views are made. */
export class Membership {
  readonly #members = new Map<MemberSlot, ViewMember>();
  #epoch = 0;

  get view(): View {
    const members = [...this.#members.values()].sort((a, b) => a.slot - b.slot);
    return { epoch: this.#epoch, members };
  }

  get(slot: MemberSlot): ViewMember | undefined {
    return this.#members.get(slot);
  }

  /** Members that are up, in the order of their slots. */
  up(): ViewMember[] {
    return this.view.members.filter((member) => member.state === 'up');
  }

  /** Change several members at once, in a new epoch. */
  change(epoch: number, changes: readonly Omit<ViewMember, 'name'>[]): View {
    if (epoch <= this.#epoch) throw new RangeError(`epoch ${epoch} does not follow ${this.#epoch}`);
    for (const change of changes) {
      const known = this.#members.get(change.slot);
      if (known !== undefined && change.incarnation < known.incarnation) {
        throw new RangeError(`${known.name} cannot go back from incarnation ${known.incarnation}`);
      }
      this.#members.set(change.slot, { ...change, name: memberName(change.slot) });
    }
    this.#epoch = epoch;
    return this.view;
  }
}
