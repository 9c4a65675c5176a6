import { ClosedError } from '../errors.ts';
import { callTimeoutMsMax, mailboxCallsDefault, undeployMs } from '../limits.ts';
import type { MemberContext } from '../node/types.ts';
import { RunNumbers } from './call-chain.ts';
import { couriersOf } from './couriers.ts';
import type { AnyImplementation } from './define-service.ts';
import { DefinitionError, UnknownServiceError } from './errors.ts';
import { HostedService } from './hosted-service.ts';
import { RpcAnswers } from './rpc-answers.ts';
import { schemaHash } from './schema-hash.ts';
import { StreamAnswers } from './stream-answers.ts';
import type { DeployedService, ServiceDiagnostics } from './types.ts';

/** The services deployed in one thread. One per exchange. */
export class ServiceHost {
  readonly #context: MemberContext;
  readonly #services = new Map<number, HostedService>();
  readonly #answers: RpcAnswers;
  readonly #streams: StreamAnswers;
  readonly #leaving = new Map<number, Promise<void>>();
  #closed = false;

  constructor(context: MemberContext) {
    this.#context = context;
    const { calls, streams } = couriersOf(context.exchange);
    this.#answers = new RpcAnswers(calls, this.#services, new RunNumbers(context.slot, context.incarnation));
    this.#streams = new StreamAnswers(streams, this.#services);
  }

  /**
   * Load a service module, set its service up, and answer its calls under `deploymentId` from then on.
   * @throws DefinitionError when the default export is no implementation or a handler is missing; ClosedError; and
   * whatever loading the module or its setup throws. Nothing is deployed then.
   */
  async deploy(moduleUrl: string, deploymentId: number, options?: unknown): Promise<DeployedService> {
    const module = (await import(moduleUrl)) as { readonly default?: unknown };
    return this.deployImplementation(implementationOf(module.default, moduleUrl), deploymentId, options);
  }

  /** As {@link deploy}, for an implementation that is already in this thread. */
  async deployImplementation(
    implementation: AnyImplementation,
    deploymentId: number,
    options?: unknown,
  ): Promise<DeployedService> {
    if (this.#closed) throw new ClosedError('The service host');
    if (this.#services.has(deploymentId)) {
      throw new DefinitionError(`Deployment ${deploymentId} is in use.`, 'Give every deployment a number of its own.');
    }
    const { definition, setup, settings } = implementation;
    const handlers = await setup(this.#context, options);
    const service = new HostedService(deploymentId, definition, handlers, settings.mailboxMax ?? mailboxCallsDefault);
    if (this.#closed) {
      await service.dispose();
      throw new ClosedError('The service host');
    }
    this.#services.set(deploymentId, service);
    return { name: definition.name, schemaHash: schemaHash(definition), members: definition.memberNames };
  }

  /**
   * Take a service away: it accepts nothing new, finishes what it has for at most `drainMs`, fails the rest with
   * HF_CLOSED, and is disposed of.
   */
  undeploy(deploymentId: number, drainMs: number = undeployMs): Promise<void> {
    const leaving = this.#leaving.get(deploymentId);
    if (leaving !== undefined) return leaving;
    const service = this.#services.get(deploymentId);
    if (service === undefined) {
      return Promise.reject(new UnknownServiceError(`with deployment ${deploymentId}`, { node: this.#context.name }));
    }
    const left = this.#takeAway(service, drainMs).finally(() => this.#leaving.delete(deploymentId));
    this.#leaving.set(deploymentId, left);
    return left;
  }

  /** Accept nothing new and wait until everything accepted is answered. Streams go on until their consumers end them. */
  async drain(): Promise<void> {
    const services = [...this.#services.values()];
    for (const service of services) service.accepting = false;
    await Promise.all(services.map((service) => service.idle()));
  }

  /** Fail what is in flight with HF_CLOSED and dispose of every service. Idempotent. */
  async close(): Promise<void> {
    if (this.#closed) return;
    this.#closed = true;
    const services = [...this.#services.values()];
    for (const service of services) service.accepting = false;
    this.#answers.close();
    this.#streams.close();
    this.#services.clear();
    const disposed = await Promise.allSettled(services.map((service) => service.dispose()));
    const failed = disposed.filter((result) => result.status === 'rejected').map(({ reason }) => reason as unknown);
    if (failed.length > 0) throw new AggregateError(failed, 'Services failed while they were disposed of.');
  }

  diagnostics(): ServiceDiagnostics[] {
    return [...this.#services.values()].map((service) => service.diagnostics());
  }

  async #takeAway(service: HostedService, drainMs: number): Promise<void> {
    service.accepting = false;
    this.#streams.failAll(new ClosedError(service.name), service);
    await this.#finish(service, drainMs);
    if (this.#services.delete(service.id)) await service.dispose();
  }

  async #finish(service: HostedService, drainMs: number): Promise<void> {
    const { promise, resolve } = Promise.withResolvers<void>();
    const timer = setTimeout(resolve, Math.min(drainMs, callTimeoutMsMax));
    await Promise.race([service.idle(), promise]);
    clearTimeout(timer);
    this.#answers.cancelAll(new ClosedError(service.name), service);
  }
}

function implementationOf(value: unknown, moduleUrl: string): AnyImplementation {
  if (isImplementation(value)) return value;
  throw new DefinitionError(
    `The default export of ${moduleUrl} is no service.`,
    'Export default defineService(...).implement(...).',
  );
}

function isImplementation(value: unknown): value is AnyImplementation {
  if (typeof value !== 'object' || value === null) return false;
  const { definition, setup, settings } = value as Partial<AnyImplementation>;
  return typeof setup === 'function' && typeof definition?.name === 'string' && typeof settings === 'object';
}
