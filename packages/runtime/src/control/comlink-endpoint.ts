import type { MessagePort, Transferable } from 'node:worker_threads';
import type { Endpoint } from 'comlink';

type Listener = Parameters<Endpoint['addEventListener']>[1];

/**
 * A port as Comlink wants one, but listened to by `on`. A listener of the DOM's kind makes Node build a `MessageEvent`,
 * and for that load its whole HTTP client: 30 ms in each of the two threads.
 */
export function comlinkEndpoint(port: MessagePort): Endpoint {
  const attached = new Map<Listener, (data: unknown) => void>();
  return {
    postMessage: (message: unknown, transfer?: Transferable[]) => port.postMessage(message, transfer ?? []),
    addEventListener: (_type, listener) => {
      const handle = 'handleEvent' in listener ? listener.handleEvent.bind(listener) : listener;
      // Comlink reads nothing of the event but its data.
      const onMessage = (data: unknown) => handle({ data } as unknown as Event);
      attached.set(listener, onMessage);
      port.on('message', onMessage);
    },
    removeEventListener: (_type, listener) => {
      const onMessage = attached.get(listener);
      if (onMessage !== undefined) port.off('message', onMessage);
      attached.delete(listener);
    },
    start: () => port.start(),
  };
}
