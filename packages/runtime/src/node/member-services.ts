import { Channels } from '../channel/channels.ts';
import type { DeployOrder } from '../control/messages.ts';
import { createServiceClient } from '../service/client.ts';
import { ServiceHost } from '../service/service-host.ts';
import type { DeployedService, ServiceClient, ServiceDiagnostics } from '../service/types.ts';
import { createContext } from './member-context.ts';
import type { MemberThread } from './member-thread.ts';
import type { LoadedServices, MemberContext } from './types.ts';

export class MemberServices implements LoadedServices {
  readonly client: ServiceClient;
  readonly context: MemberContext;
  readonly #host: ServiceHost;
  readonly #channels: Channels;

  constructor(thread: MemberThread) {
    const report = (error: unknown): void => {
      thread.outbox.publish('log', {
        node: thread.name,
        level: 'error',
        message: `A subscriber threw: ${String(error)}`,
      });
    };
    this.client = createServiceClient(thread.exchange, thread.directory, report);
    this.#channels = new Channels(thread.exchange, report);
    this.context = createContext(thread, this.client, this.#channels);
    this.#host = new ServiceHost(this.context);
  }

  deploy({ module, deploymentId, options }: DeployOrder): Promise<DeployedService> {
    return this.#host.deploy(module, deploymentId, options);
  }

  undeploy(deploymentId: number): Promise<void> {
    return this.#host.undeploy(deploymentId);
  }

  report(): ServiceDiagnostics[] {
    return this.#host.diagnostics();
  }

  async stop(mode: 'drain' | 'close'): Promise<void> {
    if (mode === 'drain') await this.#host.drain();
    await this.#host.close();
    this.client.close();
    this.#channels.close();
  }
}
