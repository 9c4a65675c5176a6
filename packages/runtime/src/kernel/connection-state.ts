import type { Decoder, Encoder } from '@holdfast/kernel';
import type {
  ClientNeed,
  ConnectionStage,
  ConnectionState,
  InboxCell,
  OpenPhase,
  Operation,
  PortGrant,
  StatusPage,
} from './connection-types.ts';
import type { SessionEnd } from './session-types.ts';

export const openPhases: readonly OpenPhase[] = ['hello', 'initiated', 'agreed', 'told', 'created', 'ready', 'closing'];

export const connectionStages: readonly ConnectionStage[] = [
  'idle',
  'waiting',
  'reading',
  'incompatible',
  'writing',
  'confirming',
  'agreeing',
  'collecting',
  'telling',
  'matching',
  'creating',
  'handing',
  'pairing',
  'checking',
  'readying',
  'expecting',
  'open',
  'retained',
  'closing',
  'ending',
  'destroying',
  'abandoning',
];

const operations: readonly Operation[] = ['none', 'read', 'write', 'check', 'needs', 'ports'];
const ends: readonly (SessionEnd | 'none')[] = [
  'none',
  'closed',
  'drain-expired',
  'links-lost',
  'peer-dead',
  'peer-restarted',
  'peer-reset',
];

export function initialConnection(): ConnectionState {
  return {
    stage: 'idle',
    wanted: false,
    endpoint: 0,
    peer: 0,
    version: 0,
    phase: 'hello',
    saying: 'hello',
    operation: 'none',
    heard: undefined,
    needs: [],
    grants: [],
    portsExist: false,
    end: 'none',
    retries: 0,
    failures: 0,
    incompatibleSaid: false,
  };
}

export function encodeConnection(state: ConnectionState, into: Encoder): void {
  into.uint(connectionStages.indexOf(state.stage));
  into.flag(state.wanted);
  into.uint(state.endpoint);
  into.uint(state.peer);
  into.uint(state.version);
  into.uint(openPhases.indexOf(state.phase));
  into.uint(openPhases.indexOf(state.saying));
  into.uint(operations.indexOf(state.operation));
  into.flag(state.heard !== undefined);
  if (state.heard !== undefined) encodeCell(state.heard, into);
  into.list(state.needs, encodeNeed);
  into.list(state.grants, encodeGrant);
  into.flag(state.portsExist);
  into.uint(ends.indexOf(state.end));
  into.uint(state.retries);
  into.uint(state.failures);
  into.flag(state.incompatibleSaid);
}

export function decodeConnection(from: Decoder): ConnectionState {
  return {
    stage: connectionStages[from.uint()]!,
    wanted: from.flag(),
    endpoint: from.uint(),
    peer: from.uint(),
    version: from.uint(),
    phase: openPhases[from.uint()]!,
    saying: openPhases[from.uint()]!,
    operation: operations[from.uint()]!,
    heard: from.flag() ? decodeCell(from) : undefined,
    needs: from.list(decodeNeed),
    grants: from.list(decodeGrant),
    portsExist: from.flag(),
    end: ends[from.uint()]!,
    retries: from.uint(),
    failures: from.uint(),
    incompatibleSaid: from.flag(),
  };
}

export function encodeCell(cell: InboxCell, into: Encoder): void {
  into.uint(cell.from);
  into.uint(cell.to);
  into.uint(openPhases.indexOf(cell.phase));
  into.uint(cell.versionMin);
  into.uint(cell.versionMax);
  into.list(cell.links, writeUint);
  into.list(cell.needs, encodeNeed);
  into.list(cell.grants, encodeGrant);
}

export function decodeCell(from: Decoder): InboxCell {
  return {
    from: from.uint(),
    to: from.uint(),
    phase: openPhases[from.uint()]!,
    versionMin: from.uint(),
    versionMax: from.uint(),
    links: from.list(readUint),
    needs: from.list(decodeNeed),
    grants: from.list(decodeGrant),
  };
}

export function encodePage(page: StatusPage, into: Encoder): void {
  into.uint(page.endpoint);
  into.uint(page.versionMin);
  into.uint(page.versionMax);
  into.uint(openPhases.indexOf(page.phase));
  into.uint(page.seen);
}

export function decodePage(from: Decoder): StatusPage {
  return {
    endpoint: from.uint(),
    versionMin: from.uint(),
    versionMax: from.uint(),
    phase: openPhases[from.uint()]!,
    seen: from.uint(),
  };
}

function encodeNeed(need: ClientNeed, into: Encoder): void {
  into.uint(need.client);
  into.uint(need.ports);
  into.uint(need.bytesPerPort);
}

function decodeNeed(from: Decoder): ClientNeed {
  return { client: from.uint(), ports: from.uint(), bytesPerPort: from.uint() };
}

function encodeGrant(grant: PortGrant, into: Encoder): void {
  encodeNeed(grant, into);
  into.uint(grant.handle);
}

function decodeGrant(from: Decoder): PortGrant {
  return { ...decodeNeed(from), handle: from.uint() };
}

const writeUint = (value: number, into: Encoder): void => into.uint(value);
const readUint = (from: Decoder): number => from.uint();
