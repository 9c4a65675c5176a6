import { unlessLost } from '../array/object-directory.ts';
import { nowMs } from '../iom/step-trace.ts';
import type { ObjectRecord } from '../store/log-record.ts';
import type { ObjectHost } from './object-host.ts';

/** One step of a journaled write: those of `data` and `parity` have the names of the time line of seed 001 (Fig. 15). */
export interface WriteStep {
  /** Since the call. */
  readonly atMs: number;
  readonly node: string;
  readonly role: 'caller' | 'data' | 'parity';
  readonly step: string;
}

/**
 * Make a write of an object, and tell every step of it until its entries have ended, in the order of time. Other writes of
 * the object that are under way meanwhile are in it as well.
 */
export async function traceWrite<T>(
  host: ObjectHost,
  { gfid, span }: ObjectRecord,
  write: () => Promise<T>,
): Promise<{ readonly written: T; readonly steps: readonly WriteStep[] }> {
  const { members, name } = host;
  const everywhere = <A>(ask: (member: number) => Promise<A>) => {
    const live = span.filter((member) => members.live.has(member));
    return Promise.all(live.map((member) => unlessLost(ask(member).then((answer) => ({ member, answer })))));
  };
  await everywhere((member) => members.ask(member, (iom) => iom.beginTrace({ gfid })));
  const noted: WriteStep[] = [];
  const said = (step: string) => noted.push({ atMs: nowMs(), node: 'caller', role: 'caller', step });
  try {
    said('write');
    const written = await write();
    said('answered');
    // The ends of the two halves bring about each other.
    for (let half = 0; half < 2; half++) {
      await everywhere((member) => members.ask(member, (iom, epoch) => iom.decided({ epoch })));
    }
    for (const heard of await everywhere((member) => members.ask(member, (iom) => iom.endTrace()))) {
      for (const { role, step, atMs } of heard?.answer ?? []) {
        noted.push({ role, step, atMs, node: name(heard!.member) });
      }
    }
    noted.sort((a, b) => a.atMs - b.atMs);
    return { written, steps: noted.map((step) => ({ ...step, atMs: step.atMs - noted[0]!.atMs })) };
  } catch (error) {
    await everywhere((member) => members.ask(member, (iom) => iom.endTrace())).catch(() => undefined);
    throw error;
  }
}
