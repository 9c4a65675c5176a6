import { noPayload, type ObjectMessage } from '../kernel/object-types.ts';
import type { ViewMessage } from '../kernel/view-types.ts';

const hasBytes = (message: ObjectMessage): boolean => 'payload' in message && message.payload !== noPayload;

type Is = (message: ObjectMessage) => boolean;
type IsSent = (message: ViewMessage) => boolean;

const kinds: readonly ObjectMessage['type'][] = [
  'COPY_REQ',
  'COPY',
  'GRANT',
  'ABSENT_OWNERSHIP',
  'ABSENT',
  'BUSY',
  'INV',
  'IACK',
  'RM_REQ',
  'RM',
  'RM_ACK',
  'RM_ACK2',
  'RM_DONE',
  'OWN',
  'OWN_ACK',
  'OWN_NACK',
  'SYNC',
  'SYNCED',
  'FAILED',
  'EXEC_REQ',
  'EXECUTED',
  'WATCH_REQ',
  'CHANGED',
  'LOAD',
  'LOADED',
  'SHADOW',
  'SHADOW_ACK',
];

const ofType =
  (...types: ObjectMessage['type'][]): Is =>
  ({ type }) =>
    types.includes(type);

const withBytes: Is = (message) => ofType('COPY', 'GRANT', 'OWN', 'SYNC')(message) && hasBytes(message);
const withoutBytes: Is = (message) => message.type === 'GRANT' && !hasBytes(message);

/** The names of Kerrighed's messages, short and long, for those of ours that do the same. */
const kerrighed: readonly (readonly [string, Is])[] = [
  ['OBJ', withBytes],
  ['OBJECTSEND', withBytes],
  ['WACC', withoutBytes],
  ['SENDWRITEACCESS', withoutBytes],
  ['SBFT', ofType('ABSENT_OWNERSHIP')],
  ['SENDBACKFIRSTTOUCH', ofType('ABSENT_OWNERSHIP')],
  ['NOOBJ', ofType('ABSENT', 'BUSY')],
  ['NOOBJECTSEND', ofType('ABSENT', 'BUSY')],
  ['REQOBJECTCOPY', ofType('COPY_REQ')],
  ['REQOBJECTINVALID', ofType('INV')],
  ['INVALIDATIONACK', ofType('IACK')],
  ['RMMGR', ofType('RM_REQ')],
  ['REQOBJECTREMOVETOMGR', ofType('RM_REQ')],
  ['REQOBJECTREMOVE', ofType('RM')],
  ['REMOVEACK', ofType('RM_ACK')],
  ['REMOVEACK2', ofType('RM_ACK2')],
  ['REMOVEDONE', ofType('RM_DONE')],
  ['SENDOWNERSHIP', ofType('OWN')],
  ['CHANGEOWNERSHIPACK', ofType('OWN_ACK')],
];

const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

const ofObject =
  (is: Is): IsSent =>
  (sent) =>
    sent.type === 'OBJECT' && is(sent.message);

/** The messages of a change of view. */
const viewKinds = ['MARKER', 'REPORT', 'VERDICT'] as const;

const byPlainName: ReadonlyMap<string, IsSent> = new Map([
  ...kerrighed.map(([name, is]) => [name, ofObject(is)] as const),
  ...kinds.map((kind) => [plain(kind), ofObject(ofType(kind))] as const),
  ...viewKinds.map((kind) => [kind, (sent: ViewMessage) => sent.type === kind] as const),
]);

/** The kind of a message, as scenarios and reports name it. */
export const kindNameOf = (sent: ViewMessage): string => (sent.type === 'OBJECT' ? sent.message.type : sent.type);

export const messageKinds: readonly string[] = [...kinds, ...viewKinds];

/** Whether a message is of the kind a scenario names; undefined for a name nobody knows. */
export const kindOf = (name: string): IsSent | undefined => byPlainName.get(plain(name));
