import { EffectBuffer, type RecordedEffect } from '@holdfast/kernel';
import { initialEntry } from '../kernel/object-entry.ts';
import type { ObjectEnv } from '../kernel/object-env.ts';
import { objectRules } from '../kernel/object-rules.ts';
import type { NodeId, ObjectEntry } from '../kernel/object-types.ts';
import type { ViewEnv } from '../kernel/view-env.ts';
import { viewKernel } from '../kernel/view-kernel.ts';
import { viewRules } from '../kernel/view-rules.ts';
import type { View, ViewEvent, ViewKey, ViewMessage, ViewNotice, ViewResult, ViewState } from '../kernel/view-types.ts';
import { forwardsMaxDefault, requestIdsMax } from '../limits.ts';
import type { ScenarioHeader } from './step-shapes.ts';

export type Effect = RecordedEffect<ViewMessage, ViewResult, ViewNotice>;

/** Objects that one message of a change of view names: few, so that several are seen on their way. */
const reportsPerMessage = 4;

/** The default owner of every object: the header's while it is a member, else the lowest member. */
const defaultOwnerAmong = (wanted: NodeId, members: readonly NodeId[]): NodeId =>
  members.includes(wanted) ? wanted : Math.min(...members);

/** Where a node puts the shadow of what it writes: at the default owner, or at the lowest other member. */
function shadowNodeOf(wanted: NodeId, self: NodeId, members: readonly NodeId[]): { shadowNode: NodeId } | undefined {
  const others = members.filter((node) => node !== self);
  return others.length === 0 ? undefined : { shadowNode: defaultOwnerAmong(wanted, others) };
}

/** The constants of the objects of node `self` in a view. */
export function objectEnvOf({ defaultOwner, set }: ScenarioHeader, self: NodeId, { members }: View): ObjectEnv {
  return {
    self,
    defaultOwner: defaultOwnerAmong(defaultOwner, members),
    members,
    forwardsMax: forwardsMaxDefault,
    requestIds: requestIdsMax,
    fill: set.slowFill ? 'load' : 'blank',
    exclusiveReaders: false,
    firstTouch: set.linked ? 'default-owner' : 'requester',
    migratory: set.migratory,
    ...(set.backup === 1 && shadowNodeOf(defaultOwner, self, members)),
    rules: objectRules,
  };
}

/** The kernel of one node. */
export class NodeHost {
  readonly state: ViewState;
  readonly #env: ViewEnv;
  readonly #buffer = new EffectBuffer<ViewMessage, ViewResult, ViewNotice>();

  /** @param firstView none for a node that started again: it serves nothing before a view names it. */
  constructor(header: ScenarioHeader, self: NodeId, firstView: View | undefined) {
    this.#env = {
      self,
      firstView,
      backup: header.set.backup === 1,
      objectEnv: (_key, view) => objectEnvOf(header, self, view),
      reportsPerMessage,
      rules: viewRules,
    };
    this.state = viewKernel.initial(this.#env);
  }

  /** What the kernel does about an event, in order. */
  *step(event: ViewEvent): Generator<Effect> {
    this.#buffer.clear();
    viewKernel.step(this.state, event, this.#env, this.#buffer);
    for (let index = 0; index < this.#buffer.length; index++) yield this.#buffer.at(index);
  }

  /** Whether the end of an exclusive lease is answered, once the value is on another node too. */
  answersPuts(key: ViewKey): boolean {
    const { phase, view, served } = this.state;
    return this.#env.objectEnv(key, phase === 'open' ? view : served).shadowNode !== undefined;
  }

  /** An object as this node knows it; a missing entry as the kernel takes it. */
  entry(key: ViewKey): ObjectEntry {
    const { objects, served, view, phase } = this.state;
    const { self } = this.#env;
    const homeIn = (members: readonly NodeId[]): NodeId =>
      this.#env.objectEnv(key, { epoch: view.epoch, members }).defaultOwner;
    const hasReported = phase === 'gathering' || phase === 'settling';
    const isGivenUp = hasReported && homeIn(view.members) !== self;
    const isMember = served.members.includes(self) && !isGivenUp;
    const defaultOwner = homeIn(served.members.length === 0 ? [self] : served.members);
    return objects.get(key) ?? initialEntry({ self: isMember ? self : -1, defaultOwner });
  }
}
