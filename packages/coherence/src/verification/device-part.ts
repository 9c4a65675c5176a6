import { type CellTable, handled, type Kernel } from '@holdfast/kernel';
import { type Part, part } from '@holdfast/simulation';
import { type CallId, type NodeId, noPayload, type ObjectEvent, type ObjectNotice } from '../kernel/object-types.ts';
import { currentFill, freshPayload } from './object-host.ts';

/** What a device holds of the object: the last value written to it, if any. */
interface Device {
  payload: number;
}

type DeviceEvent =
  | { readonly type: 'store'; readonly node: NodeId; readonly call: CallId; readonly payload: number }
  | { readonly type: 'erase' }
  | { readonly type: 'fill' }
  | { readonly type: 'load'; readonly node: NodeId; readonly id: number };

const table: CellTable = { any: { store: handled, erase: handled, fill: handled, load: handled } };

/** A device that is never late and never fails. What it does not have is made up. */
const deviceKernel: Kernel<Device, DeviceEvent, undefined, never, never, ObjectEvent> = {
  name: 'device',
  table,
  initial: () => ({ payload: noPayload }),
  row: () => 'any',
  column: ({ type }) => type,
  step(device, event, _env, out) {
    switch (event.type) {
      case 'store':
        device.payload = event.payload;
        out.deliver({ type: 'stored', node: event.node, call: event.call, ok: true });
        break;
      case 'erase':
        device.payload = noPayload;
        break;
      case 'fill':
        out.deliver({ type: 'filled', id: currentFill, payload: device.payload });
        break;
      case 'load': {
        const payload = device.payload === noPayload ? freshPayload : device.payload;
        out.deliver({ type: 'loaded', node: event.node, id: event.id, payload, absent: false });
        break;
      }
    }
  },
  encode: ({ payload }, into) => into.int(payload),
  decode: (from) => ({ payload: from.int() }),
};

/** Its place in the stack of a node. */
export const devicePlace = 1;

export const devicePart: Part = part({
  name: 'device',
  kernel: deviceKernel,
  env: () => undefined,
  above: (event) => ({ part: 0, event }),
});

/** What the kernel asks of the device, as an event of it. */
export function deviceEvent(notice: ObjectNotice): DeviceEvent | undefined {
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
