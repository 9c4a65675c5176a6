import { type Exchange, servicePort, streamPort } from '../exchange/types.ts';
import { Courier } from './courier.ts';

/** The two couriers of a thread. Its callers and its hosted services share them: a port has one consumer. */
export interface Couriers {
  readonly calls: Courier;
  readonly streams: Courier;
}

const couriers = new WeakMap<Exchange, Couriers>();

export function couriersOf(exchange: Exchange): Couriers {
  let pair = couriers.get(exchange);
  if (pair === undefined) {
    pair = { calls: new Courier(exchange, servicePort), streams: new Courier(exchange, streamPort) };
    couriers.set(exchange, pair);
  }
  return pair;
}
