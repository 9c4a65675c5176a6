/** Settle a promise with what `end` comes to, or throws. */
export function settle<Result>(
  resolve: (result: Result) => void,
  reject: (reason: unknown) => void,
  end: () => Result,
): void {
  try {
    resolve(end());
  } catch (error) {
    reject(error);
  }
}
