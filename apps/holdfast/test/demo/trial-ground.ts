import type { ArmedKill, BedOptions, DemoBed, DemoGround } from '../../src/demo/bed.ts';
import type { LockGround } from '../../src/demo/lock-ground.ts';
import type { StoredObject } from '../../src/demo/object-store.ts';
import type { IndexedFile, TreeIndex } from '../../src/demo/tree-index.ts';
import { MemoryStore } from './memory-store.ts';

/** A ground whose store is a map: for the demo's own decisions, under faults no real store would show on request. */
export class TrialGround implements DemoGround {
  readonly store = new MemoryStore();
  readonly log: string[] = [];
  readonly index = new TrialIndex();
  readonly locks = new TrialLocks();
  /** What becomes of a node that comes back; undefined: none does. */
  revive: DemoBed['revive'];
  /** Keys that put no block on the node that is to die. */
  holdsNoBlock: (key: string) => boolean = () => false;

  async neededBytes(): Promise<number> {
    return 0;
  }

  async moveDriveAside(_storage: string, node: string): Promise<string> {
    this.log.push(`aside ${node}`);
    return node;
  }

  async moveDriveBack(_storage: string, node: string): Promise<void> {
    this.log.push(`back ${node}`);
  }

  async open({ nodes, array }: BedOptions): Promise<DemoBed> {
    this.log.push(array);
    return new TrialBed(this, nodes);
  }
}

/** A lock that is kept, unless it is told otherwise. */
class TrialLocks implements LockGround {
  isKept = true;
  /** Of those written under it. */
  differentBytes = 0;

  async contest() {
    let asked = 0;
    return {
      survivor: 'n9',
      bytes: 8192,
      isHeld: async () => this.isKept,
      isRefused: async () => asked++ === 0 || this.isKept,
      differentBytes: async () => this.differentBytes,
    };
  }
}

class TrialBed implements DemoBed {
  readonly nodes: readonly string[];
  readonly layout = { data: 3, parity: 1 };
  readonly joinedBy = 'nothing';
  readonly storeBytes = 2 ** 20;
  readonly index: TrialIndex;
  readonly locks: LockGround;
  readonly #ground: TrialGround;
  readonly revive?: NonNullable<DemoBed['revive']>;
  #armed: { key: string; trigger: () => void } | undefined;

  constructor(ground: TrialGround, nodes: number) {
    this.#ground = ground;
    this.index = ground.index;
    this.locks = ground.locks;
    if (ground.revive !== undefined) this.revive = ground.revive;
    this.nodes = Array.from({ length: nodes }, (_, index) => `n${index}`);
  }

  async armKill(node: string, key: string): Promise<ArmedKill> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const armed = { key, trigger: () => void this.kill(node).then(resolve) };
    this.#armed = armed;
    return {
      killed: promise,
      disarm: async () => {
        if (this.#armed !== armed) return false;
        this.#armed = undefined;
        return true;
      },
    };
  }

  async kill(node: string): Promise<void> {
    this.#ground.log.push(`kill ${node}`);
    this.#ground.store.degraded = true;
  }

  async put(key: string, bytes: AsyncIterable<Uint8Array>): Promise<StoredObject> {
    const stored = await this.#ground.store.put(key, bytes);
    if (this.#armed?.key === key && !this.#ground.holdsNoBlock(key)) {
      const { trigger } = this.#armed;
      this.#armed = undefined;
      trigger();
    }
    return { ...stored, degraded: this.#ground.store.degraded };
  }

  get(key: string): AsyncIterable<Uint8Array> {
    return this.#ground.store.get(key);
  }

  async close(): Promise<void> {
    this.#ground.log.push('close');
  }

  async terminate(): Promise<void> {
    this.#ground.log.push('terminate');
  }
}

/** An index in a map, of which a test may lose entries. */
export class TrialIndex implements TreeIndex {
  readonly files = new Map<string, IndexedFile>();

  async note(key: string, file: IndexedFile): Promise<void> {
    this.files.set(key, file);
  }

  writtenBy(): number {
    return 2;
  }

  async findEverywhere(): Promise<ReadonlyMap<string, ReadonlyMap<string, IndexedFile>>> {
    return new Map([['n9', this.files]]);
  }
}
