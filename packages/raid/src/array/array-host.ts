import type { MemberName, PagePool } from '@holdfast/runtime';
import type { IomPort } from '../iom/iom-port.ts';

/** What an array stands on: pages of its own thread, and the I/O managers of the members. */
export interface ArrayHost {
  readonly pages: PagePool;
  /** Members that have an I/O manager now. */
  readonly members: readonly number[];
  name(member: number): MemberName;
  iom(member: number): IomPort;
  /** Hear of members that go down; returns the function that ends it. */
  onDown(listener: (member: number, why: string) => void): () => void;
  /** Hear of members whose I/O manager is there anew; returns the function that ends it. */
  onUp(listener: (member: number) => void): () => void;
  /** Hear of members that stand still, and of those that go on; returns the function that ends it. */
  onSilence(listener: (member: number, silent: boolean) => void): () => void;
  close(): Promise<void>;
}
