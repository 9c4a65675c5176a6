import { NodeDownError, UnknownNodeError } from '../errors.ts';
import type { SubscriberFailure } from '../events/isolated-observable.ts';
import {
  bulkClass,
  channelPort,
  type Exchange,
  firstDynamicPort,
  type PeerLoss,
  type PortNumber,
  type TrafficClass,
} from '../exchange/types.ts';
import { channelOffersMax, channelsMax, definitionNameCharsMax } from '../limits.ts';
import { type MemberName, type MemberSlot, memberName, memberSlot } from '../member.ts';
import { DefinitionError, DefinitionMismatchError, MailboxFullError } from '../service/errors.ts';
import { type ControlFrame, decodeControl, encodeControl } from './control-frames.ts';
import { type ChannelOwner, LiveChannel } from './live-channel.ts';
import type { ChannelOf, ChannelOptions, ChannelSchema } from './types.ts';

/** A peer's end that waits for its counterpart here. */
interface Offer {
  readonly port: PortNumber;
  readonly agreement: string;
}

/** What this thread knows of channels with one peer. */
class PeerChannels {
  /** Ends of this thread that are opening or open. */
  readonly byName = new Map<string, LiveChannel>();
  readonly offers = new Map<string, Offer>();
  /** Words for the peer that found no room yet. */
  readonly unsent: { readonly trafficClass: TrafficClass; readonly frame: ControlFrame }[] = [];
}

/** The table of one thread's channels. One per exchange. */
export class Channels implements ChannelOwner {
  readonly report: SubscriberFailure;
  readonly #exchange: Exchange;
  readonly #peers = new Map<MemberSlot, PeerChannels>();
  readonly #byPort = new Map<PortNumber, LiveChannel>();
  readonly #stop: (() => void)[] = [];
  readonly #stopConsuming = new Map<PortNumber, () => void>();
  #closed = false;

  /** @param report told of what subscribers throw; default: a warning of the process. */
  constructor(exchange: Exchange, report: SubscriberFailure = (error) => process.emitWarning(error as Error)) {
    this.#exchange = exchange;
    this.report = report;
    this.#stop.push(
      exchange.consume(channelPort, (from, bytes, start, end) => this.#onControl(from, bytes, start, end)),
    );
    this.#stop.push(
      exchange.listen({
        onReady: (peer) => this.#onReady(peer),
        onWritable: (peer) => this.#onWritable(peer),
        onLost: (peer, loss) => this.#onLost(peer, loss),
        onFailover: (peer, _from, to) => {
          for (const channel of this.#peer(peer).byName.values()) channel.failedOver(to);
        },
      }),
    );
  }

  get size(): number {
    return this.#byPort.size;
  }

  /**
   * One end of a channel to `peer`. It opens when the peer connects under the same name, whoever does so first, and
   * messages sent until then wait.
   * @throws UnknownNodeError, DefinitionError (a name in use or unusable), MailboxFullError (too many channels)
   */
  connect<Schema extends ChannelSchema>(peer: MemberName, options: ChannelOptions<Schema>): ChannelOf<Schema> {
    const slot = memberSlot(peer);
    if (slot === undefined || slot === this.#exchange.self) throw new UnknownNodeError(peer);
    const { name, schema, trafficClass = bulkClass } = options;
    const peerChannels = this.#peer(slot);
    if (typeof name !== 'string' || name.length === 0 || name.length > definitionNameCharsMax) {
      throw new DefinitionError('A channel has no usable name.', `Use 1 to ${definitionNameCharsMax} characters.`);
    }
    if (peerChannels.byName.has(name)) {
      throw new DefinitionError(
        `There is a channel ${name} to ${peer} already.`,
        'Close it first, or use another name.',
      );
    }
    const channel = new LiveChannel(this.#exchange, this, slot, this.#takePort(), { name, schema, trafficClass });
    this.#byPort.set(channel.port, channel);
    peerChannels.byName.set(name, channel);
    const stop = this.#exchange.consume(channel.port, (from, bytes, start, end) => {
      if (from === slot) channel.receive(bytes, start, end);
    });
    this.#stopConsuming.set(channel.port, stop);
    if (this.#exchange.ready(slot)) this.#offer(channel);
    else this.#reach(channel);
    return channel as unknown as ChannelOf<Schema>;
  }

  leave(channel: LiveChannel): void {
    this.#forgetName(channel);
    if (this.#exchange.ready(channel.peerSlot)) {
      this.#say(channel.peerSlot, channel.trafficClass, { type: 'close', port: channel.port, mismatch: false });
    } else this.#free(channel);
  }

  fail(channel: LiveChannel, error: Error): void {
    const { status } = channel;
    if (status.state === 'closed') return;
    this.leave(channel);
    channel.closedBy(error);
  }

  close(): void {
    if (this.#closed) return;
    this.#closed = true;
    for (const channel of [...this.#byPort.values()]) {
      void channel.close();
      this.#free(channel);
    }
    for (const stop of this.#stop) stop();
  }

  #peer(slot: MemberSlot): PeerChannels {
    let peer = this.#peers.get(slot);
    if (peer === undefined) {
      peer = new PeerChannels();
      this.#peers.set(slot, peer);
    }
    return peer;
  }

  #takePort(): PortNumber {
    if (this.#byPort.size >= channelsMax) {
      throw new MailboxFullError("This thread's table of channels", channelsMax);
    }
    let port = firstDynamicPort;
    while (this.#byPort.has(port)) port += 1;
    return port;
  }

  #reach(channel: LiveChannel): void {
    this.#exchange.connect(channel.peerSlot).then(undefined, (cause: unknown) => {
      if (channel.status.state === 'opening') {
        this.fail(channel, new NodeDownError(channel.peer, 'not-sent', { cause }));
      }
    });
  }

