import { type EffectSink, handled, type Kernel } from '@holdfast/kernel';
import type { ViewEvent } from '../kernel/proxy-messages.ts';
import { type Role, roles } from './item-store.ts';
import type { LogEntry, ViewEntry } from './log-batches.ts';

/** A view: who is stopped, and who is back and not up to date. */
export interface ViewPlan {
  readonly out: readonly number[];
  readonly returning: readonly number[];
  /** The views that it may follow. */
  readonly after: readonly number[];
}

export interface ViewKeeperEnv {
  readonly incarnation: number;
}

export interface ViewKeeperState {
  /** The newest view that is durable here; -1 before the log was read. */
  recorded: number;
  /** -1: none. */
  recording: number;
  /** The view that this life works by; -1: none yet. */
  published: number;
}

export type ViewKeeperEvent =
  | { readonly type: 'recovered'; readonly entries: readonly LogEntry[] }
  | { readonly type: 'journaled'; readonly entry: LogEntry }
  | { readonly type: 'enter'; readonly view: number }
  | { readonly type: 'publish'; readonly view: number };

/** What the keeper hands to the store, or to a role of its node. */
export type ViewKeeperNotice =
  | { readonly to: 'store'; readonly entry: ViewEntry }
  | { readonly to: Role; readonly view: number };

type Sink = EffectSink<never, never, ViewKeeperNotice>;

/** The contract of membership that proxies stand on, as a kernel: a view is worked by once it is durable on everyone in it. */
export const viewKeeper: Kernel<ViewKeeperState, ViewKeeperEvent, ViewKeeperEnv, never, never, ViewKeeperNotice> = {
  name: 'view keeper',
  table: { any: { recovered: handled, journaled: handled, enter: handled, publish: handled } },
  initial: ({ incarnation }) =>
    incarnation === 0 ? { recorded: 0, recording: -1, published: 0 } : { recorded: -1, recording: -1, published: -1 },
  row: () => 'any',
  column: ({ type }) => type,
  step(state, event, _env, out: Sink) {
    switch (event.type) {
      case 'recovered':
        state.recorded = Math.max(0, ...event.entries.map((entry) => (entry.type === 'view' ? entry.id : 0)));
        break;
      case 'enter':
        state.recording = event.view;
        out.deliver({ to: 'store', entry: { type: 'view', id: event.view } });
        break;
      case 'journaled':
        state.recorded = state.recording;
        state.recording = -1;
        break;
      case 'publish':
        state.published = event.view;
        out.deliver({ to: roles.data, view: event.view });
        out.deliver({ to: roles.parity, view: event.view });
        break;
    }
  },
  encode({ recorded, recording, published }, into) {
    into.int(recorded);
    into.int(recording);
    into.int(published);
  },
  decode: (from) => ({ recorded: from.int(), recording: from.int(), published: from.int() }),
};

/** A view as the roles of a node hear of it. */
export const viewEvent = (views: readonly ViewPlan[], view: number, port: (node: number) => number): ViewEvent => {
  const { out, returning } = views[view]!;
  return { type: 'view', epoch: view, out: out.map(port), returning: returning.length > 0, back: returning.map(port) };
};
