import { type CellTable, handled, type Kernel } from '@holdfast/kernel';
import type { LeaseEvent, LeaseMessage } from '../kernel/lease-types.ts';
import type { ClientId, Delta } from '../kernel/state-types.ts';
import { headPart, headsCount, leasePart } from './nfs-parts.ts';
import { plainEncoding } from './plain-states.ts';

/**
 * What heads say to each other about leases, on its way: in order, until the head it is for dies. Renewals are apart: they
 * may come late or never, and several of one client as one.
 */
export interface MailState {
  /** By the head it is for. */
  readonly to: LeaseEvent[][];
  readonly renewals: ClientId[][];
  /** Steps of slots: of one slot the last. */
  readonly steps: SlotStep[][];
}

type SlotStep = Extract<Delta, { type: 'slot-step' }>;

export type MailEvent =
  | { readonly type: 'post'; readonly from: number; readonly to: number; readonly message: LeaseMessage }
  | { readonly type: 'deliver'; readonly to: number }
  | { readonly type: 'renew'; readonly from: number; readonly client: ClientId }
  | { readonly type: 'deliver-renewal'; readonly to: number }
  | { readonly type: 'step'; readonly from: number; readonly step: SlotStep }
  | { readonly type: 'deliver-step'; readonly to: number }
  | { readonly type: 'lose'; readonly to: number };

/** To the leases of a head, and to the head. */
export type MailWord = LeaseEvent | { readonly type: 'step'; readonly step: SlotStep };

const table: CellTable = {
  mail: {
    post: handled,
    deliver: handled,
    renew: handled,
    'deliver-renewal': handled,
    step: handled,
    'deliver-step': handled,
    lose: handled,
  },
};

export const leaseMail: Kernel<MailState, MailEvent, undefined, MailWord> = {
  name: 'lease-mail',
  table,
  initial: () => ({
    to: Array.from({ length: headsCount }, () => []),
    renewals: Array.from({ length: headsCount }, () => []),
    steps: Array.from({ length: headsCount }, () => []),
  }),
  row: () => 'mail',
  column: ({ type }) => type,
  step(state, event, _env, out) {
    switch (event.type) {
      case 'post': {
        const { message, from } = event;
        state.to[event.to]!.push(
          message.type === 'PROPOSE'
            ? { type: 'propose', from, client: message.client, round: message.round }
            : { type: 'left', from, client: message.client, round: message.round, left: message.left },
        );
        break;
      }
      case 'deliver':
        out.send(leasePart(event.to), state.to[event.to]!.shift()!);
        break;
      case 'renew': {
        const { from, client } = event;
        for (const [to, waiting] of state.renewals.entries()) {
          if (to !== from && !waiting.includes(client)) waiting.push(client);
        }
        break;
      }
      case 'deliver-renewal':
        out.send(leasePart(event.to), { type: 'renewed', client: state.renewals[event.to]!.shift()! });
        break;
      case 'step': {
        const { from, step } = event;
        for (const [to, waiting] of state.steps.entries()) {
          if (to === from) continue;
          const before = waiting.findIndex(({ session, slot }) => session === step.session && slot === step.slot);
          if (before === -1) waiting.push(step);
          else waiting[before] = step;
        }
        break;
      }
      case 'deliver-step':
        out.send(headPart(event.to), { type: 'step', step: state.steps[event.to]!.shift()! });
        break;
      case 'lose':
        state.steps[event.to]!.length = 0;
        state.to[event.to]!.length = 0;
        state.renewals[event.to]!.length = 0;
        break;
    }
  },
  ...plainEncoding<MailState>(),
};
