import type { FetchOutcome } from '../store/block-reader.ts';
import type { DriveUse } from '../store/block-store.ts';
import type { CatalogCursor } from '../store/catalog.ts';
import type { ArrayView, DriveIdentity } from '../store/identity.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { DriveReport, FetchRequest, HoldRequest, StoreRequest } from './messages.ts';
import type { HeldStep } from './step-gate.ts';

/**
 * What an array asks of the I/O manager of one member. Over a cluster these are calls of the service; the class behind
 * the service answers the same calls directly.
 */
export interface IomPort {
  create(identity: DriveIdentity): Promise<void>;
  open(): Promise<DriveReport>;
  setView(view: ArrayView): Promise<void>;
  store(request: StoreRequest): Promise<void>;
  harden(request: { readonly epoch: number }): Promise<void>;
  fetch(request: FetchRequest): Promise<readonly FetchOutcome[]>;
  /** Keep metadata; the older versions of the key that are here. */
  putObject(request: { readonly epoch: number; readonly object: ObjectRecord }): Promise<readonly ObjectRecord[]>;
  forget(request: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void>;
  drop(request: { readonly epoch: number; readonly gfids: readonly number[] }): Promise<void>;
  versions(key: string): Promise<readonly ObjectRecord[]>;
  objects(request: {
    readonly prefix: string;
    readonly after?: CatalogCursor | undefined;
    readonly limit: number;
  }): Promise<readonly ObjectRecord[]>;
  gfids(request: { readonly after: number; readonly limit: number }): Promise<readonly number[]>;
  use(): Promise<DriveUse>;
  /** Hold a step the next time it comes. */
  hold(request: HoldRequest): Promise<void>;
  /** Resolves when something stands at the held step, with undefined when the hold is taken back first. */
  held(): Promise<HeldStep | undefined>;
  /** Let what is held go on, and hold nothing more. */
  letGo(): Promise<void>;
  close(): Promise<void>;
}
