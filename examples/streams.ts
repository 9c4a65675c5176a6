/** A stream from a node, as an Observable here: the node sends no further ahead than the credit allows. */
import { Cluster } from '@holdfast/runtime';
import { bufferCount, lastValueFrom, map, tap } from 'rxjs';
import { Sensor } from './sensor.ts';

await using cluster = await Cluster.start({ nodes: 2 });
await cluster.deploy(new URL('./sensor.ts', import.meta.url), { on: 'n0' });

const means = cluster
  .service(Sensor)
  .readings({ count: 20 })
  .pipe(
    bufferCount(5),
    map((five) => five.reduce((sum, { celsius }) => sum + celsius, 0) / five.length),
    tap((mean) => console.log('mean of five:', mean)),
  );
await lastValueFrom(means);
