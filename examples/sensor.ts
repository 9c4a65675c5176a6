import { defineService, stream } from '@holdfast/runtime/service';
import { interval, map, take } from 'rxjs';
import { z } from 'zod';

export const Sensor = defineService('sensor', {
  readings: stream({
    in: z.object({ count: z.int().positive() }),
    out: z.object({ at: z.int(), celsius: z.number() }),
    credit: 16,
  }),
});

export default Sensor.implement(() => ({
  readings: ({ count }) =>
    interval(2).pipe(
      take(count),
      map((at) => ({ at, celsius: 20 + (at % 5) })),
    ),
}));
