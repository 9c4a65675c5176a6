/** A promise and the hand that resolves it. */
export function gate(): { readonly promise: Promise<void>; open(): void } {
  const { promise, resolve } = Promise.withResolvers<void>();
  return { promise, open: resolve };
}

/** Let the event loop turn a few times. */
export async function turns(count: number): Promise<void> {
  for (let i = 0; i < count; i++) await new Promise((resolve) => setImmediate(resolve));
}

const patienceMs = 60_000;

/** Turn the event loop until something has become true. */
export async function until(condition: () => boolean): Promise<void> {
  const deadlineMs = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > deadlineMs) throw new Error(`never became true: ${condition}`);
    await new Promise((resolve) => setTimeout(resolve, 1));
  }
}
