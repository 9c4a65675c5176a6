import type { ConnectionEnv } from '../kernel/connection-env.ts';
import { connectionKernel } from '../kernel/connection-kernel.ts';
import { connectionRules } from '../kernel/connection-rules.ts';
import type {
  Agreement,
  ClientNeed,
  ConnectionEvent,
  ConnectionNotice,
  OneSided,
  PortGrant,
} from '../kernel/connection-types.ts';
import type { LinkId, SessionEnd } from '../kernel/session-types.ts';
import {
  connectionHurriesMax,
  connectionKeepMs,
  connectionRetriesMax,
  connectionRetryMs,
  connectionRetryMsMax,
  connectionWaitMs,
} from '../limits.ts';
import type { MemberSlot } from '../member.ts';
import type { ClusterBlock } from '../memory/cluster-block.ts';
import { ConnectionCells } from './connection-cells.ts';
import { ConnectionSink } from './connection-sink.ts';
import { KernelTimers } from './kernel-timers.ts';

/** Versions of the session protocol this code speaks. */
const versionMin = 1;
const versionMax = 1;

/** What a connection asks of the peer record it belongs to. */
export interface ConnectionOwner {
  /** All clients' needs towards this peer, in one piece. */
  needs(): readonly ClientNeed[];
  /** Make what the agreement promises, or return undefined having left nothing behind. */
  createPorts(agreement: Agreement): readonly PortGrant[] | undefined;
  destroyPorts(): void;
  /** Whether the peer's memory behind a grant answers. */
  checkGrant(grant: PortGrant): boolean;
  /** Both sides are ready: open the session, then tell the clients. */
  onReady(agreement: Agreement): void;
  closeSession(): void;
  /** End the session now; `sessionEnded` follows, also when it had ended already. */
  endSession(end: SessionEnd): void;
  /** The session is over and its ports are gone. */
  onClosed(end: SessionEnd): void;
  /** Worth a look at every link: the peer still has the session. */
  onResume(): void;
  /** The peer speaks no version in common with this member. */
  onIncompatible(versionMin: number, versionMax: number): void;
  /** Something in the cluster block changed that the peer should look at. */
  signalPeer(): void;
}

/**
 * Runs the connection kernel for one peer over the cluster block, where one-sided operations complete at once.
 */
export class ConnectionHost {
  readonly #owner: ConnectionOwner;
  readonly #env: ConnectionEnv;
  readonly #cells: ConnectionCells;
  readonly #timers = new KernelTimers();
  readonly #sink: ConnectionSink;
  readonly #events: ConnectionEvent[] = [];
  #stepping = false;
  readonly state: ReturnType<typeof connectionKernel.initial>;

  constructor(
    block: ClusterBlock,
    self: MemberSlot,
    peer: MemberSlot,
    links: readonly LinkId[],
    owner: ConnectionOwner,
  ) {
    this.#owner = owner;
    this.#cells = new ConnectionCells(block, self, peer);
    this.#sink = new ConnectionSink(this.#timers);
    this.#env = {
      versionMin,
      versionMax,
      links,
      retriesMax: connectionRetriesMax,
      hurriesMax: connectionHurriesMax,
      timings: {
        retryMs: connectionRetryMs,
        retryMsMax: connectionRetryMsMax,
        incompatibleMs: connectionRetryMsMax,
        waitMs: connectionWaitMs,
        keepMs: connectionKeepMs,
      },
      rules: connectionRules,
    };
    this.state = connectionKernel.initial(this.#env);
  }

  /** Feed an event, and everything that follows from it without waiting. */
  step(event: ConnectionEvent): void {
    this.#events.push(event);
    if (this.#stepping) return;
    this.#stepping = true;
    for (let index = 0; index < this.#events.length; index++) {
      connectionKernel.step(this.state, this.#events[index] as ConnectionEvent, this.#env, this.#sink);
      for (const effect of this.#sink.take()) {
        if ('operation' in effect) this.#perform(effect.operation);
        else this.#obey(effect.notice);
      }
    }
    this.#events.length = 0;
    this.#stepping = false;
  }

  /** Look at the cell the peer writes. */
  look(): void {
    const cell = this.#cells.news();
    if (cell !== undefined) this.step({ type: 'inbox', cell });
  }

  tick(nowMs: number): void {
    this.look();
    this.#timers.fire(nowMs, (timer) => this.step({ type: 'timer', timer }));
  }

  #perform(operation: OneSided): void {
    if (operation.type === 'read') {
      const page = this.#cells.readPage();
      this.#events.push(page === undefined ? { type: 'read-failed' } : { type: 'read-done', page });
    } else if (operation.type === 'write') {
      const done = this.#cells.writeCell(operation.cell);
      if (done) this.#owner.signalPeer();
      this.#events.push({ type: done ? 'write-done' : 'write-failed' });
    } else {
      const sound = operation.grants.every((grant) => this.#owner.checkGrant(grant));
      this.#events.push({ type: sound ? 'check-done' : 'check-failed' });
    }
  }

  #obey(notice: ConnectionNotice): void {
    switch (notice.type) {
      case 'publish':
        this.#cells.publish(notice.page);
        this.#owner.signalPeer();
        break;
      case 'incompatible':
        this.#owner.onIncompatible(notice.versionMin, notice.versionMax);
        break;
      case 'collect-needs':
        this.#events.push({ type: 'needs-collected', needs: this.#owner.needs() });
        break;
      case 'create-ports': {
        const grants = this.#owner.createPorts(notice.agreement);
        this.#events.push(grants === undefined ? { type: 'ports-failed' } : { type: 'ports-created', grants });
        break;
      }
      case 'destroy-ports':
        this.#owner.destroyPorts();
        this.#events.push({ type: 'ports-destroyed' });
        break;
      case 'ready':
        this.#owner.onReady(notice.agreement);
        break;
      case 'close-session':
        this.#owner.closeSession();
        break;
      case 'end-session':
        this.#owner.endSession(notice.end);
        break;
      case 'resume':
        this.#owner.onResume();
        break;
      case 'closed':
        this.#owner.onClosed(notice.end);
        break;
    }
  }
}
