/*
 * A process that is made to be killed with SIGKILL. It opens the store in a directory and overwrites blocks of one object,
 * with one line for each, before it is made and after it was answered at toughness 2: `begin BLOCK SEED`, `answered BLOCK
 * SEED`.
 *
 * argv: the directory of the store, how many nodes it has, the id of the object, a seed.
 */
import { writeSync } from 'node:fs';
import { ledgerBlocks, ledgerLanes } from '../limits.ts';
import { ClusterBed } from './cluster-bed.ts';
import { contentOf, ledgerBlockBytes, randomNumbers } from './ledger-oracle.ts';

const [storage = '', nodes = '0', gfid = '', seed = '1'] = process.argv.slice(2);
const bed = await ClusterBed.open({ nodes: Number(nodes), storage, array: 'open' });
const ledger = await bed.openLedger?.(gfid);
const random = randomNumbers(Number(seed));
const say = (verb: 'begin' | 'answered', block: number, content: number) =>
  writeSync(1, `${verb} ${block} ${content}\n`);

const overwrite = async (lane: number) => {
  for (;;) {
    const block = lane + ledgerLanes * random(ledgerBlocks / ledgerLanes);
    const content = random(2 ** 30);
    say('begin', block, content);
    await ledger?.write(block * ledgerBlockBytes, contentOf(content));
    say('answered', block, content);
  }
};
await Promise.all(Array.from({ length: ledgerLanes }, (_, lane) => overwrite(lane)));
