import type { StateBounds } from '../limits.ts';
import { askedRange, isWithin, rangeOf, without, withRange } from './lock-ranges.ts';
import { refuse } from './owner-turns.ts';
import { delegationOf } from './plan-delegations.ts';
import { mayGet } from './plan-grace.ts';
import {
  type ClientId,
  type Delta,
  type FileId,
  type Layout,
  type LockedRange,
  type Mint,
  type NfsState,
  type Operation,
  type Plan,
  type Stateid,
  type Status,
  shareWrite,
} from './state-types.ts';
import { isNewer, isOlder, locksOf, mintKey, nextSeqid, openOf, unknownStateid } from './stateids.ts';

type Asked<Type extends Operation['type']> = Extract<Operation, { type: Type }>;

const layoutBy = (state: NfsState, file: FileId, client: ClientId): Layout | undefined =>
  [...(state.files.get(file)?.layouts ?? [])]
    .map((key) => state.layouts.get(key)!)
    .find((held) => held.client === client);

/**
 * The layout that its own stateid names (RFC 8881, 12.5.3): never by a seqid of zero, because requests may overtake each
 * other. A seqid may be older, since several are sent at once, but not from before a recall that the client has not heard of.
 */
export function layoutOf(state: NfsState, stateid: Stateid, client: ClientId, mint: Mint): Layout | Status {
  const found = state.layouts.get(stateid.key);
  if (found === undefined) return unknownStateid(state, stateid, mint);
  const { seqid } = stateid;
  if (found.client !== client || seqid === 0 || isNewer(seqid, found.seqid)) return 'BAD_STATEID';
  return found.recalledAt !== undefined && isOlder(seqid, found.recalledAt) ? 'OLD_STATEID' : found;
}

/** Whether the client may ask for the first layout of a file: under an open, locks or a delegation that allow as much. */
function mayBegin(state: NfsState, { client, file, stateid, mode }: Asked<'layout-get'>, mint: Mint): Status {
  const { key } = stateid;
  if (state.delegations.has(key) || state.revoked.has(key)) {
    const held = delegationOf(state, stateid, mint);
    if (typeof held === 'string') return held;
    if (held.client !== client || held.file !== file) return 'BAD_STATEID';
    return mode === 'write' && held.type === 'read' ? 'OPENMODE' : 'OK';
  }
  const found = state.locks.has(key) ? locksOf(state, stateid, mint) : openOf(state, stateid, mint);
  if (typeof found === 'string') return found;
  const open = 'ranges' in found ? state.opens.get(found.open)! : found;
  if (open.client !== client || open.file !== file) return 'BAD_STATEID';
  return mode === 'write' && (open.access & shareWrite) === 0 ? 'OPENMODE' : 'OK';
}

/** LAYOUTGET (RFC 8881, 18.43): the bytes asked for, added to what the client has of the file. */
export function planLayoutGet(state: NfsState, asked: Asked<'layout-get'>, mint: Mint, bounds: StateBounds): Plan {
  const { client, file, stateid, mode, minLength } = asked;
  const minor = state.clients.get(client)?.minor;
  if (minor === undefined) return refuse('STALE_CLIENTID');
  if (minor === 0) return refuse('NOTSUPP');
  const allowed = mayGet(state, client, false);
  if (allowed !== 'OK') return refuse(allowed);
  const range = rangeOf(asked.range);
  if (typeof range === 'string') return refuse(range);
  if (minLength < 0n || minLength > range.end - range.start) return refuse('INVAL');
  const held = layoutBy(state, file, client);
  if (state.layouts.has(stateid.key)) {
    const named = layoutOf(state, stateid, client, mint);
    if (typeof named === 'string') return refuse(named);
    if (named !== held) return refuse('BAD_STATEID');
  } else {
    const status = mayBegin(state, asked, mint);
    if (status !== 'OK') return refuse(status);
  }
  if (held?.recalledAt !== undefined) return refuse('RECALLCONFLICT');
  const { layouts } = state.holdings.get(client)!;
  if (held === undefined && layouts.size >= bounds.layoutsPerClientMax) return refuse('LAYOUTTRYLATER');
  const before = held ?? { key: mintKey(mint), client, file, seqid: 0, ranges: [], recalledAt: undefined };
  const layout = { ...before, seqid: nextSeqid(before.seqid), ranges: added(before.ranges, { ...range, type: mode }) };
  if (layout.ranges.length > bounds.rangesPerFileMax) return refuse('LAYOUTTRYLATER');
  return {
    reply: { status: 'OK', stateid: { key: layout.key, seqid: layout.seqid }, layout: { ...askedRange(range), mode } },
    deltas: [{ type: 'layout', layout }],
  };
}

