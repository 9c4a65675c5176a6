import { describe, expect, it } from 'vitest';
import { RestartCounter } from '../../src/supervisor/restart-policy.ts';

describe('RestartCounter', () => {
  it('never restarts under the strategy never', () => {
    const counter = new RestartCounter({ strategy: 'never', max: 3, withinMs: 1000 });
    expect([0, 1, 2, 3, 4].map((now) => counter.decide(now))).toEqual(Array(5).fill('leave'));
  });

  it('restarts up to the limit within the window, then escalates', () => {
    const counter = new RestartCounter({ strategy: 'one-for-one', max: 3, withinMs: 1000 });
    expect([0, 100, 200, 300].map((now) => counter.decide(now))).toEqual(['restart', 'restart', 'restart', 'escalate']);
  });

  it('forgets restarts older than the window', () => {
    const counter = new RestartCounter({ strategy: 'all-for-one', max: 1, withinMs: 1000 });
    expect([0, 1000, 1999, 2000].map((now) => counter.decide(now))).toEqual([
      'restart-all',
      'restart-all',
      'escalate',
      'restart-all',
    ]);
  });
});
