import type { SubscriberFailure } from '../events/isolated-observable.ts';
import type { Exchange } from '../exchange/types.ts';
import { type Couriers, couriersOf } from './couriers.ts';
import type { DeclaredService, ServiceDefinition } from './define-service.ts';
import type { ServiceDirectory } from './directory.ts';
import { UnknownServiceError } from './errors.ts';
import { RpcCalls } from './rpc-calls.ts';
import { RpcTarget, ServiceTarget } from './rpc-target.ts';
import { StreamCalls } from './stream-calls.ts';
import type {
  BroadcastProxy,
  BroadcastResult,
  CallOptions,
  ClientDiagnostics,
  ServiceClient,
  ServiceMembers,
  ServiceProxy,
} from './types.ts';

/**
 * This thread's way to the services the directory lists. One per exchange.
 *
 * @param report told of what subscribers of streams throw; default: a warning of the process.
 */
export function createServiceClient(
  exchange: Exchange,
  directory: ServiceDirectory,
  report: SubscriberFailure = (error) => process.emitWarning(error as Error),
): ServiceClient {
  return new Client(exchange, directory, report);
}

class Client implements ServiceClient {
  readonly #exchange: Exchange;
  readonly #directory: ServiceDirectory;
  readonly #calls: RpcCalls;
  readonly #streams: StreamCalls;
  readonly #couriers: Couriers;

  constructor(exchange: Exchange, directory: ServiceDirectory, report: SubscriberFailure) {
    this.#couriers = couriersOf(exchange);
    this.#exchange = exchange;
    this.#directory = directory;
    this.#calls = new RpcCalls(this.#couriers.calls);
    this.#streams = new StreamCalls(this.#couriers.streams, report);
  }

  service<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): ServiceProxy<M> {
    const service = this.#target(definition);
    const proxy: Record<string, unknown> = {};
    // A time-out meant for calls would end every stream that is quiet for so long.
    const streamDefaults = { ...defaults, timeoutMs: undefined };
    for (const [place, [name, member]] of Object.entries(definition.members).entries()) {
      const target = new RpcTarget(service, name, place, member);
      proxy[name] =
        member.kind === 'rpc'
          ? (input: unknown, options?: CallOptions) => this.#calls.call(target, input, options, defaults)
          : (input: unknown, options?: CallOptions) =>
              this.#streams.stream(target, member.credit, input, { ...streamDefaults, ...options });
    }
    return Object.freeze(proxy) as ServiceProxy<M>;
  }

  broadcast<M extends ServiceMembers>(definition: ServiceDefinition<M>, defaults?: CallOptions): BroadcastProxy<M> {
    const service = this.#target(definition);
    const proxy: Record<string, unknown> = {};
    for (const [place, [name, member]] of Object.entries(definition.members).entries()) {
      if (member.kind !== 'rpc') continue;
      const target = new RpcTarget(service, name, place, member);
      proxy[name] = (input: unknown, options?: CallOptions) => this.#callAll(target, input, options, defaults);
    }
    return Object.freeze(proxy) as BroadcastProxy<M>;
  }

  diagnostics(): ClientDiagnostics {
    const { calls, streams } = this.#couriers;
    return {
      callsInFlight: this.#calls.inFlight,
      streamsOpen: this.#streams.openCount,
      framesWaiting: calls.framesWaiting + streams.framesWaiting,
      framesRefused: calls.framesRefused + streams.framesRefused,
      callsTotal: this.#calls.callsTotal,
      callsTimedOut: this.#calls.callsTimedOut,
    };
  }

  close(): void {
    this.#calls.close();
    this.#streams.close();
  }

  #target(definition: DeclaredService): ServiceTarget {
    const { self } = this.#exchange;
    return new ServiceTarget(definition, this.#directory, (slot) => slot === self || this.#exchange.ready(slot));
  }

  #callAll(
    target: RpcTarget,
    input: unknown,
    options: CallOptions | undefined,
    defaults: CallOptions | undefined,
  ): Promise<BroadcastResult<unknown>[]> {
    const { name } = target.service;
    const instances = target.service.instances();
    if (instances.length === 0) return Promise.reject(new UnknownServiceError(name));
    return Promise.all(instances.map(({ node }) => this.#settled(target, input, options, defaults, node)));
  }

  async #settled(
    target: RpcTarget,
    input: unknown,
    options: CallOptions | undefined,
    defaults: CallOptions | undefined,
    node: string,
  ): Promise<BroadcastResult<unknown>> {
    try {
      return { node, status: 'fulfilled', value: await this.#calls.call(target, input, options, defaults, node) };
    } catch (reason) {
      return { node, status: 'rejected', reason };
    }
  }
}
