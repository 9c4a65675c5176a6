import { describe, expect, it } from 'vitest';
import { timerTickMs } from '../../src/limits.ts';
import { Timed, TimerWheel } from '../../src/service/timer-wheel.ts';
import { until } from './steering.ts';

class Item extends Timed {
  readonly ms: number;
  readonly addedMs = performance.now();
  expiredMs = 0;
  constructor(ms: number) {
    super();
    this.ms = ms;
  }
}

function wheelOf(items: Item[], beforeExpiry: () => void = () => {}): TimerWheel {
  const onExpire = (item: Timed): void => {
    (item as Item).expiredMs = performance.now();
  };
  const wheel = new TimerWheel(onExpire, beforeExpiry);
  for (const item of items) wheel.add(item, item.ms);
  return wheel;
}

describe('a timer wheel', () => {
  it('expires everything, nothing early, also beyond one turn of the wheel and at odd moments', async () => {
    const items = [1, 7, 8, 9, 40, 63, 64, 65, 200, 512 * timerTickMs + 20].map((ms) => new Item(ms));
    const wheel = wheelOf(items);
    for (let ms = 3; ms < 40; ms += 5) {
      const spun = performance.now() + ms;
      while (performance.now() < spun);
      const late = new Item(ms);
      items.push(late);
      wheel.add(late, ms);
      await new Promise((resolve) => setTimeout(resolve, ms % 3));
    }
    await until(() => items.every(({ expiredMs }) => expiredMs > 0));
    for (const { ms, addedMs, expiredMs } of items) expect(expiredMs - addedMs).toBeGreaterThanOrEqual(ms);
    wheel.close();
  });

  it('forgets what is removed, before it is due and by whoever looks at the mail before the verdict', async () => {
    const [removed, answered, last] = [new Item(20), new Item(20), new Item(20)];
    const wheel = wheelOf([removed, answered, last], () => wheel.remove(answered));
    wheel.remove(removed);
    wheel.remove(removed);
    await until(() => last.expiredMs > 0);
    expect([removed.expiredMs, answered.expiredMs]).toEqual([0, 0]);
    wheel.close();
  });

  it('starts again after it came to rest', async () => {
    const first = new Item(1);
    const wheel = wheelOf([first]);
    await until(() => first.expiredMs > 0);
    const restMs = performance.now() + 90 * timerTickMs;
    await until(() => performance.now() > restMs);
    const second = new Item(1);
    wheel.add(second, 1);
    await until(() => second.expiredMs > 0);
    wheel.close();
  });
});
