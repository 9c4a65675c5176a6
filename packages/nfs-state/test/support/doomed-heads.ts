/*
 * A process that is made to be killed: heads on n0 and n1 of a cluster in the directory that it is given. A client locks a
 * file and says by which stateid, another one holds a delegation; then it waits.
 */
import { writeSync } from 'node:fs';
import { NfsHeads } from '@holdfast/nfs-state';
import { RaidArray } from '@holdfast/raid';
import { Cluster } from '@holdfast/runtime';
import { TestClient } from './nfs-client.ts';

const [storage = ''] = process.argv.slice(2);
const cluster = await Cluster.start({ nodes: 2, storage });
const array = await RaidArray.create(cluster, { data: 1, extentBlocks: 64 });
const nfs = await NfsHeads.start(cluster, { array, heads: ['n0', 'n1'] });
const anna = new TestClient('anna', nfs.client());
await anna.introduce();
await anna.open('f');
const { stateid } = await anna.lock({ file: 'f' });
writeSync(1, `${JSON.stringify({ client: anna.id, stateid })}\n`);
