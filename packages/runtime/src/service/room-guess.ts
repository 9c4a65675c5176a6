/** What to ask room for before the first frame was seen. */
export const firstGuessBytes = 256;

/** How much room the next frame of a kind gets: at once enough after a larger one, and slowly less after smaller ones. */
export function nextGuess(guessBytes: number, length: number): number {
  return length > guessBytes ? length * 2 : guessBytes - ((guessBytes - 2 * length) >> 5);
}
