import {
  type CellTable,
  type Decoder,
  type EffectSink,
  type Encoder,
  handled,
  type Kernel,
  type KernelEvent,
} from '@holdfast/kernel';
import { type CallSpec, type Part, part } from '@holdfast/simulation';
import { type CallId, type NodeId, noPayload, type ObjectEvent, type ObjectNotice } from '../kernel/object-types.ts';
import { currentFill, freshPayload } from './object-host.ts';

/** What a device holds of the object, the last value written to it if any, and what it is asked for and has not done. */
export interface Device {
  payload: number;
  pending: readonly Work[];
}

export type Work =
  | { readonly type: 'store'; readonly node: NodeId; readonly call: CallId; readonly payload: number }
  | { readonly type: 'erase' }
  | { readonly type: 'fill' }
  | { readonly type: 'load'; readonly node: NodeId; readonly id: number };

/** What it is asked for or, where it is slow, the end of what it was asked for first. */
export type DeviceEvent = Work | { readonly type: 'ends' } | { readonly type: 'fails' };

interface DeviceEnv {
  /** It does what it is asked for when an `ends` or `fails` says so, one after the other; else at once. */
  readonly isSlow: boolean;
}

type DeviceSink = EffectSink<never, never, ObjectEvent>;

const isPending = { class: 'impossible', why: 'only a slow device has anything left to end' } as const;
const table: CellTable = {
  prompt: { store: handled, erase: handled, fill: handled, load: handled, ends: isPending, fails: isPending },
  slow: { store: handled, erase: handled, fill: handled, load: handled, ends: handled, fails: handled },
};

function finish(device: Device, work: Work, ok: boolean, out: DeviceSink): void {
  switch (work.type) {
    case 'store':
      if (ok) {
        device.payload = work.payload;
        out.trace('kept', work.payload);
      }
      out.deliver({ type: 'stored', node: work.node, call: work.call, ok });
      break;
    case 'erase':
      device.payload = noPayload;
      break;
    case 'fill':
      out.deliver(
        ok
          ? { type: 'filled', id: currentFill, payload: device.payload }
          : { type: 'fill-failed', id: currentFill, absent: false },
      );
      break;
    case 'load': {
      const found = device.payload === noPayload ? freshPayload : device.payload;
      out.deliver({ type: 'loaded', node: work.node, id: work.id, payload: ok ? found : noPayload, absent: false });
      break;
    }
  }
}

const workTypes = ['store', 'erase', 'fill', 'load'] as const;

function writeWork(work: Work, into: Encoder): void {
  into.uint(workTypes.indexOf(work.type));
  if (work.type === 'store') for (const number of [work.node, work.call, work.payload]) into.uint(number);
  if (work.type === 'load') for (const number of [work.node, work.id]) into.uint(number);
}

function readWork(from: Decoder): Work {
  const type = workTypes[from.uint()]!;
  if (type === 'store') return { type, node: from.uint(), call: from.uint(), payload: from.uint() };
  return type === 'load' ? { type, node: from.uint(), id: from.uint() } : { type };
}

/** What the device does not have is made up. */
const deviceKernel: Kernel<Device, DeviceEvent, DeviceEnv, never, never, ObjectEvent> = {
  name: 'device',
  table,
  initial: () => ({ payload: noPayload, pending: [] }),
  row: (_device, _event, { isSlow }) => (isSlow ? 'slow' : 'prompt'),
  column: ({ type }) => type,
  step(device, event, { isSlow }, out) {
    if (event.type === 'ends' || event.type === 'fails') {
      const [first, ...rest] = device.pending;
      device.pending = rest;
      if (first !== undefined) finish(device, first, event.type === 'ends', out);
    } else if (isSlow) {
      device.pending = [...device.pending, event];
    } else {
      finish(device, event, true, out);
    }
  },
  encode({ payload, pending }, into) {
    into.int(payload);
    into.list(pending, writeWork);
  },
  decode: (from) => ({ payload: from.int(), pending: from.list(readWork) }),
};

/** The versions that name values in it, and the same with each replaced. */
export const deviceNumbers = ({ payload, pending }: Device): number[] =>
  [payload, ...pending.map((work) => (work.type === 'store' ? work.payload : 0))].filter((number) => number > 0);

export const renumberedDevice = ({ payload, pending }: Device, image: (number: number) => number): Device => ({
  payload: payload > 0 ? image(payload) : payload,
  pending: pending.map((work) => (work.type === 'store' ? { ...work, payload: image(work.payload) } : work)),
});

/** The same with the nodes renamed. */
export const renamedDevice = ({ payload, pending }: Device, permutation: readonly number[]): Device => ({
  payload,
  pending: pending.map((work) => ('node' in work ? { ...work, node: permutation[work.node]! } : work)),
});

/** Its place in the stack of a node. */
export const devicePlace = 1;

/** @param told what an answer of the device is to whoever asked it. */
export const devicePart = (isSlow: boolean, told: (event: ObjectEvent) => KernelEvent = (event) => event): Part =>
  part({
    name: 'device',
    kernel: deviceKernel,
    env: () => ({ isSlow }),
    above: (event) => ({ part: 0, event: told(event) }),
  });

/** A slow device ends what it was asked for first, well or badly, at any moment. */
export const deviceCalls = (nodes: readonly number[]): CallSpec[] =>
  nodes.flatMap((node) =>
    (['ends', 'fails'] as const).map((type) => ({
      label: `device ${type}`,
      node,
      part: devicePlace,
      times: 'unlimited',
      event: () => ({ type }),
      when: (view) => view.state<Device>(node, devicePlace).pending.length > 0,
    })),
  );

/** What the kernel asks of the device, as an event of it. */
export function deviceEvent(notice: ObjectNotice): Work | undefined {
  switch (notice.type) {
    case 'store':
      return { type: 'store', node: notice.node, call: notice.call, payload: notice.payload };
    case 'load':
      return { type: 'load', node: notice.node, id: notice.id };
    case 'erase':
    case 'fill':
      return { type: notice.type };
    case 'run':
      return undefined;
  }
}
