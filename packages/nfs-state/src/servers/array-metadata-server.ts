import { raidObjects } from '@holdfast/raid/objects';
import { z } from 'zod';
import { FileStore } from '../file-store/file-store.ts';
import { ArrayObjects } from '../objects/array-objects.ts';
import { metadataService } from './metadata-service.ts';

const Options = z.strictObject({ dataServers: z.array(z.string()) });

/** The service module of a metadata server over the array of its cluster. */
export default metadataService((context, options) => {
  const { dataServers } = Options.parse(options);
  const objects = new ArrayObjects({ objects: raidObjects(context), names: context.coord });
  // The metadata server before this one was of an earlier view: its death, or the restart, made a new one.
  const { epoch } = context.view;
  return { files: new FileStore({ objects, epoch }), objects, epoch, dataServers };
});
