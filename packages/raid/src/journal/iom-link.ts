/** A way to the I/O manager of another member: exactly once and in order until it ends, and then never again. */
export interface IomLink {
  /** Never waits: what is under way is bounded by the updates that are open. */
  send(bytes: Uint8Array): void;
  close(): void;
}

/** What a link tells the end that opened it. */
export interface IomLinkListener {
  /** Both ends are there. */
  up(): void;
  /** `bytes` are valid during the call. */
  message(bytes: Uint8Array): void;
  /** The other end, or the link, is gone. Not called after this end closed it. */
  down(): void;
}

/**
 * Begin a link to a member; it is up when the other end asks for the same name.
 * @param name of one life of the link: never used again
 */
export type ConnectIom = (member: number, name: string, listener: IomLinkListener) => IomLink;
