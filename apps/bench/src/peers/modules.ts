import type { Caller } from '../load/load.ts';

export const pools = ['piscina', 'comlink', 'workerpool', 'tinypool'] as const;
export const handWritten = 'MessagePort by hand';
/** The least a call can take, by the way its callee is woken. */
export const bareWake = { event: 'two rings of a port', blocking: 'a notify and a ring' } as const;
export type PeerName = (typeof pools)[number] | typeof handWritten | (typeof bareWake)[keyof typeof bareWake];

/** Each peer in a module of its own, imported only when it has its turn: its package may not be installed. */
export const openPeer: Readonly<Record<PeerName, () => Promise<Caller>>> = {
  piscina: async () => (await import('./piscina.ts')).open(),
  comlink: async () => (await import('./comlink.ts')).open(),
  workerpool: async () => (await import('./workerpool.ts')).open(),
  tinypool: async () => (await import('./tinypool.ts')).open(),
  [bareWake.event]: async () => (await import('./bare-wake.ts')).open('ring'),
  [bareWake.blocking]: async () => (await import('./bare-wake.ts')).open('notify'),
  [handWritten]: async () => (await import('./message-port.ts')).open(),
};
