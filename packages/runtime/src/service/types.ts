import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { MemberName } from '../member.ts';

export interface CallOptions {
  /** Aborts the call: the promise rejects with the signal's reason; a request not yet started is dropped. */
  readonly signal?: AbortSignal;
  /** Default 30 000; 0 for none. On expiry the call rejects with HF_TIMEOUT. */
  readonly timeoutMs?: number;
  /** Call this instance; default: any node the service is deployed on. */
  readonly node?: MemberName;
}

export interface RpcMember<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly kind: 'rpc';
  readonly in: In;
  readonly out: Out;
  /** Handlers of this member run one at a time. Default false: they start in order and interleave at await. */
  readonly serial: boolean;
}

export interface StreamMember<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly kind: 'stream';
  readonly in: In;
  readonly out: Out;
  /** Values the producer may send ahead of the consumer. */
  readonly credit: number;
}

export type ServiceMembers = Readonly<Record<string, RpcMember | StreamMember>>;

/** What a handler is called with beside its input. */
export interface CallContext {
  readonly caller: MemberName;
  /** Aborted when the caller aborts, times out or dies. */
  readonly signal: AbortSignal;
}

export type ServiceHandlers<M extends ServiceMembers> = {
  readonly [K in keyof M]: M[K] extends RpcMember<infer In, infer Out>
    ? (input: z.output<In>, call: CallContext) => z.input<Out> | Promise<z.input<Out>>
    : M[K] extends StreamMember<infer In, infer Out>
      ? (input: z.output<In>, call: CallContext) => Observable<z.input<Out>>
      : never;
};

export type ServiceProxy<M extends ServiceMembers> = {
  readonly [K in keyof M]: M[K] extends RpcMember<infer In, infer Out>
    ? (input: z.input<In>, options?: CallOptions) => Promise<z.output<Out>>
    : M[K] extends StreamMember<infer In, infer Out>
      ? (input: z.input<In>, options?: CallOptions) => Observable<z.output<Out>>
      : never;
};