  /** Tell the peer where this end listens; when the peer has said so already, the channel is open. */
  #offer(channel: LiveChannel): void {
    const { peerSlot, trafficClass, port, name, agreement } = channel;
    this.#say(peerSlot, trafficClass, { type: 'offer', port, name, agreement });
    const { offers } = this.#peer(peerSlot);
    const offer = offers.get(name);
    if (offer === undefined) return;
    offers.delete(name);
    this.#join(channel, offer);
  }

  #join(channel: LiveChannel, { port, agreement }: Offer): void {
    if (agreement === channel.agreement) {
      // The peer may have come to life after our offer passed it by.
      this.#say(channel.peerSlot, channel.trafficClass, { type: 'accept', port: channel.port, peerPort: port });
      channel.open(port);
    } else {
      this.#forgetName(channel);
      this.#say(channel.peerSlot, channel.trafficClass, { type: 'close', port: channel.port, mismatch: true });
      channel.closedBy(new DefinitionMismatchError(`Channel ${channel.name}`, channel.peer));
    }
  }

  #onControl(from: MemberSlot, bytes: Uint8Array, start: number, end: number): void {
    const frame = decodeControl(bytes, start, end);
    const peer = this.#peer(from);
    switch (frame?.type) {
      case 'offer': {
        const channel = peer.byName.get(frame.name);
        if (channel?.status.state === 'opening') this.#join(channel, frame);
        else if (peer.offers.size < channelOffersMax) peer.offers.set(frame.name, frame);
        else this.#say(from, bulkClass, { type: 'closed', port: 0, peerPort: frame.port });
        return;
      }
      case 'accept': {
        const channel = this.#byPort.get(frame.peerPort);
        if (channel?.peerSlot === from && channel.status.state === 'opening') channel.open(frame.port);
        return;
      }
      case 'close':
        this.#onClose(from, peer, frame);
        return;
      case 'closed': {
        const channel = this.#byPort.get(frame.peerPort);
        if (channel?.peerSlot !== from) return;
        this.#dropOffers(peer, frame.port);
        this.#forgetName(channel);
        this.#free(channel);
      }
    }
  }

  /** The peer's end on `frame.port` is gone; so is ours, if it has one. */
  #onClose(from: MemberSlot, peer: PeerChannels, frame: ControlFrame & { type: 'close' }): void {
    this.#dropOffers(peer, frame.port);
    const channel = [...this.#byPort.values()].find((one) => one.peerSlot === from && one.peerPort === frame.port);
    const trafficClass = channel?.trafficClass ?? bulkClass;
    this.#say(from, trafficClass, { type: 'closed', port: channel?.port ?? 0, peerPort: frame.port });
    if (channel === undefined || !peer.byName.has(channel.name)) return;
    const mismatch = new DefinitionMismatchError(`Channel ${channel.name}`, channel.peer);
    channel.closedBy(frame.mismatch ? mismatch : undefined);
    this.#forgetName(channel);
    this.#free(channel);
  }

  #dropOffers(peer: PeerChannels, port: PortNumber): void {
    for (const [name, offer] of peer.offers) if (offer.port === port) peer.offers.delete(name);
  }

  #onReady(slot: MemberSlot): void {
    for (const channel of this.#peer(slot).byName.values()) {
      if (channel.status.state === 'opening') this.#offer(channel);
    }
  }

  #onWritable(slot: MemberSlot): void {
    const peer = this.#peer(slot);
    this.#sayUnsent(slot, peer);
    for (const channel of peer.byName.values()) channel.goOn();
  }

  #onLost(slot: MemberSlot, loss: PeerLoss): void {
    const peer = this.#peer(slot);
    this.#peers.delete(slot);
    const node = memberName(slot);
    const error = loss === 'closed' ? undefined : new NodeDownError(node, 'unknown');
    for (const channel of [...this.#byPort.values()].filter((one) => one.peerSlot === slot)) {
      if (peer.byName.get(channel.name) === channel && channel.status.state === 'opening') {
        // It had not opened with the lost incarnation: it may with the next.
        this.#peer(slot).byName.set(channel.name, channel);
        continue;
      }
      channel.closedBy(error);
      this.#free(channel);
    }
  }

  #say(slot: MemberSlot, trafficClass: TrafficClass, frame: ControlFrame): void {
    const peer = this.#peer(slot);
    peer.unsent.push({ trafficClass, frame });
    this.#sayUnsent(slot, peer);
  }

  /** In order: a close must not overtake the offer before it. */
  #sayUnsent(slot: MemberSlot, peer: PeerChannels): void {
    let sent = 0;
    for (const { trafficClass, frame } of peer.unsent) {
      const bytes = encodeControl(frame);
      const space = this.#exchange.begin(slot, trafficClass, channelPort, bytes.length);
      if (space === undefined) break;
      space.bytes.set(bytes, space.start);
      this.#exchange.commit(bytes.length);
      sent += 1;
    }
    peer.unsent.splice(0, sent);
  }

  #forgetName(channel: LiveChannel): void {
    const { byName } = this.#peer(channel.peerSlot);
    if (byName.get(channel.name) === channel) byName.delete(channel.name);
  }

  /** Nothing more can come for its port. */
  #free(channel: LiveChannel): void {
    this.#byPort.delete(channel.port);
    this.#stopConsuming.get(channel.port)?.();
    this.#stopConsuming.delete(channel.port);
    channel.settled();
  }
}
