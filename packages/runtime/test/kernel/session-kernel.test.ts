import { Decoder, EffectBuffer, Encoder, ProtocolError } from '@holdfast/kernel';
import { describe, expect, it } from 'vitest';
import type { TrafficClass } from '../../src/exchange/types.ts';
import type { SessionEnv } from '../../src/kernel/session-env.ts';
import { sessionKernel } from '../../src/kernel/session-kernel.ts';
import { sessionRules } from '../../src/kernel/session-rules.ts';
import {
  acknowledgeTimer,
  retentionTimer,
  retransmitTimer,
  type SendResult,
  type SessionEvent,
  type SessionFrame,
  type SessionNotice,
  type SessionState,
} from '../../src/kernel/session-types.ts';

const env: SessionEnv = {
  links: 2,
  windows: [2, 2, 4, 4],
  acknowledgeEvery: 2,
  firstSequence: 0,
  sequenceMax: Number.MAX_SAFE_INTEGER - 4,
  flapsMax: 3,
  timings: {
    acknowledgeMs: 1,
    retransmitMs: 20,
    retentionMs: 1000,
    drainMs: 500,
    closeRepeatMs: 20,
    probeMs: 5,
    probeMsMax: 20,
    steadyMs: 50,
  },
  rules: sessionRules,
};

/** One side of a session, and what its last step did. */
class Side {
  readonly env: SessionEnv;
  readonly state: SessionState;
  readonly #out = new EffectBuffer<SessionFrame, SendResult, SessionNotice>();

  constructor(changes: Partial<SessionEnv> = {}) {
    this.env = { ...env, ...changes };
    this.state = sessionKernel.initial(this.env);
    for (let link = 0; link < this.env.links; link++) this.step({ type: 'link-restored', link });
  }

