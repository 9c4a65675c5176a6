import type { Mending, MendProgress, MendReport } from '@holdfast/raid';
import { mendingStepMs } from '../limits.ts';

/** How far a rebuild or a scrub is, now and then, so that the connection is not taken for dead; and how it ended. */
export async function* mendingSteps({ progress$, done }: Mending): AsyncGenerator<MendProgress, MendReport, undefined> {
  let latest: MendProgress | undefined;
  const subscription = progress$.subscribe({
    next: (progress) => {
      latest = progress;
    },
    error: () => undefined,
  });
  try {
    for (;;) {
      const pause = Promise.withResolvers<undefined>();
      const timer = setTimeout(pause.resolve, mendingStepMs, undefined);
      const report = await Promise.race([done, pause.promise]).finally(() => clearTimeout(timer));
      if (report !== undefined) return report;
      if (latest !== undefined) yield latest;
    }
  } finally {
    subscription.unsubscribe();
  }
}
