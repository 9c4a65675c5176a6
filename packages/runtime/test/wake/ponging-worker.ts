import { type MessagePort, workerData } from 'node:worker_threads';
import { Arena, type Extent } from '../../src/memory/arena.ts';
import { ClusterBlock } from '../../src/memory/cluster-block.ts';
import { firstLinkSignal } from '../../src/wake/doorbell.ts';
import { Waker } from '../../src/wake/waker.ts';

export interface PongSetup {
  readonly memory: WebAssembly.Memory;
  readonly block: Extent;
  readonly doorbell: MessagePort;
  /** Word 0: last ping. Word 1: last pong. Negative ping: end. */
  readonly balls: SharedArrayBuffer;
  readonly blocking: boolean;
}

const setup = workerData as PongSetup;
const balls = new Int32Array(setup.balls);
const waker = new Waker(ClusterBlock.open(Arena.open(setup.memory), setup.block), 1, {
  onWake: () => look(),
  onPost: () => {},
});
const bell = waker.attach(0, setup.doorbell);

/** Answer every ping seen; no timer helps when a wake-up is lost. */
function look(): void {
  do {
    waker.stayAwake();
    waker.takeSignals(0, firstLinkSignal);
    const ping = Atomics.load(balls, 0);
    if (ping < 0) {
      waker.close();
      return;
    }
    if (ping !== Atomics.load(balls, 1)) {
      Atomics.store(balls, 1, ping);
      bell.signal(firstLinkSignal);
    }
  } while (setup.blocking ? waker.wait(10_000) : !waker.arm());
}
look();
