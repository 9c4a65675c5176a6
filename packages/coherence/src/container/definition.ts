import type { MemberName } from '@holdfast/runtime/service';
import { z } from 'zod';
import { ContainerDefinitionError } from '../errors.ts';
import { containerNameCharsMax, loadMsDefault, storeMsDefault, valueBytesDefault, valueBytesMax } from '../limits.ts';

/**
 * Where an object is looked for first, which owns it while it does not exist. The same answer on all nodes.
 * - `hash`: spread over the nodes by rendezvous hash (Thaler and Ravishankar, 1998)
 * - `fixed`: one node for all keys
 * - `creator`: the node that made the key by `newKey()`; other keys are refused
 * - a function of the key and the names of the nodes: pure, and the same everywhere
 */
export type DefaultOwner<Key> =
  | 'hash'
  | 'creator'
  | { readonly fixed: MemberName }
  | ((key: Key, nodes: readonly MemberName[]) => MemberName);

/** How objects come from somewhere else and go there. Each hook runs on the node it is needed on. */
export interface ContainerSource<Key, Value> {
  /**
   * The first value of an object that is touched and does not exist; undefined when there is none there either. Bounded
   * by `loadMs`: its signal aborts then.
   */
  load?(key: Key, signal: AbortSignal): Value | undefined | Promise<Value | undefined>;
  /**
   * Write a value out, in order of versions: on the default owner where `sync` or `writeBehindMs` ask for it, on the writer
   * with `writeThrough`. Bounded by `storeMs`: its signal aborts then, and what it may still do is no longer waited for.
   */
  store?(key: Key, value: Value, signal: AbortSignal): void | Promise<void>;
  /**
   * The object was removed: so is its value. Runs on the default owner, after the removal; with `writeThrough` on the member
   * that removes, before it.
   */
  erase?(key: Key): void | Promise<void>;
  /** After the stores asked for by `sync`: make them durable. */
  sync?(key: Key): void | Promise<void>;
  /** How long after a write its value is stored, in ms. Without it only `sync` stores. */
  readonly writeBehindMs?: number;
  /**
   * Each value is stored before its write lease ends, so that the source is never behind what anybody read; a write that
   * cannot be stored fails with HF_STORE, and the old value stands. An object whose only copies die with a node is not
   * lost then but loaded again. Asks for `load` and `store`.
   * @default false
   */
  readonly writeThrough?: boolean;
  /** This node no longer has a copy: somebody else writes it, it was removed, or it was evicted. */
  invalidate?(key: Key): void;
}

/** What the objects of a container may take on one member. */
export interface Budget {
  /** Of all values, encoded. */
  readonly bytes?: number | undefined;
  /** Values, of whatever size. */
  readonly objects?: number | undefined;
}

/**
 * An operation for `execute`: changes the draft in place, and answers what its caller gets. It runs on the node that owns
 * the object, and must not be asynchronous.
 */
export type Operation<Value> = (draft: Value, argument: never) => unknown;

export interface ContainerOptions<Key, Value, Operations> {
  /** Keys: strings, numbers, or anything whose encoding is the same whenever it means the same. */
  readonly key: z.ZodType<Key>;
  /** Values. The schema must accept what it hands on, because every new version is held against it. Or {@link pages}. */
  readonly value: z.ZodType<Value>;
  /** @default 'hash' */
  readonly defaultOwner?: DefaultOwner<Key>;
  /** What an object is when it is first touched. Without it and without `source.load`, untouched objects are absent. */
  readonly initial?: (key: Key) => Value;
  readonly source?: ContainerSource<Key, Value>;
  /** How long `source.load` may take, in ms. @default 10 000 */
  readonly loadMs?: number;
  /** How long `source.store` with `source.sync` may take, in ms. @default 10 000 */
  readonly storeMs?: number;
  /** Bytes a value may take, encoded. @default 1 MiB, at most 8 MiB */
  readonly valueBytesMax?: number;
  /** Readers of one node exclude each other too. @default false */
  readonly exclusiveReaders?: boolean;
  /** What the values may take on each member; what was not used lately is given up first. @default no bound */
  readonly budget?: Budget;
  /** Where an object begins and `source.load` runs: on the member that touches it first, or on its default owner. @default 'requester' */
  readonly firstTouch?: 'requester' | 'default-owner';
  /** Where each writer in turn reads first, a read brings the object itself: one transfer, not two. @default false */
  readonly migratory?: boolean;
  /**
   * 1: what is written is on a second node before anybody sees it, so that one death at a time loses nothing, for 2
   * messages and 1 payload a write. 0: a value whose only copies die is lost, and says so.
   * @default 0
   */
  readonly backup?: 0 | 1;
  /**
   * Members record what happens to the objects, from the first event on, for {@link Container.trace}. For finding out what
   * happened: calls that find a copy here take twice as long.
   * @default false
   */
  readonly trace?: boolean;
  /** What `execute` can call. */
  readonly operations?: Operations & { readonly [Name in keyof Operations]: Operation<Value> };
}

/**
 * A cluster-wide map of objects: shared by all modules that open it, on every member. `Missing` is undefined where a key
 * may have no object, and never where `initial` gives every key one.
 */
export interface ContainerDefinition<
  Key,
  Value,
  Operations = Record<never, never>,
  Missing extends undefined = undefined,
