import { afterEach, expect, it, vi } from 'vitest';
import { parseOptions } from '../../src/cluster/options.ts';
import { deployMs } from '../../src/control/config.ts';
import { deployNodeMs } from '../../src/limits.ts';
import { Deployments } from '../../src/supervisor/deployments.ts';
import { MemberRequests } from '../../src/supervisor/member-requests.ts';
import type { SupervisorParts } from '../../src/supervisor/parts.ts';

afterEach(() => vi.useRealTimers());

/** The deployments of a cluster whose nodes take orders and never answer. */
function silentCluster(bootMs: number): Deployments {
  const config = parseOptions({ nodes: 2, bootMs });
  const byName = (name: string) => ({ name, slot: 0, phase: 'up', thread: {}, control: { post: () => undefined } });
  const parts = { config, requests: new MemberRequests(), roster: { byName } };
  return new Deployments(parts as unknown as SupervisorParts);
}

it.each([
  [5000, ['n0']],
  [300_000, ['n0', 'n1']],
])(
  'a deploy may take what a boot of %i ms may take and a second for each of %j, no more and no less',
  async (bootMs, on) => {
    vi.useFakeTimers({ toFake: ['setTimeout', 'clearTimeout'] });
    const said: unknown[] = [];
    const request = { module: 'file:///service.js', on, options: undefined, restart: undefined };
    const deploying = silentCluster(bootMs)
      .deploy(request)
      .catch((error: unknown) => said.push(error));
    const allowedMs = bootMs + on.length * deployNodeMs;
    expect(deployMs(parseOptions({ bootMs }), on.length)).toBe(allowedMs);
    await vi.advanceTimersByTimeAsync(allowedMs - 1);
    expect(said).toEqual([]);
    await vi.advanceTimersByTimeAsync(1);
    await deploying;
    expect(said).toMatchObject([{ code: 'HF_TIMEOUT', message: expect.stringContaining(`${allowedMs} ms`) }]);
  },
);
