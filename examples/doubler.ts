import type { ChannelOptions } from '@holdfast/runtime';
import { defineService } from '@holdfast/runtime/service';
import { z } from 'zod';

export const Numbers = { name: 'numbers', schema: z.int() } satisfies ChannelOptions<z.ZodInt>;

/** A service without calls: it lives on its node and talks over a channel. */
export const Doubler = defineService('doubler', {});

export default Doubler.implement((context) => {
  const channel = context.connect('main', Numbers);
  const subscription = channel.in$.subscribe((number) => {
    // `send` waits while the window is full: the order of the calls is the order of the messages.
    void channel.send(number * 2);
  });
  return { [Symbol.dispose]: () => subscription.unsubscribe() };
});
