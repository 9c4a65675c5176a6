/**
 * What the module of a data server or of a metadata server needs, without the client side.
 *
 * @packageDocumentation
 */

export type { ByteRun } from '../byte-run.ts';
export type * from '../file-port.ts';
export { FileStore, type FileStoreOptions } from '../file-store/file-store.ts';
export type { LocalHead } from '../head/local-head.ts';
export { blockBytes, type ObjectPiece, type ObjectPort } from '../objects/object-port.ts';
export { dataService } from './data-service.ts';
export { type MetadataGround, metadataService } from './metadata-service.ts';
export type { ServingTerm } from './serving-term.ts';
