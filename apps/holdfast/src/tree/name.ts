import { isUtf8 } from 'node:buffer';

/**
 * A file name for a terminal or a report. File names are bytes: whatever is not printable UTF-8 is shown as `\xNN`,
 * so that a name can neither break the layout nor send control sequences to the terminal.
 */
export function printable(name: Uint8Array): string {
  const bytes = Buffer.from(name.buffer, name.byteOffset, name.byteLength);
  if (!isUtf8(bytes)) return escapeInvalid(bytes);
  return bytes.toString('utf8').replace(/[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\\]/gu, escapeCharacter);
}

function escapeCharacter(character: string): string {
  return character === '\\' ? '\\\\' : escapeBytes(Buffer.from(character, 'utf8'));
}

function escapeBytes(bytes: Uint8Array): string {
  let text = '';
  for (const byte of bytes) text += `\\x${byte.toString(16).padStart(2, '0')}`;
  return text;
}

/** Decodes the longest valid characters and escapes every byte that belongs to none. */
function escapeInvalid(bytes: Buffer): string {
  let text = '';
  let at = 0;
  while (at < bytes.length) {
    const length = characterLength(bytes, at);
    const slice = bytes.subarray(at, at + Math.max(length, 1));
    text += length === 0 ? escapeBytes(slice) : printable(slice);
    at += slice.length;
  }
  return text;
}

/** The length of the valid UTF-8 character at `at`, or 0. */
function characterLength(bytes: Buffer, at: number): number {
  for (let length = 1; length <= 4 && at + length <= bytes.length; length++) {
    if (isUtf8(bytes.subarray(at, at + length))) return length;
  }
  return 0;
}

/** `parent/child` as bytes; a root is the empty parent. */
export function joinBytes(parent: Buffer, child: Buffer): Buffer {
  return parent.length === 0 ? child : Buffer.concat([parent, slash, child]);
}

const slash = Buffer.from('/');
