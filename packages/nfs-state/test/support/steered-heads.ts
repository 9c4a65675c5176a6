import { afterAll, beforeAll, beforeEach } from 'vitest';
import { HeadCluster, heads } from './head-cluster.ts';
import { TestClient } from './nfs-client.ts';

/** Of heads whose clocks a test turns. */
export const leaseMs = 8000;

/** Heads for a file of tests; for each test two clients that are introduced, and a file that nobody knows. */
export class SteeredHeads {
  at!: HeadCluster;
  anna!: TestClient;
  ben!: TestClient;
  /** How many tests there were. */
  count = 0;

  get file(): string {
    return `f${this.count}`;
  }

  /** Turn the clocks of heads on. */
  async turn(ms: number, of: readonly string[] = heads): Promise<void> {
    await Promise.all(of.map((head) => this.at.nfs.head(head).turn(ms)));
  }
}

/** Anna asks a head first that is not Ben's, which is n3. To be called where hooks are. */
export function steeredHeads(): SteeredHeads {
  const steered = new SteeredHeads();
  beforeAll(async () => {
    steered.at = await HeadCluster.start({ leaseMs, steersClock: true });
  }, 60_000);
  afterAll(() => steered.at[Symbol.asyncDispose]());
  beforeEach(async () => {
    steered.count++;
    steered.anna = new TestClient(`anna ${steered.count}`, steered.at.nfs.client());
    steered.ben = new TestClient(`ben ${steered.count}`, steered.at.nfs.head('n3').client());
    await steered.anna.introduce();
    await steered.ben.introduce();
  });
  return steered;
}
