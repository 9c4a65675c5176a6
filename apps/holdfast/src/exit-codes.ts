/** What the process answers to the shell, for every verb. */
export const exitCodes = {
  /** Everything that was asked for was done and holds. */
  ok: 0,
  /** It was done and does not hold, or it failed on the way: data is not safe, a violation was found. */
  failed: 1,
  /** The arguments or the input cannot be used; nothing was done. */
  usage: 2,
  /** What could be read is safe, but parts of the source could not be read. */
  incomplete: 3,
} as const;

/** 128 and the number of the signal, as shells do. */
export function exitCodeOfSignal(signal: NodeJS.Signals): number {
  return signal === 'SIGINT' ? 130 : signal === 'SIGTERM' ? 143 : 129;
}
