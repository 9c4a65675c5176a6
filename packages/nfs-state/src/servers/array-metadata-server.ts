import { raidObjects } from '@holdfast/raid/objects';
import { z } from 'zod';
import { FileStore } from '../file-store/file-store.ts';
import { localHead } from '../head/local-head.ts';
import { ArrayObjects } from '../objects/array-objects.ts';
import { metadataService } from './metadata-service.ts';

const Options = z.strictObject({ dataServers: z.array(z.string()) });

/** The service module of a metadata server over the array of its cluster, on a node with a head. */
export default metadataService((context, options) => {
  const { dataServers } = Options.parse(options);
  const objects = new ArrayObjects({ objects: raidObjects(context), names: context.coord });
  return { files: (epoch) => new FileStore({ objects, epoch }), objects, head: localHead, dataServers };
});
