import { BadFileError } from '../errors.ts';
import type { FileId } from '../file-port.ts';
import { fileBytesMax, fileIdCharsMax } from '../limits.ts';

const fileIdForm = new RegExp(`^[a-z0-9._-]{1,${fileIdCharsMax}}$`);

export const isFileId = (file: string): boolean => fileIdForm.test(file);

/** The object that holds the content of a file, byte for byte. */
export const contentObject = (file: FileId): string => `files/${checkedFile(file)}/content`;

export const isContentObject = (name: string): boolean => name.endsWith('/content');

/** The object that holds the attributes of a file, in one block. */
export const attributesObject = (file: FileId): string => `files/${checkedFile(file)}/attributes`;

function checkedFile(file: FileId): FileId {
  if (isFileId(file)) return file;
  throw new BadFileError(
    `${JSON.stringify(file)} cannot be the id of a file.`,
    `Use 1 to ${fileIdCharsMax} of a-z, 0-9, ".", "_" and "-".`,
  );
}

/** @throws BadFileError unless the bytes from `offset` on can be in a file. */
export function checkRange(offset: number, bytes: number): void {
  if (Number.isSafeInteger(offset) && offset >= 0 && bytes >= 0 && offset + bytes <= fileBytesMax) return;
  throw new BadFileError(
    `A file has no ${bytes} bytes from ${offset} on.`,
    `Use offsets and sizes from 0 to ${fileBytesMax}.`,
  );
}
