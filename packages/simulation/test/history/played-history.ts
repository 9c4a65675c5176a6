import type { Operation, RegisterCall, RegisterResult, RegisterValue } from '@holdfast/simulation';

export interface PlayOptions {
  readonly seed: number;
  readonly calls: number;
  readonly objects: number;
  /** Calls open at one time on each object. */
  readonly clients: number;
  readonly kinds: readonly RegisterCall['type'][];
  /** Per call: its client is never answered; it takes effect late, or never. */
  readonly unanswered?: number;
  /** Values to choose from, or a new one for each write. */
  readonly values?: readonly RegisterValue[];
}

export type RegisterOperation = Operation<RegisterCall, RegisterResult>;

/** Small numbers from a seed, the same everywhere. */
export function numbersFrom(seed: number): (below: number) => number {
  let state = seed >>> 0;
  return (below) => {
    state = (Math.imul(state, 1664525) + 1013904223) >>> 0;
    return Math.floor((state / 2 ** 32) * below);
  };
}

/** A history of registers that are used by many at once and take each call at one moment: linearizable as it is made. */
export function playHistory({ seed, calls, objects, clients, kinds, ...more }: PlayOptions): RegisterOperation[] {
  const draw = numbersFrom(seed);
  const values = new Array<RegisterValue>(objects).fill(null);
  const history: RegisterOperation[] = [];
  const due: { at: number; act: () => void }[] = [];
  const freeAt = Array.from({ length: objects }, () => new Array<number>(clients).fill(0));
  let written = 0;
  const newValue = (): RegisterValue => more.values?.[draw(more.values.length)] ?? `v${++written}`;
  for (let made = 0; made < calls; made++) {
    const key = draw(objects);
    const client = draw(clients);
    const invoked = freeAt[key]![client]! + draw(20);
    const effect = invoked + draw(50);
    const at = effect + draw(50);
    freeAt[key]![client] = at + 1;
    const call = callOf(kinds[draw(kinds.length)]!, newValue, () => values[key]!);
    const isLost = draw(1000) < 1000 * (more.unanswered ?? 0);
    const takesEffect = !isLost || draw(2) === 0;
    due.push({
      at: isLost ? effect + draw(200) : effect,
      act: () => {
        const result: RegisterResult = takesEffect ? apply(values, key, call) : {};
        history.push({
          key,
          process: client,
          call,
          invoked,
          ...(!isLost && { end: { outcome: 'answered', at, result } as const }),
        });
      },
    });
  }
  for (const { act } of due.sort((a, b) => a.at - b.at)) act();
  return history;
}

function callOf(type: RegisterCall['type'], newValue: () => RegisterValue, present: () => RegisterValue): RegisterCall {
  switch (type) {
    case 'set':
    case 'exchange':
      return { type, value: newValue() };
    case 'compare':
      return { type, expected: present(), value: newValue() };
    default:
      return { type };
  }
}

function apply(values: RegisterValue[], key: number, call: RegisterCall): RegisterResult {
  const saw = values[key]!;
  switch (call.type) {
    case 'set':
      values[key] = call.value;
      return {};
    case 'exchange':
      values[key] = call.value;
      return { saw };
    case 'compare':
      if (saw === call.expected) values[key] = call.value;
      return { did: saw === call.expected };
    case 'remove':
      values[key] = null;
      return { did: saw !== null };
    default:
      return { saw };
  }
}
