import { raidObjects } from '@holdfast/raid/objects';
import { z } from 'zod';
import type { FilePort } from '../file-port.ts';
import { FileStore } from '../file-store/file-store.ts';
import { localHead } from '../head/local-head.ts';
import { ArrayObjects } from '../objects/array-objects.ts';
import { metadataService } from './metadata-service.ts';
import type { ServingTerm } from './serving-term.ts';

const Options = z.strictObject({ dataServers: z.array(z.string()) });

/** The service module of a metadata server over the array of its cluster, on a node with a head. */
export default metadataService((context, options) => {
  const { dataServers } = Options.parse(options);
  const objects = new ArrayObjects({ objects: raidObjects(context), names: context.coord });
  const files = (term: ServingTerm): FilePort =>
    new FileStore({ objects: term.objects(objects), epoch: term.epoch, claims: term.followsSilent });
  return { files, objects, head: localHead, dataServers };
});