> {
  /** Only a type: whether a key may have no object. */
  readonly missing?: Missing;
  readonly name: string;
  readonly key: z.ZodType<Key>;
  readonly value: z.ZodType<Value>;
  readonly defaultOwner: DefaultOwner<Key>;
  readonly initial: ((key: Key) => Value) | undefined;
  readonly source: ContainerSource<Key, Value>;
  readonly loadMs: number;
  readonly storeMs: number;
  readonly valueBytesMax: number;
  readonly exclusiveReaders: boolean;
  readonly budget: Budget | undefined;
  readonly firstTouch: 'requester' | 'default-owner';
  readonly migratory: boolean;
  readonly backup: 0 | 1;
  readonly trace: boolean;
  readonly operations: Operations;
}

const hook = z.custom<(...args: never[]) => unknown>((value) => typeof value === 'function', 'Expected a function');
const schema = z.custom<z.ZodType>((value) => value instanceof z.ZodType, 'Expected a zod schema');

const hookMs = z
  .int()
  .min(1)
  .max(2 ** 31 - 1)
  .optional();

const optionsSchema = z.strictObject({
  key: schema,
  value: schema,
  defaultOwner: z.union([z.enum(['hash', 'creator']), z.strictObject({ fixed: z.string() }), hook]).optional(),
  initial: hook.optional(),
  source: z
    .strictObject({
      load: hook.optional(),
      store: hook.optional(),
      invalidate: hook.optional(),
      erase: hook.optional(),
      sync: hook.optional(),
      writeBehindMs: z.int().min(0).max(86_400_000).optional(),
      writeThrough: z.boolean().optional(),
    })
    .optional(),
  loadMs: hookMs,
  storeMs: hookMs,
  valueBytesMax: z.int().min(1).max(valueBytesMax).optional(),
  exclusiveReaders: z.boolean().optional(),
  firstTouch: z.enum(['requester', 'default-owner']).optional(),
  migratory: z.boolean().optional(),
  backup: z.union([z.literal(0), z.literal(1)]).optional(),
  trace: z.boolean().optional(),
  budget: z.strictObject({ bytes: z.int().min(1).optional(), objects: z.int().min(1).optional() }).optional(),
  operations: z.record(z.string().min(1), hook).optional(),
});

/**
 * Declare a container. Every member that uses it imports the same definition.
 * @throws ContainerDefinitionError (HF_CONTAINER)
 *
 * @example
 * ```ts
 * const Sessions = defineContainer('sessions', { key: z.string(), value: z.object({ hits: z.int() }) });
 * ```
 */
export function defineContainer<Key, Value, Operations = Record<never, never>>(
  name: string,
  options: ContainerOptions<Key, Value, Operations> & { readonly initial: (key: Key) => Value },
): ContainerDefinition<Key, Value, Operations, never>;
export function defineContainer<Key, Value, Operations = Record<never, never>>(
  name: string,
  options: ContainerOptions<Key, Value, Operations>,
): ContainerDefinition<Key, Value, Operations>;
export function defineContainer<Key, Value, Operations>(
  name: string,
  options: ContainerOptions<Key, Value, Operations>,
): ContainerDefinition<Key, Value, Operations> {
  if (typeof name !== 'string' || name.length === 0 || name.length > containerNameCharsMax) {
    throw new ContainerDefinitionError(
      'A container has no usable name.',
      `Use a string of 1 to ${containerNameCharsMax} characters.`,
    );
  }
  const parsed = optionsSchema.safeParse(options);
  if (!parsed.success) {
    const [issue] = parsed.error.issues;
    const problem = `Option ${issue?.path.join('.')} of container ${name}: ${issue?.message}.`;
    throw new ContainerDefinitionError(problem, 'See ContainerOptions.');
  }
  const { key, value, defaultOwner = 'hash', initial, source = {}, loadMs = loadMsDefault } = options;
  if (initial !== undefined && source.load !== undefined) {
    throw new ContainerDefinitionError(
      `Container ${name} has both initial and source.load.`,
      'Keep one: they say where a first value comes from.',
    );
  }
  const { load, store, writeThrough = false, writeBehindMs } = source;
  if (writeThrough && (load === undefined || store === undefined || writeBehindMs !== undefined)) {
    throw new ContainerDefinitionError(
      `Container ${name} cannot write through.`,
      'Give its source load and store, and leave writeBehindMs out.',
    );
  }
  const { trace = false } = options;
  if (trace && (options.backup === 1 || options.exclusiveReaders === true)) {
    throw new ContainerDefinitionError(
      `Container ${name} cannot be traced: scenarios know no ${options.backup === 1 ? 'place of a backup' : 'exclusive readers'}.`,
      'Leave trace out, or the other option.',
    );
  }
  return Object.freeze({
    name,
    key,
    value,
    defaultOwner,
    initial,
    source,
    loadMs,
    storeMs: options.storeMs ?? storeMsDefault,
    valueBytesMax: options.valueBytesMax ?? valueBytesDefault,
    exclusiveReaders: options.exclusiveReaders ?? false,
    budget: options.budget,
    firstTouch: options.firstTouch ?? 'requester',
    migratory: options.migratory ?? false,
    backup: options.backup ?? 0,
    trace,
    operations: options.operations ?? ({} as Operations),
  });
}
