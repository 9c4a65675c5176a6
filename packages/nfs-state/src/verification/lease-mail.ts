import { type CellTable, handled, type Kernel } from '@holdfast/kernel';
import type { LeaseEvent, LeaseMessage } from '../kernel/lease-types.ts';
import { headsCount, leasePart } from './nfs-parts.ts';
import { plainEncoding } from './plain-states.ts';

/** What heads say to each other about leases, on its way: in order, until the head it is for dies. */
export interface MailState {
  /** By the head it is for. */
  readonly to: LeaseEvent[][];
}

export type MailEvent =
  | { readonly type: 'post'; readonly from: number; readonly to: number; readonly message: LeaseMessage }
  | { readonly type: 'deliver'; readonly to: number }
  | { readonly type: 'lose'; readonly to: number };

const table: CellTable = { mail: { post: handled, deliver: handled, lose: handled } };

export const leaseMail: Kernel<MailState, MailEvent, undefined, LeaseEvent> = {
  name: 'lease-mail',
  table,
  initial: () => ({ to: Array.from({ length: headsCount }, () => []) }),
  row: () => 'mail',
  column: ({ type }) => type,
  step(state, event, _env, out) {
    const queue = state.to[event.to]!;
    switch (event.type) {
      case 'post': {
        const { message, from } = event;
        queue.push(
          message.type === 'PROPOSE'
            ? { type: 'propose', from, client: message.client, round: message.round }
            : { type: 'left', from, client: message.client, round: message.round, left: message.left },
        );
        break;
      }
      case 'deliver':
        out.send(leasePart(event.to), queue.shift()!);
        break;
      case 'lose':
        queue.length = 0;
        break;
    }
  },
  ...plainEncoding<MailState>(),
};
