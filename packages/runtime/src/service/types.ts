import type { Observable } from 'rxjs';
import type { z } from 'zod';
import type { MemberName } from '../member.ts';
import type { ServiceDefinition } from './define-service.ts';

export interface CallOptions {
  /** Aborts the call: the promise rejects with the signal's reason; a request not yet started is dropped. */
  readonly signal?: AbortSignal | undefined;
  /**
   * Default 30 000; 0 for none. On expiry the call rejects with HF_TIMEOUT. For a stream: the longest time between two
   * values, by default none, and not taken from a proxy's defaults.
   */
  readonly timeoutMs?: number | undefined;
  /** Call this instance; default: the instances of the service in turn. */
  readonly node?: MemberName | undefined;
}

/** The input of a member declared without `in`: its calls take no input. */
export type NoInput = z.ZodOptional<z.ZodUndefined>;

export interface RpcMember<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly kind: 'rpc';
  /** Undefined when the member takes no input. */
  readonly in: In | undefined;
  /** Undefined when the member answers with nothing. */
  readonly out: Out | undefined;
  /** Handlers of this member run one at a time. Default false: they start in order and interleave at await. */
  readonly serial: boolean;
}

/**
 * What a host does with a value when the consumer's credit is used up and the buffer is full. `error` ends the stream
 * with HF_STREAM_OVERFLOW. Sources that can be pulled (async iterables) are never over their credit.
 */
export type StreamOverflow = 'error' | 'drop-oldest' | 'drop-newest';

export interface StreamMember<In extends z.ZodType = z.ZodType, Out extends z.ZodType = z.ZodType> {
  readonly kind: 'stream';
  readonly in: In | undefined;
  readonly out: Out;
  /** Values the producer may send ahead of the consumer. */
  readonly credit: number;
  /** Values a host keeps for a consumer whose credit is used up. */
  readonly bufferValues: number;
  readonly overflow: StreamOverflow;
}

export type ServiceMembers = Readonly<Record<string, RpcMember | StreamMember>>;

/** What a handler is called with beside its input. */
export interface CallContext {
  readonly caller: MemberName;
  /** Aborted when the caller aborts, times out or dies. */
  readonly signal: AbortSignal;
}

/** What a stream handler may return. An async iterable is pulled only as fast as the consumer's credit allows. */
export type StreamSource<Value> = Observable<Value> | AsyncIterable<Value>;

/** The handlers of a service, and what to do when it is undeployed. */
export type ServiceHandlers<M extends ServiceMembers> = {
  readonly [K in keyof M]: M[K] extends RpcMember<infer In, infer Out>
    ? (input: z.output<In>, call: CallContext) => z.input<Out> | Promise<z.input<Out>>
    : M[K] extends StreamMember<infer In, infer Out>
      ? (input: z.output<In>, call: CallContext) => StreamSource<z.input<Out>>
      : never;
} & { readonly [Symbol.asyncDispose]?: () => PromiseLike<void>; readonly [Symbol.dispose]?: () => void };

/** Input may be left out where the schema admits undefined. */
type CallArguments<In extends z.ZodType> =
  undefined extends z.input<In>
    ? [input?: z.input<In>, options?: CallOptions]
    : [input: z.input<In>, options?: CallOptions];

/**
 * A stream as its consumer sees it: cold, one producer per subscription. Iterating it with `for await` lets the
 * producer run ahead by the credit only, subscribing takes values as fast as they come.
 */
export type ServiceStream<Value> = Observable<Value> & AsyncIterable<Value>;

export type ServiceProxy<M extends ServiceMembers> = {
  readonly [K in keyof M]: M[K] extends RpcMember<infer In, infer Out>
    ? (...args: CallArguments<In>) => Promise<z.output<Out>>
    : M[K] extends StreamMember<infer In, infer Out>
      ? (...args: CallArguments<In>) => ServiceStream<z.output<Out>>
      : never;
};

/** What one instance answered to a broadcast call. */
export type BroadcastResult<Value> =
  | { readonly node: MemberName; readonly status: 'fulfilled'; readonly value: Value }
  | { readonly node: MemberName; readonly status: 'rejected'; readonly reason: unknown };

/** The rpc members of a service, each called on every instance; the promises never reject. */
export type BroadcastProxy<M extends ServiceMembers> = {
  readonly [K in keyof M as M[K] extends RpcMember ? K : never]: M[K] extends RpcMember<infer In, infer Out>
    ? (...args: CallArguments<In>) => Promise<BroadcastResult<z.output<Out>>[]>
    : never;
};

/** Figures of one deployed service. `callsTotal` only rises: two readings make a rate. */
export interface ServiceDiagnostics {
  readonly name: string;
  readonly deploymentId: number;
  /** Calls accepted and not yet answered: waiting for their turn or running. */
  readonly mailboxDepth: number;
  readonly mailboxMax: number;
  readonly streamsOpen: number;
  readonly callsTotal: number;
  readonly callsRejected: number;
  /** Mean over the time since the last reading. */
  readonly callsPerSecond: number;
}

/** Figures of one thread's calls to others. */
export interface ClientDiagnostics {
  readonly callsInFlight: number;
  readonly streamsOpen: number;
  /** Frames that wait for room in a session's window, or for a session. */
  readonly framesWaiting: number;
  /** Frames from others that made no sense and were dropped. */
  readonly framesRefused: number;
  readonly callsTotal: number;
  readonly callsTimedOut: number;
}

/** One thread's way to the services of the others: made by `createServiceClient(exchange, directory)`. */
export interface ServiceClient {
  service<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): ServiceProxy<M>;
  broadcast<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): BroadcastProxy<M>;
  diagnostics(): ClientDiagnostics;
  /** Settles every call in flight with HF_CLOSED, and every later one. */
  close(): void;
}

/** What `ServiceHost.deploy` answers: what the supervisor puts into the directory. */
export interface DeployedService {
  readonly name: string;
  readonly schemaHash: string;
  readonly members: readonly string[];
}

/** Bounds of a service that its implementation knows best. */
export interface ImplementationSettings {
  /** Calls an instance may have accepted and not yet answered; more are HF_MAILBOX_FULL. @default 16 384 */
  readonly mailboxMax?: number | undefined;
}
