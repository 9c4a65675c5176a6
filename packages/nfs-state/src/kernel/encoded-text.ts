import type { Decoder, Encoder } from '@holdfast/kernel';

/** A string as its UTF-16 units. */
export function writeText(into: Encoder, text: string): void {
  into.uint(text.length);
  for (let at = 0; at < text.length; at++) into.uint(text.charCodeAt(at));
}

export function readText(from: Decoder): string {
  let text = '';
  for (let left = from.uint(); left > 0; left--) text += String.fromCharCode(from.uint());
  return text;
}
