import type { AbsenceMode } from '../kernel/object-types.ts';

/** A call for shared (`get`) or exclusive (`grab`) access. */
interface Access {
  readonly type: 'get' | 'grab';
  readonly absence: AbsenceMode;
  readonly try: boolean;
  /** The lease ends in the step in which it is given. */
  readonly atOnce: boolean;
}

/** What a call step does, by its `op`. */
export type Operation =
  | Access
  | { readonly type: 'prefetch'; readonly kind: 'read' | 'write'; readonly absence: 'touch' | 'no-touch' }
  | { readonly type: 'execute'; readonly absence: 'touch' | 'no-touch' }
  | { readonly type: 'find' | 'put' | 'set' | 'flush' | 'evict' | 'sync' | 'remove' | 'watch' };

const access = (type: Access['type'], absence: AbsenceMode, more: Partial<Access> = {}): Access => ({
  type,
  absence,
  try: false,
  atOnce: false,
  ...more,
});

/** Every operation by the name documents use. */
const operations: ReadonlyMap<string, Operation> = new Map<string, Operation>([
  ['read', access('get', 'touch', { atOnce: true })],
  ['readNoTouch', access('get', 'no-touch', { atOnce: true })],
  ['write', access('grab', 'touch', { atOnce: true })],
  ['get', access('get', 'touch')],
  ['getNoTouch', access('get', 'no-touch')],
  ['getManual', access('get', 'manual')],
  ['grab', access('grab', 'touch')],
  ['grabNoTouch', access('grab', 'no-touch')],
  ['grabManual', access('grab', 'manual')],
  ['tryGrab', access('grab', 'touch', { try: true })],
  ['tryGrabNoTouch', access('grab', 'no-touch', { try: true })],
  ['tryGrabManual', access('grab', 'manual', { try: true })],
  ['prefetch', { type: 'prefetch', kind: 'read', absence: 'touch' }],
  ['prefetchNoTouch', { type: 'prefetch', kind: 'read', absence: 'no-touch' }],
  ['prefetchWrite', { type: 'prefetch', kind: 'write', absence: 'touch' }],
  ['prefetchWriteNoTouch', { type: 'prefetch', kind: 'write', absence: 'no-touch' }],
  ['execute', { type: 'execute', absence: 'touch' }],
  ['executeNoTouch', { type: 'execute', absence: 'no-touch' }],
  ['find', { type: 'find' }],
  ['put', { type: 'put' }],
  ['set', { type: 'set' }],
  ['flush', { type: 'flush' }],
  ['evict', { type: 'evict' }],
  ['sync', { type: 'sync' }],
  ['remove', { type: 'remove' }],
  ['watch', { type: 'watch' }],
]);

export const operationNames: readonly string[] = [...operations.keys()];

/** `getNoTouch`, `get_no_ft`, `get-no-first-touch` and Kerrighed's `_kddm_get_object_no_ft` are one; `async_get` is prefetch. */
const plain = (name: string): string =>
  name
    .toLowerCase()
    .replaceAll(/[^a-z]/g, '')
    .replace(/^kddm/, '')
    .replace('object', '')
    .replace('firsttouch', 'ft')
    .replace('touch', 'ft')
    .replace('manualft', 'manual')
    .replace('asyncget', 'prefetch')
    .replace('asyncgrab', 'prefetchwrite');

const byPlainName: ReadonlyMap<string, Operation> = new Map(
  [...operations].map(([name, operation]) => [plain(name), operation]),
);

/** The operation of a name or one of its other spellings. */
export function operationOf(name: string): Operation | undefined {
  return byPlainName.get(plain(name));
}
