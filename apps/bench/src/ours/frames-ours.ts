import { bulkClass, Cluster, memberSlot } from '@holdfast/runtime';
import type { Contender } from '../harness/question.ts';
import { driveFrames, type FrameSender, fillFrame, frameBytes } from '../load/frames.ts';
import { sibling } from '../peers/sibling.ts';
import { FrameSink, sinkPort } from './frame-sink.ts';

/** Frames from main to a node through a session, written one by one as a channel does. */
export const framesOurs: Contender = {
  name: 'ours',
  round: async (budget) => {
    await using cluster = await Cluster.start({ nodes: 1 });
    await cluster.deploy(sibling('frame-sink', import.meta), { on: 'n0' });
    return await driveFrames(openSender(cluster), budget);
  },
};

function openSender(cluster: Cluster): FrameSender {
  const { exchange } = cluster.main;
  const sink = cluster.service(FrameSink, { node: 'n0' });
  const peer = memberSlot('n0') as number;
  const frame = new Uint8Array(frameBytes);
  let wake = () => {};
  exchange.listen({ onWritable: () => wake() });
  return {
    send: async (frames) => {
      for (let sent = 0; sent < frames; ) {
        const space = exchange.begin(peer, bulkClass, sinkPort, frameBytes);
        if (space === undefined) {
          await new Promise<void>((resolve) => {
            wake = resolve;
          });
          continue;
        }
        fillFrame(frame, sent++);
        space.bytes.set(frame, space.start);
        exchange.commit(frameBytes);
      }
      exchange.flush();
      return frames;
    },
    settle: () => sink.counted(),
    close: async () => {},
  };
}
