import type { CallSpec, WorldView } from '@holdfast/simulation';
import { nobody } from '../kernel/log-types.ts';
import type { MinorVersion } from '../kernel/state-types.ts';
import { recalledIn } from './abstract-head.ts';
import type { Act, ClientState } from './nfs-client.ts';
import {
  clientIds,
  clientPart,
  clientsCount,
  headPart,
  headsCount,
  leasePart,
  logPart,
  mailPart,
} from './nfs-parts.ts';
import { clientOf, headOf, headsOf, isUnderWay, logOf, mailOf, type NfsScenario, stateOf } from './nfs-scenario.ts';

const letters = ['', 'r', 'w', 'rw'] as const;

function nameOf(act: Act): string {
  switch (act.kind) {
    case 'open':
    case 'reclaim':
    case 'downgrade':
      return `${act.kind}s ${letters[act.access]}${act.deny === 0 ? '' : ` and denies ${letters[act.deny]}`}`;
    case 'close':
    case 'renew':
    case 'leave':
      return `${act.kind}s`;
    case 'return':
      return 'returns its delegation';
    case 'get-layout':
      return 'gets a layout';
    case 'return-layout':
      return 'returns its layout';
    case 'cut-off':
      return 'cuts the file off';
    case 'done':
      return 'has reclaimed all it will';
    case 'new-session':
      return 'makes another session';
    case 'end-session':
      return 'ends its session';
    case 'skip':
      return 'skips a number';
    case 'lock':
      return `locks ${act.start}-${act.end} to ${act.lockType}`;
    case 'unlock':
      return `unlocks ${act.start}-${act.end}`;
  }
}

/** What a client that keeps to the rules would ask in its state. */
function makesSense(state: ClientState, act: Act, minor: MinorVersion): boolean {
  if (minor === 1 && state.session === null && act.kind !== 'new-session') return false;
  switch (act.kind) {
    case 'open':
    case 'reclaim':
      return (act.access & ~state.access) !== 0 || (act.deny & ~state.deny) !== 0;
    case 'downgrade':
      return state.open !== null && (state.access !== act.access || state.deny !== act.deny);
    case 'renew':
    case 'new-session':
    case 'end-session':
      return true;
    case 'skip':
      return !state.slow;
    case 'done':
      return !state.isDone;
    case 'leave':
      return state.open === null;
    case 'return':
      return state.delegation !== null;
    case 'get-layout':
      return state.open !== null && !state.hadLayout;
    case 'return-layout':
      return state.layout !== null;
    case 'cut-off':
      return true;
    case 'close':
    case 'lock':
      return state.open !== null;
    case 'unlock':
      return state.lock !== null;
  }
}

const mayAct = (view: WorldView, client: number, { acts }: NfsScenario): boolean => {
  const state = clientOf(view, client);
  return state.out === null && state.issued < acts && headOf(view, state.home).serving;
};

function clientCalls(scenario: NfsScenario, client: number): CallSpec[] {
  const { menus, repeats = 0, roams = false, cuts = 0 } = scenario;
  const id = clientIds[client]!;
  const part = clientPart(client);
  const calls: CallSpec[] = menus[client]!.map((act) => ({
    label: `${id} ${nameOf(act)}`,
    node: 0,
    part,
    times: 'unlimited',
    event: () => ({ type: 'act', act }),
    when: (view) => mayAct(view, client, scenario) && makesSense(clientOf(view, client), act, scenario.minor),
  }));
  calls.push({
    label: `${id} asks again`,
    node: 0,
    part,
    times: 'unlimited',
    event: () => ({ type: 'again' }),
    when: (view) => {
      const { out, home } = clientOf(view, client);
      return out !== null && !isUnderWay(view, client) && headOf(view, home).serving;
    },
  });
  if (cuts > 0) {
    calls.push({
      label: `${id} gives its head up`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'give-up' }),
      when: (view) => {
        const { home } = clientOf(view, client);
        const { cut, members } = logOf(view);
        return home === cut && !members[cut] && headOf(view, 1 - home).serving;
      },
    });
  }
  if (client === 0 && roams) {
    calls.push({
      label: `${id} turns to the other head`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'turn' }),
      when: (view) => mayAct(view, client, scenario) && headOf(view, 1 - clientOf(view, client).home).serving,
    });
  }
  if (client !== 0 || repeats === 0) return calls;
  calls.push(
    {
      label: `the head is slow for ${id}`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'slow' }),
      when: (view) => {
        const { slow, spare, home } = clientOf(view, client);
        return mayAct(view, client, scenario) && !slow && spare > 0 && headOf(view, 1 - home).serving;
      },
    },
    {
      label: `${id} asks the other head too`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'repeat' }),
      when: (view) => {
        const { out, home, spare } = clientOf(view, client);
        return out?.sent === 1 && out.act.kind !== 'skip' && spare > 0 && headOf(view, 1 - home).serving;
      },
    },
  );
  return calls;
}

/** Whether what the other head says arrives. */
const hears = (view: WorldView, head: number): boolean => headOf(view, head).up && logOf(view).cut === nobody;

