import type { ConnectionEnv } from './connection-env.ts';
import type {
  Agreement,
  ClientNeed,
  ClientRefusal,
  ConnectionState,
  InboxCell,
  PortGrant,
} from './connection-types.ts';

/** What both sides agreed on, worked out alike on both from the two needs and the links each can use. */
export function agreementOf(state: ConnectionState, heard: InboxCell, env: ConnectionEnv): Agreement {
  return {
    self: state.endpoint,
    peer: state.peer,
    version: state.version,
    links: env.links.filter((link) => heard.links.includes(link)),
    plan: planOf(state.needs, heard.needs, env),
  };
}

/** Clients that both sides have, with the smaller of the two needs, by client. */
function planOf(here: readonly ClientNeed[], there: readonly ClientNeed[], env: ConnectionEnv): ClientNeed[] {
  const plan: ClientNeed[] = [];
  for (const { client, ports, bytesPerPort } of here) {
    const other = there.find((need) => need.client === client);
    if (other === undefined) continue;
    plan.push({
      client,
      ports: env.rules.smaller(ports, other.ports),
      bytesPerPort: env.rules.smaller(bytesPerPort, other.bytesPerPort),
    });
  }
  return plan.sort((a, b) => a.client - b.client);
}

/** Clients of this side that get no ports, and why; the others are not held up by them. */
export function refusalsOf(state: ConnectionState, heard: InboxCell): ClientRefusal[] {
  const refusals: ClientRefusal[] = [];
  for (const { client } of state.needs) {
    if (!heard.needs.some((need) => need.client === client)) refusals.push({ client, why: 'no-counterpart' });
    else if (!has(state.grants, client)) refusals.push({ client, why: 'refused-here' });
    else if (!has(heard.grants, client)) refusals.push({ client, why: 'refused-by-peer' });
  }
  return refusals;
}

const has = (grants: readonly PortGrant[], client: number): boolean => grants.some((grant) => grant.client === client);
