import type { StateBounds } from '../limits.ts';
import { refuse } from './owner-turns.ts';
import {
  planConfirmClientId,
  planExpire,
  planKeep,
  planRenew,
  planRestartLeases,
  planSetClientId,
} from './plan-clients.ts';
import { planChangeFile, planReturn, planRevoke } from './plan-delegations.ts';
import { planEndGrace } from './plan-grace.ts';
import { planFree, planIo, testStateid } from './plan-io.ts';
import {
  planLayoutCommit,
  planLayoutGet,
  planLayoutIo,
  planLayoutRecall,
  planLayoutReturn,
  planLayoutReturnAll,
  planLayoutRevoke,
} from './plan-layouts.ts';
import { planLock, planLockNew, planLockTest, planReleaseLockOwner, planUnlock } from './plan-locks.ts';
import { planClose, planOpen, planOpenConfirm, planOpenDowngrade } from './plan-opens.ts';
import {
  planCreateSession,
  planDestroyClientId,
  planDestroySession,
  planExchangeId,
  planReclaimComplete,
} from './plan-sessions.ts';
import type { Here, Mint, NfsState, Operation, Plan } from './state-types.ts';

const nothing: Here = { isLapsed: () => false, canRecall: () => false, self: '' };

/**
 * What an operation comes to, and what would change: nothing is changed yet. Apply the deltas, all of them and in order,
 * wherever the state is kept, before anybody hears of the reply. `here`: what this head knows beside the state.
 */
export function planOperation(
  state: NfsState,
  operation: Operation,
  mint: Mint,
  bounds: StateBounds,
  here: Here = nothing,
): Plan {
  switch (operation.type) {
    case 'setclientid':
      return planSetClientId(state, operation, mint, bounds, here.isLapsed);
    case 'setclientid-confirm':
      return planConfirmClientId(state, operation);
    case 'exchange-id':
      return planExchangeId(state, operation, mint, bounds, here.isLapsed);
    case 'create-session':
      return planCreateSession(state, operation, mint, bounds, here.self);
    case 'bind-connection':
      return refuse(state.sessions.has(operation.session) ? 'OK' : 'BADSESSION');
    case 'destroy-session':
      return planDestroySession(state, operation);
    case 'destroy-clientid':
      return planDestroyClientId(state, operation);
    case 'reclaim-complete':
      return planReclaimComplete(state, operation);
    case 'renew':
      return planRenew(state, operation);
    case 'expire':
      return planExpire(state, operation);
    case 'keep':
      return planKeep(state, operation);
    case 'end-grace':
      return planEndGrace(state);
    case 'restart-leases':
      return planRestartLeases(state);
    case 'open':
      return planOpen(state, operation, mint, bounds, here);
    case 'delegation-return':
      return planReturn(state, operation, mint);
    case 'delegation-revoke':
      return planRevoke(state, operation);
    case 'free-stateid':
      return planFree(state, operation, mint);
    case 'test-stateid':
      return refuse(testStateid(state, operation, mint));
    case 'change-file':
      return planChangeFile(state, operation, here);
    case 'layout-get':
      return planLayoutGet(state, operation, mint, bounds);
    case 'layout-return':
      return planLayoutReturn(state, operation, mint);
    case 'layout-return-all':
      return planLayoutReturnAll(state, operation);
    case 'layout-commit':
      return planLayoutCommit(state, operation, mint);
    case 'layout-io':
      return planLayoutIo(state, operation);
    case 'layout-recall':
      return planLayoutRecall(state, operation);
    case 'layout-revoke':
      return planLayoutRevoke(state, operation);
    case 'open-confirm':
      return planOpenConfirm(state, operation, mint);
    case 'open-downgrade':
      return planOpenDowngrade(state, operation, mint);
    case 'close':
      return planClose(state, operation, mint);
    case 'lock-new':
      return planLockNew(state, operation, mint, {
        bounds,
        isLapsed: here.isLapsed,
        reclaims: operation.reclaim === true,
      });
    case 'lock':
      return planLock(state, operation, mint, {
        bounds,
        isLapsed: here.isLapsed,
        reclaims: operation.reclaim === true,
      });
    case 'unlock':
      return planUnlock(state, operation, mint, bounds);
    case 'lock-test':
      return planLockTest(state, operation, here.isLapsed);
    case 'release-lock-owner':
      return planReleaseLockOwner(state, operation);
    case 'io':
      return planIo(state, operation, mint, here);
  }
}
