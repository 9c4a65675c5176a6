/** Waits for `work` to settle, but not for ever: what hangs in the system is left to end with the process. */
export async function withinTime(work: Promise<unknown>, timeoutMs: number): Promise<void> {
  const { promise, resolve } = Promise.withResolvers<void>();
  const timer = setTimeout(resolve, timeoutMs);
  await Promise.race([work.catch(() => {}), promise]);
  clearTimeout(timer);
}
