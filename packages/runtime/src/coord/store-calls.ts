import type { Outcome } from '../control/error-wire.ts';
import type { KeyRange, LeaseId, Revision, Transaction } from './types.ts';

/** A call of a member to the coordination store, as it travels to the thread that has it. Each is answered once. */
export type StoreCall =
  | { readonly op: 'get'; readonly key: string }
  | { readonly op: 'range'; readonly range: KeyRange; readonly limit: number | undefined }
  | { readonly op: 'transact'; readonly transaction: Transaction }
  | { readonly op: 'grant'; readonly ttlMs: number }
  | { readonly op: 'renew' | 'revoke'; readonly lease: LeaseId }
  /** The caller numbers its watches. */
  | { readonly op: 'watch'; readonly watch: number; readonly range: KeyRange; readonly from: Revision | undefined }
  /** Answered when there is a batch, or when the watch is over. */
  | { readonly op: 'next' | 'unwatch'; readonly watch: number };

/** What is sent, by the number of its call. */
export interface StoreRequest {
  readonly request: number;
  readonly call: StoreCall;
}

export interface StoreAnswer {
  readonly request: number;
  readonly outcome: Outcome<unknown>;
}
