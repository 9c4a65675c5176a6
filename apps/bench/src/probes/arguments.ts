/** The numbers a probe was started with, in order. */
export function numbers(): readonly number[] {
  return process.argv.slice(2).map((text) => {
    const value = Number(text);
    if (!Number.isFinite(value)) throw new Error(`not a number: ${text}`);
    return value;
  });
}