/** What may be written stays so where it is asked for to be read. */
function added(ranges: readonly LockedRange[], wanted: LockedRange): LockedRange[] {
  if (wanted.type === 'write') return withRange(ranges, wanted, 'write');
  const written = ranges.filter(({ type }) => type === 'write');
  return written.reduce((sum, range) => withRange(sum, range, 'write'), withRange(ranges, wanted, 'read'));
}

/** LAYOUTRETURN of a file (RFC 8881, 18.44), of whatever part of it the client has. With the last part the stateid is gone. */
export function planLayoutReturn(state: NfsState, asked: Asked<'layout-return'>, mint: Mint): Plan {
  const { client, file, stateid, mode } = asked;
  const held = layoutOf(state, stateid, client, mint);
  if (typeof held === 'string') return refuse(held);
  if (held.file !== file) return refuse('BAD_STATEID');
  const range = rangeOf(asked.range);
  if (typeof range === 'string') return refuse(range);
  const ranges = held.ranges.flatMap((each) =>
    mode === 'any' || each.type === mode ? without([each], range) : [each],
  );
  if (ranges.length === 0) return { reply: { status: 'OK' }, deltas: [{ type: 'layout-gone', key: held.key }] };
  const layout = { ...held, ranges, seqid: nextSeqid(held.seqid) };
  const reply = { status: 'OK', stateid: { key: layout.key, seqid: layout.seqid } } as const;
  return { reply, deltas: [{ type: 'layout', layout }] };
}

export function planLayoutReturnAll(state: NfsState, { client }: Asked<'layout-return-all'>): Plan {
  const holdings = state.holdings.get(client);
  if (holdings === undefined) return refuse('STALE_CLIENTID');
  return { reply: { status: 'OK' }, deltas: [...holdings.layouts].map((key) => ({ type: 'layout-gone', key })) };
}

/** LAYOUTCOMMIT (RFC 8881, 18.42): also while the layout is asked back, because that is what the client does first. */
export function planLayoutCommit(state: NfsState, asked: Asked<'layout-commit'>, mint: Mint): Plan {
  const held = layoutBy(state, asked.file, asked.client);
  if (held === undefined) return refuse('BADLAYOUT');
  const named = layoutOf(state, asked.stateid, asked.client, mint);
  // A recall that the client has not heard of takes nothing from it yet.
  if (typeof named === 'string' && named !== 'OLD_STATEID') return refuse(named);
  if (typeof named !== 'string' && named !== held) return refuse('BAD_STATEID');
  return refuse(held.ranges.some(({ type }) => type === 'write') ? 'OK' : 'BADIOMODE');
}

/** What a data server asks before it reads or writes for a client (RFC 8881, 13.6): nothing of this is in the stateid. */
export function planLayoutIo(state: NfsState, { client, file, write, range: asked }: Asked<'layout-io'>): Plan {
  const range = rangeOf(asked);
  if (typeof range === 'string') return refuse(range);
  const held = layoutBy(state, file, client);
  const isCovered = held !== undefined && isWithin({ ...range, type: write ? 'write' : 'read' }, held.ranges);
  return refuse(isCovered ? 'OK' : 'PNFS_NO_LAYOUT');
}

/** CB_LAYOUTRECALL is due for what gets a mark (RFC 8881, 20.3): its stateid is one further than the client knows. */
export function planLayoutRecall(state: NfsState, { file, except, takes = false }: Asked<'layout-recall'>): Plan {
  const held = [...(state.files.get(file)?.layouts ?? [])]
    .map((key) => state.layouts.get(key)!)
    .filter(({ client }) => client !== except);
  const deltas: Delta[] = held
    .filter(({ recalledAt }) => recalledAt === undefined)
    .map((layout) => {
      const seqid = nextSeqid(layout.seqid);
      const recalled = { ...layout, seqid, recalledAt: seqid, ...(takes && { isTakenByAsker: true }) };
      return { type: 'layout', layout: recalled };
    });
  return { reply: { status: held.length === 0 ? 'OK' : 'DELAY' }, deltas };
}

export function planLayoutRevoke(state: NfsState, { key }: Asked<'layout-revoke'>): Plan {
  if (state.layouts.get(key)?.recalledAt === undefined) return refuse('BAD_STATEID');
  return { reply: { status: 'OK' }, deltas: [{ type: 'layout-gone', key }] };
}
