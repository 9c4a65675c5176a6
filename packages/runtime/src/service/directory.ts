import type { MemberName, MemberSlot } from '../member.ts';

/** One instance of a service: the supervisor's word for where it runs. */
export interface DirectoryEntry {
  readonly service: string;
  readonly node: MemberName;
  readonly slot: MemberSlot;
  /** New at every deploy and restart. */
  readonly deploymentId: number;
  /** {@link schemaHash} of the definition it was deployed with. */
  readonly schemaHash: string;
}

const nowhere: readonly DirectoryEntry[] = [];

/**
 * Which nodes run which services, as this thread was last told. The supervisor pushes the whole of it at every change;
 * proxies look again when `version` has moved.
 */
export class ServiceDirectory {
  #instances = new Map<string, readonly DirectoryEntry[]>();
  #version = 0;

  get version(): number {
    return this.#version;
  }

  replace(entries: readonly DirectoryEntry[]): void {
    const instances = Map.groupBy(entries, (entry) => entry.service);
    for (const list of instances.values()) list.sort((a, b) => a.slot - b.slot);
    this.#instances = instances;
    this.#version += 1;
  }

  /**
   * The members at these slots are gone: nobody is to be sent there any more. The supervisor's word follows, later than the
   * view that says so, and a call in between would wait for a session that never comes.
   */
  forget(slots: ReadonlySet<MemberSlot>): void {
    const left = this.entries().filter((entry) => !slots.has(entry.slot));
    if (left.length < this.entries().length) this.replace(left);
  }

  /** In the order of their slots; empty when no node runs the service. */
  instances(service: string): readonly DirectoryEntry[] {
    return this.#instances.get(service) ?? nowhere;
  }

  entries(): readonly DirectoryEntry[] {
    return [...this.#instances.values()].flat();
  }
}
