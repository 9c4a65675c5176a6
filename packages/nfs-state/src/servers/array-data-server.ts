import { raidObjects } from '@holdfast/raid/objects';
import { ArrayObjects } from '../objects/array-objects.ts';
import { dataService } from './data-service.ts';

/** The service module of a data server over the array of its cluster. */
export default dataService((context) => new ArrayObjects({ objects: raidObjects(context), names: context.coord }));