  step(event: SessionEvent): this {
    this.#out.clear();
    sessionKernel.step(this.state, event, this.env, this.#out);
    return this;
  }

  open(endpoint = 1): this {
    return this.step({ type: 'open', self: endpoint, peer: endpoint, links: [0, 1] });
  }

  send(handle: number, trafficClass: TrafficClass = 0): SendResult {
    this.step({ type: 'send', call: handle, trafficClass, handle });
    return this.#effects().find(({ kind }) => kind === 'reply')?.result as SendResult;
  }

  hear(link: number, frame: SessionFrame): this {
    return this.step({ type: 'frame', link, frame });
  }

  get frames(): { readonly link: number; readonly frame: SessionFrame }[] {
    return this.#effects()
      .filter(({ kind }) => kind === 'send')
      .map(({ target, message }) => ({ link: target, frame: message as SessionFrame }));
  }

  get notices(): SessionNotice[] {
    return this.#effects()
      .filter(({ kind }) => kind === 'deliver')
      .map(({ upward }) => upward as SessionNotice);
  }

  get timers(): { readonly timer: number; readonly afterMs: number }[] {
    return this.#effects()
      .filter(({ kind }) => kind === 'setTimer')
      .map(({ target, a }) => ({ timer: target, afterMs: a }));
  }

  #effects() {
    return Array.from({ length: this.#out.length }, (_, index) => this.#out.at(index));
  }
}

const acknowledging = (acknowledged: number[], limits: number[]): SessionFrame => ({
  type: 'ack',
  from: 1,
  to: 1,
  epoch: 0,
  acknowledged,
  limits,
  answer: false,
});

const data = (sequence: number, handle: number, epoch = 0): SessionFrame => ({
  type: 'data',
  from: 1,
  to: 1,
  epoch,
  acknowledged: [0, 0, 0, 0],
  limits: [2, 2, 4, 4],
  trafficClass: 0,
  sequence,
  handle,
});

describe('a session', () => {
  it('refuses records while there is none, and past the window, and says when there is room again', () => {
    const side = new Side();
    expect(side.send(1)).toBe('no-session');
    side.open();
    expect([side.send(1), side.send(2), side.send(3)]).toEqual(['accepted', 'accepted', 'window-full']);
    side.hear(0, acknowledging([1, 0, 0, 0], [3, 2, 4, 4]));
    expect(side.notices).toEqual([
      { type: 'release', trafficClass: 0, sequence: 0, handle: 1, acknowledged: true },
      { type: 'writable', trafficClass: 0 },
    ]);
    expect(side.send(3)).toBe('accepted');
  });

  it('delivers the next record only, and acknowledges what it delivered', () => {
    const side = new Side().open();
    expect(side.hear(0, data(1, 11)).notices).toEqual([]);
    expect(side.hear(0, data(0, 10)).notices).toMatchObject([{ type: 'record', sequence: 0, handle: 10 }]);
    expect(side.frames[0]?.frame).toMatchObject({ type: 'ack', acknowledged: [1, 0, 0, 0] });
    expect(side.hear(0, data(0, 10)).notices).toEqual([]);
  });

  it('moves its records to another link when one fails, from the first that was not acknowledged', () => {
    const side = new Side().open();
    side.send(1);
    side.send(2);
    side.step({ type: 'link-failed', link: 0 });
    expect(side.frames.map(({ link, frame }) => [link, frame.type])).toEqual([
      [1, 'data'],
      [1, 'data'],
      [1, 'fence'],
    ]);
    expect(side.frames[2]?.frame).toMatchObject({ link: 0, linkEpoch: 1 });
    expect(side.notices).toMatchObject([
      { type: 'link', link: 0, state: 'fenced', epoch: 1, confirmed: false },
      { type: 'moved', from: 0, to: 1 },
      { type: 'moved' },
      { type: 'moved' },
      { type: 'moved' },
    ]);
  });

  it('refuses an older epoch of a link that was fenced', () => {
    const side = new Side().open();
    side.step({ type: 'link-failed', link: 0 });
    side.step({ type: 'link-restored', link: 0 });
    expect(side.hear(0, data(0, 10)).notices).toEqual([]);
    expect(side.hear(1, data(0, 10)).notices).toMatchObject([{ type: 'record', link: 1 }]);
  });

  it('rejoins a fenced link once the peer confirmed, it rested, and a probe was answered', () => {
    const side = new Side().open();
    side.step({ type: 'link-failed', link: 0 });
    side.step({ type: 'link-restored', link: 0 });
    const rest = { from: 1, to: 1, acknowledged: [0, 0, 0, 0], limits: [2, 2, 4, 4] };
    side.hear(1, { ...rest, type: 'fenced', epoch: 0, link: 0, linkEpoch: 1 });
    expect(side.state.links[0]?.state).toBe('fenced');
    side.step({ type: 'timer', timer: 8 });
    expect(side.frames).toMatchObject([{ link: 0, frame: { type: 'probe', epoch: 1 } }]);
    side.hear(0, { ...rest, type: 'probed', epoch: 1 });
    expect(side.state.links[0]?.state).toBe('up');
  });

  it('probes a fenced link before it rested where no link is left, unless it fails all the time', () => {
    const side = new Side().open();
    const fenced = {
      from: 1,
      to: 1,
      acknowledged: [0, 0, 0, 0],
      limits: [2, 2, 4, 4],
      type: 'fenced',
      link: 0,
    } as const;
    side.step({ type: 'link-failed', link: 0 });
    side.step({ type: 'link-restored', link: 0 });
    side.hear(1, { ...fenced, epoch: 0, linkEpoch: 1 });
    expect(side.state.links[0]?.state).toBe('fenced');
    side.step({ type: 'link-failed', link: 1 });
    expect(side.frames).toMatchObject([{ link: 0, frame: { type: 'probe', epoch: 1 } }]);
    let epoch = 2;
    for (; side.state.links[0]?.state === 'probing' && epoch < 99; epoch++) {
      side.step({ type: 'link-failed', link: 0 });
      side.step({ type: 'link-restored', link: 0 });
      side.hear(0, { ...fenced, epoch, linkEpoch: epoch });
    }
    expect(side.state.links[0]).toMatchObject({ state: 'fenced', flaps: 3, confirmed: true, carrier: true });
  });

  it('does not go back to a link that was down a moment ago because another one is steady', () => {
    const side = new Side().open();
    const rest = { from: 1, to: 1, acknowledged: [0, 0, 0, 0], limits: [2, 2, 4, 4] };
    side.step({ type: 'link-failed', link: 0 });
    side.step({ type: 'link-restored', link: 0 });
    side.hear(1, { ...rest, type: 'fenced', epoch: 0, link: 0, linkEpoch: 1 });
    side.step({ type: 'timer', timer: 8 });
    side.hear(0, { ...rest, type: 'probed', epoch: 1 });
    side.step({ type: 'timer', timer: 9 });
    expect(side.state.classes.map(({ link }) => link)).toEqual([1, 1, 1, 1]);
    side.step({ type: 'timer', timer: 8 });
    expect(side.state.classes.map(({ link }) => link)).toEqual([0, 0, 0, 0]);
  });

  it('leaves a flapping link alone for longer each time, up to a bound', () => {
    const side = new Side().open();
    const waits: number[] = [];
    for (let round = 1; round <= 4; round++) {
      side.step({ type: 'link-failed', link: 0 });
      waits.push(side.timers.find(({ timer }) => timer === 8)?.afterMs ?? 0);
      side.step({ type: 'link-restored', link: 0 });
      const header = { from: 1, to: 1, acknowledged: [0, 0, 0, 0], limits: [2, 2, 4, 4] };
      side.hear(1, { ...header, type: 'fenced', epoch: 0, link: 0, linkEpoch: round });
      side.step({ type: 'timer', timer: 8 });
      side.hear(0, { ...header, type: 'probed', epoch: round });
    }
    expect(waits).toEqual([5, 10, 20, 20]);
  });

  it('keeps everything while no link is left, then reports exactly what is unknown and what was never sent', () => {
    const side = new Side().open();
    side.send(1);
    side.step({ type: 'link-failed', link: 0 });
    side.step({ type: 'link-failed', link: 1 });
    expect(side.notices).toContainEqual({ type: 'retained' });
    expect(side.send(2)).toBe('accepted');
    side.step({ type: 'timer', timer: retentionTimer });
    expect(side.notices).toEqual([
      {
        type: 'ended',
        end: 'links-lost',
        losses: [{ trafficClass: 0, first: 0, unknown: [1], undelivered: [2] }],
      },
      { type: 'release', trafficClass: 0, sequence: 0, handle: 1, acknowledged: false },
      { type: 'release', trafficClass: 0, sequence: 1, handle: 2, acknowledged: false },
    ]);
  });

  it('sends records again when a period passed without any acknowledgement, and not when there was one', () => {
    const side = new Side().open();
    side.send(1);
    side.send(2);
    side.hear(0, acknowledging([1, 0, 0, 0], [3, 2, 4, 4]));
    expect(side.step({ type: 'timer', timer: retransmitTimer }).frames).toEqual([]);
    side.step({ type: 'timer', timer: retransmitTimer });
    expect(side.frames).toMatchObject([{ frame: { type: 'data', sequence: 1 } }]);
    expect(side.notices).toEqual([{ type: 'stalled', link: 0 }]);
  });

  it('asks for credit it does not have, so that a lost grant is not for ever', () => {
    const side = new Side().open();
    side.send(1);
    side.send(2);
    side.hear(0, acknowledging([2, 0, 0, 0], [2, 2, 4, 4]));
    side.send(3);
    side.step({ type: 'timer', timer: retransmitTimer });
    side.step({ type: 'timer', timer: retransmitTimer });
    expect(side.frames).toMatchObject([{ frame: { type: 'ack', answer: true } }]);
  });

  it('goes back to the record the driver refused, once there is room', () => {
    const side = new Side().open();
    side.send(1);
    side.send(2);
    side.step({ type: 'link-blocked', link: 0, trafficClass: 0, sequence: 1 });
    expect(side.send(3, 1)).toBe('accepted');
    expect(side.frames).toMatchObject([{ frame: { trafficClass: 1 } }]);
    side.step({ type: 'link-writable', link: 0 });
    expect(side.frames).toMatchObject([{ frame: { trafficClass: 0, sequence: 1 } }]);
  });

  it('acknowledges after a while what no frame of its own has carried', () => {
    const side = new Side().open();
    side.hear(0, data(0, 10));
    expect(side.timers).toEqual([{ timer: acknowledgeTimer, afterMs: 1 }]);
    side.step({ type: 'timer', timer: acknowledgeTimer });
    expect(side.frames).toMatchObject([{ frame: { type: 'ack', acknowledged: [1, 0, 0, 0] } }]);
    expect(side.step({ type: 'timer', timer: acknowledgeTimer }).frames).toEqual([]);
  });

  it('closes in order: what was accepted first, then CLOSE, then the end', () => {
    const side = new Side().open();
    side.send(1);
    side.step({ type: 'close' });
    expect(side.frames).toEqual([]);
    expect(side.send(2)).toBe('closing');
    side.hear(0, acknowledging([1, 0, 0, 0], [3, 2, 4, 4]));
    expect(side.frames).toMatchObject([{ frame: { type: 'close' } }]);
    const header = { from: 1, to: 1, epoch: 0, acknowledged: [1, 0, 0, 0], limits: [3, 2, 4, 4] };
    side.hear(0, { ...header, type: 'closed' });
    side.hear(0, { ...header, type: 'close' });
    expect(side.notices).toEqual([{ type: 'ended', end: 'closed', losses: [] }]);
    expect(side.hear(0, { ...header, type: 'close' }).frames).toMatchObject([{ frame: { type: 'closed' } }]);
  });

  it('ends when the peer has a newer endpoint, and never resumes with it', () => {
    const side = new Side().open(1);
    side.hear(0, { ...data(0, 10), from: 2, to: 2 });
    expect(side.notices).toEqual([{ type: 'ended', end: 'peer-restarted', losses: [] }]);
    expect(() => side.open(1)).toThrow(RangeError);
    expect(side.open(2).hear(0, data(0, 10)).notices).toEqual([]);
  });

  it('closes itself before its sequence numbers run out', () => {
    const first = Number.MAX_SAFE_INTEGER - 6;
    const side = new Side({ firstSequence: first, sequenceMax: first + 2 }).open();
    expect([side.send(1), side.send(2)]).toEqual(['accepted', 'accepted']);
    expect(side.frames[0]?.frame).toMatchObject({ sequence: first + 1 });
    side.hear(0, acknowledging([first + 2, first, first, first], [first + 4, first + 2, first + 4, first + 4]));
    expect(side.send(3)).toBe('closing');
    expect(side.frames).toMatchObject([{ frame: { type: 'close' } }]);
    expect(() => new Side({ sequenceMax: Number.MAX_SAFE_INTEGER })).toThrow(RangeError);
  });

  it('refuses what its host may not say', () => {
    const side = new Side().open();
    expect(() => side.step({ type: 'timer', timer: retentionTimer })).toThrow(ProtocolError);
    expect(() => side.open(2)).toThrow(ProtocolError);
    expect(() => side.step({ type: 'consumed', trafficClass: 0, records: 1 })).toThrow(RangeError);
  });

  it('reads back from its encoding the state that it wrote', () => {
    const side = new Side().open();
    side.send(1);
    side.step({ type: 'link-failed', link: 1 });
    side.hear(0, data(0, 10));
    const encoder = new Encoder();
    sessionKernel.encode(side.state, encoder);
    expect(sessionKernel.decode(new Decoder(encoder.view()))).toEqual(side.state);
  });
});
