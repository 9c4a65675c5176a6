import { type MemberContext, memberName } from '@holdfast/runtime/service';
import type { ConnectIom, IomLinkListener } from '../journal/iom-link.ts';

/** Links between I/O managers over channels of the runtime. */
export function channelLinks(context: MemberContext): ConnectIom {
  return (member, name, listener) => {
    const channel = context.connect(memberName(member), { name, schema: 'bytes' });
    const end = endOnce(listener);
    const unread = channel.readBytes((bytes, from, to) => {
      // The first message may come before the status says that the channel is open.
      end.up();
      listener.message(bytes.subarray(from, to));
    });
    channel.status$.subscribe({
      next: ({ state }) => {
        if (state === 'open') end.up();
        if (state === 'closed') end.down();
      },
      error: () => end.down(),
    });
    /** Messages that the window had no room for, in order. */
    const waiting: Uint8Array[] = [];
    const drain = async () => {
      while (waiting.length > 0) {
        if (channel.sendBytes(waiting[0]!)) waiting.shift();
        else await channel.writable();
      }
    };
    return {
      send(bytes) {
        if (waiting.length === 0 && channel.sendBytes(bytes)) return;
        if (waiting.push(bytes.slice()) === 1) drain().catch(() => end.down());
      },
      close() {
        end.close();
        unread();
        void channel.close().catch(() => undefined);
      },
    };
  };
}

/** Says each change once, and nothing after it was closed from this side. */
function endOnce(listener: IomLinkListener) {
  let state: 'opening' | 'up' | 'ended' = 'opening';
  return {
    up() {
      if (state !== 'opening') return;
      state = 'up';
      listener.up();
    },
    down() {
      if (state === 'ended') return;
      state = 'ended';
      listener.down();
    },
    close() {
      state = 'ended';
    },
  };
}
