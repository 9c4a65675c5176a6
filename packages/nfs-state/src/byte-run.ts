/** Bytes and where they go. */
export interface ByteRun {
  readonly offset: number;
  readonly bytes: Uint8Array;
}
