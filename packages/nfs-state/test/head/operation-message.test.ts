import { expect, it } from 'vitest';
import { ClientOperation } from '../../src/head/operation-message.ts';

const stateid = { key: '0'.repeat(24), seqid: 1 };
const range = { offset: 0n, length: 1n };
const open = { type: 'open', client: 'c', owner: 'o', seqid: 1, file: 'f', access: 3, deny: 0 };

const refused: readonly (readonly [string, unknown])[] = [
  ['an owner over the limit', { ...open, owner: 'o'.repeat(1025) }],
  ['an owner with half a character', { ...open, owner: '\ud800' }],
  ['a file with a name over the limit', { ...open, file: 'f'.repeat(1025) }],
  ['a seqid of more than 32 bits', { ...open, seqid: 2 ** 32 }],
  ['an access there is not', { ...open, access: 4 }],
  ['a stateid that is too short', { type: 'close', stateid: { key: '00', seqid: 1 }, seqid: 1 }],
  ['an offset of more than 64 bits', { type: 'unlock', stateid, seqid: 1, range: { ...range, offset: 2n ** 64n } }],
  ['a length below zero', { type: 'unlock', stateid, seqid: 1, range: { ...range, length: -1n } }],
  ['what only heads may ask', { type: 'expire', client: 'c', kept: 0, restarts: 0 }],
  ['what there is not', { type: 'open-everything' }],
];

it.each(refused)('%s does not reach a head', (_name, operation) => {
  expect(ClientOperation.safeParse(operation).success).toBe(false);
});

it('an owner of the longest name does', () => {
  expect(ClientOperation.safeParse({ ...open, owner: 'o'.repeat(1024) }).success).toBe(true);
});
