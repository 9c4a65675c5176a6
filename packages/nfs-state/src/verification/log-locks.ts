import type { LogEnv } from '../kernel/log-env.ts';
import type { LogPlan } from '../kernel/log-types.ts';
import { anything } from '../kernel/log-types.ts';

/** What clients ask in the worlds of the log: a lock service of one file, small enough to be explored. */
export type LockAsk =
  | { readonly kind: 'lock' | 'unlock'; readonly client: number; readonly turn: number }
  /** Do I hold it? As a read or write under a lock asks. */
  | { readonly kind: 'check'; readonly client: number }
  /** Something new, of which no answer is kept: done twice it would be there twice. */
  | { readonly kind: 'mark'; readonly mark: number }
  /** How many marks are there? The answer is kept, and rests on all that may change it. */
  | { readonly kind: 'count' };

export interface LockImage {
  /** 0: nobody. */
  readonly holder: number;
  /** The last turn of each client that was served. */
  readonly turns: readonly number[];
  readonly marks: readonly number[];
}

export type LockChange =
  | Exclude<LockAsk, { kind: 'check' | 'count' }>
  | { readonly kind: 'count'; readonly marks: number };
export type LockAnswer = 'done' | 'denied' | 'held' | 'not held';

export const emptyLocks = (clients: number): LockImage => ({
  holder: 0,
  turns: new Array<number>(clients + 1).fill(0),
  marks: [],
});

export function applyLock(image: LockImage, change: LockChange): LockImage {
  if (change.kind === 'count') return image;
  if (change.kind === 'mark') return { ...image, marks: [...image.marks, change.mark] };
  const { client, turn, kind } = change;
  return { ...image, holder: kind === 'lock' ? client : 0, turns: image.turns.with(client, turn) };
}

const says = (answer: LockAnswer, mayBeBehind: boolean, compares: readonly string[]): LogPlan => ({
  answer,
  change: undefined,
  takesAway: false,
  compares,
  touches: [],
  mayBeBehind,
});

export function planLock(image: LockImage, asked: LockAsk): LogPlan {
  if (asked.kind === 'mark') {
    return { answer: 'done', change: asked, takesAway: false, compares: [], touches: ['marks'], mayBeBehind: false };
  }
  if (asked.kind === 'count') {
    const change = { kind: 'count', marks: image.marks.length };
    return { answer: 'done', change, takesAway: false, compares: [anything], touches: [], mayBeBehind: false };
  }
  const { kind, client } = asked;
  const isHolder = image.holder === client;
  if (kind === 'check') return says(isHolder ? 'held' : 'not held', !isHolder, ['file']);
  const self = `client ${client}`;
  if (asked.turn <= image.turns[client]!) return says('done', false, [self]);
  if (kind === 'lock' ? image.holder !== 0 && !isHolder : !isHolder) return says('denied', true, [anything]);
  const keys = ['file', self];
  return {
    answer: 'done',
    change: asked,
    takesAway: kind === 'unlock',
    compares: keys,
    touches: keys,
    mayBeBehind: false,
  };
}

type LockService = Pick<LogEnv, 'plan' | 'apply' | 'save' | 'load' | 'empty' | 'bytesOf' | 'tooLarge'>;

export const lockService = (clients: number): LockService => ({
  plan: (image, asked) => planLock(image as LockImage, asked as LockAsk),
  apply: (image, change) => applyLock(image as LockImage, change as LockChange),
  save: (image) => image,
  load: (saved) => saved,
  empty: () => emptyLocks(clients),
  bytesOf: () => 1,
  tooLarge: () => 'denied' satisfies LockAnswer,
});
