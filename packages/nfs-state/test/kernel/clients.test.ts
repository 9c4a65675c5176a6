import { describe, expect, it } from 'vitest';
import { expiry, Head } from '../support/head.ts';

const hello = (name: string, verifier = '1', principal = 'someone') =>
  ({ type: 'setclientid', name, verifier, principal, callback: '' }) as const;

describe('clients', () => {
  it('keep id and opens when they say the same again, and confirm as often as they like', () => {
    const head = new Head();
    const client = head.client('anna');
    head.open(client, 'o', 'f');
    const again = head.do(hello('anna'));
    expect(again).toMatchObject({ status: 'OK', clientId: client });
    const confirm = { type: 'setclientid-confirm', client, confirm: again.confirm!, principal: 'someone' } as const;
    expect([head.do(confirm).status, head.do(confirm).status]).toEqual(['OK', 'OK']);
    expect(head.state.opens.size).toBe(1);
  });

  it('lose what they had once they confirm that they started again, and not before', () => {
    const head = new Head();
    const before = head.client('anna', '1');
    head.open(before, 'o', 'f');
    const { clientId, confirm } = head.do(hello('anna', '2'));
    expect(clientId).not.toBe(before);
    expect(head.state.opens.size).toBe(1);
    head.do({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal: 'someone' });
    expect(head.state.opens.size).toBe(0);
    expect(head.state.openOwners.size).toBe(0);
    expect(head.do({ type: 'renew', client: before }).status).toBe('STALE_CLIENTID');
    expect(head.do({ type: 'renew', client: clientId! }).status).toBe('OK');
  });

  it('cannot take the name of another who has something open', () => {
    const head = new Head();
    const anna = head.client('anna');
    expect(head.do(hello('anna', '1', 'mallory')).status).toBe('OK');
    head.open(anna, 'o', 'f');
    expect(head.do(hello('anna', '1', 'mallory')).status).toBe('CLID_INUSE');
  });

  it('confirm only with what they were given, and as who they are', () => {
    const head = new Head();
    const { clientId: client, confirm } = head.do(hello('anna'));
    const claim = { type: 'setclientid-confirm', client: client! } as const;
    expect(head.do({ ...claim, confirm: 'forged', principal: 'someone' }).status).toBe('STALE_CLIENTID');
    expect(head.do({ ...claim, confirm: confirm!, principal: 'mallory' }).status).toBe('CLID_INUSE');
    expect(head.do({ ...claim, client: 'nobody', confirm: confirm!, principal: 'someone' }).status).toBe(
      'STALE_CLIENTID',
    );
  });

  it('are turned away when there are too many, with nothing lost', () => {
    const head = new Head({ clientsMax: 1 });
    const anna = head.client('anna');
    expect(head.do(hello('ben')).status).toBe('RESOURCE');
    expect(head.do({ type: 'renew', client: anna }).status).toBe('OK');
  });

  it('that never confirm make room for others, the oldest first', () => {
    const head = new Head({ clientsMax: 2 });
    const [carl, dora] = [head.do(hello('carl')), head.do(hello('dora'))];
    const { clientId: client } = head.do(hello('anna'));
    expect(client).toBeDefined();
    const confirmed = ({ clientId, confirm }: typeof carl) =>
      head.do({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal: 'someone' }).status;
    expect([confirmed(carl), confirmed(dora)]).toEqual(['STALE_CLIENTID', 'OK']);
  });

  it('that ask anew before they confirm get another id, and the first is nobody', () => {
    const head = new Head();
    const [first, second] = [head.do(hello('anna')), head.do(hello('anna'))];
    expect(second.clientId).not.toBe(first.clientId);
    const confirm = { type: 'setclientid-confirm', principal: 'someone' } as const;
    expect(head.do({ ...confirm, client: first.clientId!, confirm: first.confirm! }).status).toBe('STALE_CLIENTID');
    expect(head.do({ ...confirm, client: second.clientId!, confirm: second.confirm! }).status).toBe('OK');
  });

  it('may confirm as before while a change of their callback is not confirmed, which counts from then on', () => {
    const head = new Head();
    const { clientId, confirm } = head.do(hello('anna'));
    const claim = { type: 'setclientid-confirm', client: clientId!, principal: 'someone' } as const;
    head.do({ ...claim, confirm: confirm! });
    const update = head.do({ ...hello('anna'), callback: 'elsewhere' });
    expect(update.clientId).toBe(clientId);
    expect(head.do({ ...claim, confirm: confirm! }).status).toBe('OK');
    expect(head.state.clients.get(clientId!)!.callback).toBe('');
    expect(head.do({ ...claim, confirm: update.confirm! }).status).toBe('OK');
    expect(head.state.clients.get(clientId!)!.callback).toBe('elsewhere');
    expect(head.do({ ...claim, confirm: confirm! }).status).toBe('STALE_CLIENTID');
  });

  it('of another principal take a name that holds nothing, and the one before is gone once they confirm', () => {
    const head = new Head();
    const anna = head.client('anna');
    const { clientId, confirm } = head.do(hello('anna', '1', 'mallory'));
    expect([clientId === anna, head.do({ type: 'renew', client: anna }).status]).toEqual([false, 'OK']);
    head.do({ type: 'setclientid-confirm', client: clientId!, confirm: confirm!, principal: 'mallory' });
    expect(head.do({ type: 'renew', client: anna }).status).toBe('STALE_CLIENTID');
  });

  it('that are gone leave nothing behind', () => {
    const head = new Head();
    const client = head.client('anna');
    const { stateid } = head.open(client, 'o', 'f');
    const lock = {
      type: 'lock-new',
      open: stateid!,
      openSeqid: 3,
      owner: 'l',
      lockSeqid: 1,
      lockType: 'write',
    } as const;
    head.do({ ...lock, range: { offset: 0n, length: 1n } });
    expect(head.do(expiry(client)).status).toBe('OK');
    const { state } = head;
    const left = [state.clients, state.names, state.holdings, state.opens, state.locks, state.files, state.lockOwners];
    expect([...left, state.openOwners, state.closed].map(({ size }) => size)).toEqual(new Array(9).fill(0));
    expect(head.do(expiry(client)).status).toBe('STALE_CLIENTID');
  });
});
