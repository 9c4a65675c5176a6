import { outcomeOf } from '../control/error-wire.ts';
import type { ControlPort, FromMember, LostMember, ToMember } from '../control/messages.ts';
import { EventOutbox } from '../events/event-outbox.ts';
import { heartbeatMs } from '../limits.ts';
import { Arena } from '../memory/arena.ts';
import { ClusterBlock } from '../memory/cluster-block.ts';
import { ServiceDirectory } from '../service/directory.ts';
import type { MemberBoot } from '../supervisor/boot-data.ts';
import type { View } from '../supervisor/membership.ts';
import { ClusterSignals } from './signals.ts';

/** One thread as a member of the cluster: what main, nodes and attached workers have in common. */
export class MemberThread {
  readonly directory = new ServiceDirectory();
  readonly outbox: EventOutbox;
  readonly #boot: MemberBoot;
  readonly #control: ControlPort<FromMember, ToMember>;
  readonly #block: ClusterBlock;
  readonly #signals: ClusterSignals;
  readonly #heartbeat: NodeJS.Timeout;
  #view: View;
  #viewChanged = Promise.withResolvers<void>();
  #stopped = false;

  constructor(boot: MemberBoot, control: ControlPort<FromMember, ToMember>) {
    this.#boot = boot;
    this.#control = control;
    this.#view = boot.view;
    this.#block = ClusterBlock.open(Arena.open(boot.shared.memory), boot.shared.block);
    this.#signals = new ClusterSignals(boot.shared.signals);
    this.outbox = new EventOutbox(this.#signals, (events, dropped) =>
      control.post({ type: 'events', events, dropped }),
    );
    this.#heartbeat = setInterval(() => this.#block.beat(boot.slot), heartbeatMs);
    control.receive((message) => this.#receive(message));
    control.post({ type: 'booted' });
  }

  get view(): View {
    return this.#view;
  }

  /** Resolves when this thread has applied the view of `epoch`, or of a later one. */
  async knows(epoch: number): Promise<void> {
    while (this.#view.epoch < epoch && !this.#stopped) await this.#viewChanged.promise;
  }

  stop(): void {
    this.#stopped = true;
    this.#viewChanged.resolve();
    clearInterval(this.#heartbeat);
  }

  #receive(message: ToMember): void {
    switch (message.type) {
      case 'view':
        this.#applyView(message.view, message.lost);
        break;
      case 'directory':
        this.directory.replace(message.entries);
        this.#control.post({ type: 'directory-ack', version: message.version });
        break;
      case 'pause':
        this.#standStill();
        break;
      case 'diagnose':
      case 'deploy':
      case 'undeploy':
      case 'stop':
        void this.#answer(message.request, () => undefined);
        break;
    }
  }

  #applyView(view: View, _lost: readonly LostMember[]): void {
    this.#view = view;
    this.#viewChanged.resolve();
    this.#viewChanged = Promise.withResolvers();
    this.#control.post({ type: 'view-ack', epoch: view.epoch });
  }

  #standStill(): void {
    this.outbox.flush();
    this.#control.post({ type: 'paused' });
    this.#signals.standStill(this.#boot.slot);
  }

  async #answer(request: number, work: () => unknown): Promise<void> {
    this.#control.post({ type: 'answer', request, outcome: await outcomeOf(work) });
  }
}