function headCalls(
  { minor, kills = 0, restarts = 0, cuts = 0, hasLeases = false, pauses = 0, delegates = false, grace }: NfsScenario,
  head: number,
): CallSpec[] {
  const part = headPart(head);
  const calls: CallSpec[] = [
    {
      label: `head ${head} applies a record`,
      node: 0,
      part: logPart,
      times: 'unlimited',
      event: () => ({ type: 'deliver', head }),
      when: (view) => {
        const { members, at, tail, cut } = logOf(view);
        return members[head]! && cut !== head && headOf(view, head).up && at[head]! < tail.length;
      },
    },
    {
      label: `head ${head} goes on`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'resume' }),
      when: (view) => {
        const { up, serving, pending } = headOf(view, head);
        return up && serving && pending.some(({ phase }) => phase === 'held');
      },
    },
  ];
  if (hasLeases) {
    calls.push({
      label: `head ${head} hears of the other's leases`,
      node: 0,
      part: mailPart,
      times: 'unlimited',
      event: () => ({ type: 'deliver', to: head }),
      when: (view) => hears(view, head) && mailOf(view).to[head]!.length > 0,
    });
    calls.push({
      label: `head ${head} hears of a renewal`,
      node: 0,
      part: mailPart,
      times: 'unlimited',
      event: () => ({ type: 'deliver-renewal', to: head }),
      when: (view) => hears(view, head) && mailOf(view).renewals[head]!.length > 0,
    });
  }
  if (minor === 1) {
    calls.push({
      label: `head ${head} hears of a step`,
      node: 0,
      part: mailPart,
      times: 'unlimited',
      event: () => ({ type: 'deliver-step', to: head }),
      when: (view) => hears(view, head) && mailOf(view).steps[head]!.length > 0,
    });
  }
  if (delegates) {
    calls.push({
      label: `head ${head} takes what was not returned`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'revoke' }),
      when: (view) => {
        const { serving, image, pending } = headOf(view, head);
        const isUnderWay = pending.some(({ token }) => token.startsWith('revoke'));
        return serving && !isUnderWay && recalledIn(stateOf(image)) !== undefined;
      },
    });
  }
  if (grace !== undefined) {
    calls.push({
      label: `head ${head} ends the grace period`,
      node: 0,
      part,
      times: 'unlimited',
      event: () => ({ type: 'end-grace' }),
      when: (view) => {
        const { serving, image, pending } = headOf(view, head);
        return serving && stateOf(image).grace !== undefined && !pending.some(({ token }) => token === 'end-grace');
      },
    });
  }
  if (pauses > 0) {
    calls.push({
      label: `head ${head} was paused`,
      node: 0,
      part: leasePart(head),
      times: pauses,
      event: () => ({ type: 'paused' }),
      when: (view) => headOf(view, head).serving,
    });
  }
  if (cuts > 0) calls.push(...cutCalls(cuts, head));
  if (kills === 0) return calls;
  calls.push({
    label: `head ${head} dies`,
    node: 0,
    part,
    times: 'unlimited',
    event: () => ({ type: 'die' }),
    when: (view) =>
      logOf(view).cut === nobody && headsOf(view).every(({ up, serving }) => up && serving) && lives(view) < kills,
  });
  if (restarts === 0) return calls;
  calls.push({
    label: `head ${head} starts again`,
    node: 0,
    part,
    times: 'unlimited',
    event: () => ({ type: 'start' }),
    when: (view) => !headOf(view, head).up,
  });
  return calls;
}

/** A head is cut off, serves nothing once its right is over, and is back some time. */
function cutCalls(cuts: number, head: number): CallSpec[] {
  const log = { node: 0, part: logPart, times: 'unlimited' } as const;
  return [
    {
      ...log,
      label: `head ${head} is cut off`,
      event: () => ({ type: 'cut', head }),
      when: (view) => {
        const known = logOf(view);
        return known.cut === nobody && known.cuts < cuts && headsOf(view).every(({ up, serving }) => up && serving);
      },
    },
    {
      ...log,
      part: headPart(head),
      label: `head ${head} heard nothing for too long`,
      event: () => ({ type: 'lapse' }),
      when: (view) => logOf(view).cut === head && !headOf(view, head).out,
    },
    {
      ...log,
      label: `nobody waits for head ${head} any more`,
      event: () => ({ type: 'go-on' }),
      when: (view) => logOf(view).cut === head && logOf(view).members[head]! && headOf(view, head).out,
    },
    {
      ...log,
      label: `head ${head} is heard again`,
      event: () => ({ type: 'rejoin' }),
      when: (view) => logOf(view).cut === head && !logOf(view).members[head],
    },
  ];
}

/** Deaths so far: each life that ended. */
const lives = (view: WorldView): number => headsOf(view).reduce((sum, { life, up }) => sum + life + (up ? 0 : 1), 0);

export function nfsCalls(scenario: NfsScenario): CallSpec[] {
  const calls: CallSpec[] = [];
  for (let client = 0; client < clientsCount; client++) calls.push(...clientCalls(scenario, client));
  for (let head = 0; head < headsCount; head++) calls.push(...headCalls(scenario, head));
  return calls;
}
