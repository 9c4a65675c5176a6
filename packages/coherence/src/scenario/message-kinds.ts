import { noPayload, type ObjectMessage } from '../kernel/object-types.ts';

const hasBytes = (message: ObjectMessage): boolean => 'payload' in message && message.payload !== noPayload;

type Is = (message: ObjectMessage) => boolean;

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
];

const ofType =
  (...types: ObjectMessage['type'][]): Is =>
  ({ type }) =>
    types.includes(type);

/** The names of Kerrighed's messages, for those of ours that do the same. */
const kerrighed: readonly (readonly [string, Is])[] = [
  ['OBJ', (message) => ofType('COPY', 'GRANT')(message) && hasBytes(message)],
  ['WACC', (message) => message.type === 'GRANT' && !hasBytes(message)],
  ['SBFT', ofType('ABSENT_OWNERSHIP')],
  ['NOOBJ', ofType('ABSENT', 'BUSY')],
  ['RMMGR', ofType('RM_REQ')],
];

const plain = (name: string): string => name.toUpperCase().replaceAll(/[^A-Z0-9]/g, '');

const byPlainName: ReadonlyMap<string, Is> = new Map([
  ...kerrighed,
  ...kinds.map((kind) => [plain(kind), ofType(kind)] as const),
]);

export const messageKinds: readonly string[] = kinds;

/** Whether a message is of the kind a scenario names; undefined for a name nobody knows. */
export const kindOf = (name: string): Is | undefined => byPlainName.get(plain(name));
