import { type MemberSlot, mainSlot } from '@holdfast/runtime/service';
import type { ObjectEnv } from '../kernel/object-env.ts';
import { objectRules } from '../kernel/object-rules.ts';
import type { View, ViewKey } from '../kernel/view-types.ts';
import { forwardsMaxDefault, requestIdsMax } from '../limits.ts';
import { heaviest } from './default-owners.ts';
import type { MapKey } from './key-form.ts';
import type { SetDescriptor } from './set-descriptor.ts';
import type { Homes } from './set-frames.ts';
import type { SlotTable } from './slot-table.ts';

/** Where the objects of a container are at home in each view, and what the kernel must know of them there. */
export class ObjectHomes implements Homes {
  readonly #descriptor: SetDescriptor;
  readonly #self: MemberSlot;
  readonly #slots: SlotTable;
  /** Of objects whose definition names their node. */
  readonly #named = new Map<MapKey, MemberSlot>();
  /** By default owner, in the last two views looked at: a change looks at both. */
  #envsOf: readonly { readonly view: View; readonly envs: ObjectEnv[] }[] = [];

  constructor(descriptor: SetDescriptor, self: MemberSlot, slots: SlotTable) {
    this.#descriptor = descriptor;
    this.#self = self;
    this.#slots = slots;
  }

  homeOf(key: MapKey): MemberSlot | undefined {
    return this.#named.get(key);
  }

  learnHome(key: MapKey, home: MemberSlot): void {
    if (home >= mainSlot || this.#named.get(key) === home) return;
    this.#named.set(key, home);
    const slot = this.#slots.atWork(key);
    if (slot !== undefined) slot.env = undefined;
  }

  defaultOwner(key: ViewKey, { members }: View): MemberSlot {
    const home = this.#named.get(key);
    if (home !== undefined && members.includes(home)) return home;
    const nodes = members.filter((member) => member < mainSlot);
    return heaviest(key, nodes.length > 0 ? nodes : members);
  }

  envOf(key: ViewKey, view: View): ObjectEnv {
    const slot = this.#slots.atWork(key);
    if (slot?.envView === view && slot.env !== undefined) return slot.env;
    const env = this.#envAt(this.defaultOwner(key, view), view);
    if (slot !== undefined) {
      slot.env = env;
      slot.envView = view;
    }
    return env;
  }

  /** Who keeps the values this member writes: the node after it, in a ring of those there are. */
  shadowNode({ members }: View): MemberSlot | undefined {
    if (!this.#descriptor.isBackedUp) return undefined;
    const others = members.filter((member) => member < mainSlot && member !== this.#self);
    return others.find((member) => member > this.#self) ?? others[0];
  }

  #envAt(defaultOwner: MemberSlot, view: View): ObjectEnv {
    if (this.#envsOf[0]?.view !== view) this.#envsOf = [{ view, envs: [] }, ...this.#envsOf.slice(0, 1)];
    const { envs } = this.#envsOf[0]!;
    const shadowNode = this.shadowNode(view);
    const { exclusiveReaders, isLinked, isMigratory, isStored } = this.#descriptor;
    envs[defaultOwner] ??= {
      self: this.#self,
      defaultOwner,
      forwardsMax: forwardsMaxDefault,
      requestIds: requestIdsMax,
      fill: 'load',
      exclusiveReaders,
      firstTouch: isLinked ? 'default-owner' : 'requester',
      migratory: isMigratory,
      evictsTo: isStored ? 'device' : 'nodes',
      ...(shadowNode === undefined ? {} : { shadowNode }),
      rules: objectRules,
    };
    return envs[defaultOwner];
  }
}
