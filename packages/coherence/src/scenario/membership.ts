import type { NodeId } from '../kernel/object-types.ts';
import type { Undelivered, View } from '../kernel/view-types.ts';
import { StepFailure } from './step-failure.ts';

/** Who lives, who is a member of which view, and who was told of it. */
export class Membership {
  readonly #views: View[];
  /** The number the file gives to the last view. */
  #number = 0;
  /** The view each node was told of last; undefined where it is down. */
  readonly #told: (number | undefined)[];
  /** The first view of each node in this life. */
  readonly #born: number[];
  /** What nodes that died certainly did not receive, by sender. */
  readonly #undelivered = new Map<NodeId, Undelivered[]>();

  constructor(nodes: number) {
    const members = Array.from({ length: nodes }, (_, node) => node);
    this.#views = [{ epoch: 0, members }];
    this.#told = members.map(() => 0);
    this.#born = members.map(() => 0);
  }

  get present(): View {
    return this.#views.at(-1)!;
  }

  isUp(node: NodeId): boolean {
    return this.#told[node] !== undefined;
  }

  /** Whether a message of an epoch gets to a node: it may be down, or be another than the one it was meant for. */
  reaches(node: NodeId, epoch: number): boolean {
    return this.isUp(node) && this.#born[node]! <= epoch;
  }

  crash(node: NodeId): void {
    if (!this.isUp(node)) throw new StepFailure(`node ${node} is down already`);
    this.#told[node] = undefined;
    this.#undelivered.delete(node);
  }

  restart(node: NodeId): void {
    if (this.isUp(node)) throw new StepFailure(`node ${node} is not down`);
    this.#told[node] = this.present.epoch;
    this.#born[node] = Number.POSITIVE_INFINITY;
  }

  /** What a former life of the sender sent is nothing to it. */
  takeBack(sender: NodeId, undelivered: Undelivered): void {
    if (!this.reaches(sender, undelivered.message.epoch)) return;
    const list = this.#undelivered.get(sender);
    if (list === undefined) this.#undelivered.set(sender, [undelivered]);
    else list.push(undelivered);
  }

  /** What the nodes that a view leaves out did not receive of `sender`. */
  givenBack(sender: NodeId, { members }: View): Undelivered[] {
    const all = this.#undelivered.get(sender) ?? [];
    this.#undelivered.set(
      sender,
      all.filter(({ to }) => members.includes(to)),
    );
    return all.filter(({ to }) => !members.includes(to));
  }

  /**
   * Makes the next view, of all that live; with the number of the last one it is told to more nodes. A node that started
   * again joins with the first view after one that left it out.
   *
   * @returns the nodes to be told now.
   */
  announce(number: number, wanted: readonly NodeId[] | undefined): readonly NodeId[] {
    if (number < this.#number) throw new StepFailure(`view ${number} comes after view ${this.#number}`);
    if (number > this.#number) this.#make();
    this.#number = number;
    const { epoch, members } = this.present;
    const untold = members.filter((node) => this.#told[node]! < epoch);
    const stray = wanted?.find((node) => !untold.includes(node));
    if (stray !== undefined) throw new StepFailure(`node ${stray} has nothing to be told of view ${number}`);
    if (untold.length === 0) throw new StepFailure(`everybody was told of view ${number}`);
    return wanted ?? untold;
  }

  #make(): void {
    const { epoch, members: before } = this.present;
    const isStranger = (node: NodeId): boolean =>
      this.#born[node] === Number.POSITIVE_INFINITY && before.includes(node);
    const members = this.#told.flatMap((told, node) => (told === undefined || isStranger(node) ? [] : [node]));
    for (const node of members) this.#born[node] = Math.min(this.#born[node]!, epoch + 1);
    this.#views.push({ epoch: epoch + 1, members });
  }

  /** The views a node is still to be told of, in order; one that joins begins with the last. */
  due(node: NodeId): View[] {
    const told = this.#told[node] ?? this.present.epoch;
    const isFirst = told < this.#born[node]!;
    this.#told[node] = this.present.epoch;
    return this.#views.slice(isFirst ? -1 : told + 1).filter(({ members }) => members.includes(node));
  }
}
