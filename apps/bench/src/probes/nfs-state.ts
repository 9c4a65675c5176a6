/** What a head keeps for each open, and for each lock under it. Argument: opens. */
import {
  applyDelta,
  emptyNfsState,
  type Operation,
  planOperation,
  type Reply,
  type Stateid,
  stateBoundsDefault,
} from '@holdfast/nfs-state';
import { numbers } from './arguments.ts';
import { collectGarbage, heldBytes } from './memory.ts';

const [opens = 100_000] = numbers();
/** Each keeps one reply for its last operation: so many opens of each that it does not count. */
const opensPerOwner = 1000;

const state = emptyNfsState();
let minted = 0n;
const mint = { epoch: 1, node: 0, next: () => ++minted };

const here = { isLapsed: () => false, canRecall: () => false, self: 'probe' };

function take(operation: Operation): Reply {
  const { reply, deltas } = planOperation(state, operation, mint, stateBoundsDefault, here);
  // As they come from the log: with copies of their own of every name.
  for (const delta of structuredClone(deltas)) applyDelta(state, delta);
  if (reply.status !== 'OK') throw new Error(`${operation.type} was answered ${reply.status}`);
  return reply;
}

const named = take({ type: 'setclientid', name: 'c', verifier: '1', principal: 'p', callback: '' });
const client = named.clientId!;
take({ type: 'setclientid-confirm', client, confirm: named.confirm!, principal: 'p' });

const seqids = new Uint32Array(Math.ceil(opens / opensPerOwner));
const next = (owner: number): number => ++seqids[owner]!;
const ownerOf = (nth: number): number => Math.floor(nth / opensPerOwner);

/** The stateids are the client's, and not counted: all of them exist before the first look. */
const opened: Stateid[] = Array.from({ length: opens }, () => ({ seqid: 0, key: '' }));
await collectGarbage();
const before = heldBytes();
for (let nth = 0; nth < opens; nth++) {
  const number = ownerOf(nth);
  const owner = `o${number}`;
  const reply = take({ type: 'open', client, owner, seqid: next(number), file: `f${nth}`, access: 3, deny: 0 });
  opened[nth] = reply.stateid!;
  if (nth % opensPerOwner > 0) continue;
  opened[nth] = take({ type: 'open-confirm', stateid: reply.stateid!, seqid: next(number) }).stateid!;
}
await collectGarbage();
const withOpens = heldBytes();
for (let nth = 0; nth < opens; nth++) {
  take({
    type: 'lock-new',
    open: opened[nth]!,
    openSeqid: next(ownerOf(nth)),
    owner: `l${ownerOf(nth)}`,
    lockSeqid: (nth % opensPerOwner) + 1,
    lockType: 'write',
    range: { offset: 0n, length: 10n },
  });
}
await collectGarbage();
const withLocks = heldBytes();
console.log(JSON.stringify({ open: (withOpens - before) / opens, lock: (withLocks - withOpens) / opens }));
if (state.opens.size !== opens) throw new Error('opens are missing');
