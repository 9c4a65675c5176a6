import { extname } from 'node:path';

/** The module `name` beside the importing one, whether this runs from the .ts sources or from dist. */
export function sibling(name: string, meta: ImportMeta): URL {
  return new URL(`./${name}${extname(meta.filename)}`, meta.url);
}
