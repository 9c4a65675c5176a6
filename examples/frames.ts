/** 64 KiB frames that nodes hand each other: whoever works on one owns its pages, and nothing is copied on the way. */
import '@holdfast/coherence';
import { Cluster } from '@holdfast/runtime';
import { FrameDesk, Frames } from './frame-desk.ts';

await using cluster = await Cluster.start({ nodes: 3 });
const frames = await cluster.container(Frames);
await cluster.deploy(new URL('./frame-desk.ts', import.meta.url), { on: 'all' });
const desk = (node: string) => cluster.service(FrameDesk, { node });

await desk('n0').brighten({ frame: 7, by: 100 });
const [before, after] = [await desk('n1').firstPage(7), await desk('n2').firstPage(7)];
console.log(`n1 and n2 had the frame in ${before === after ? 'the same pages' : 'pages of their own'}`);

await desk('n2').brighten({ frame: 7, by: 55 });
{
  // A read lease is a view on pages of this thread: the frame may go on elsewhere only once it ends.
  using frame = await frames.get(7);
  console.log(`every pixel is ${new Set(frame.value).size === 1 ? frame.value[0] : 'different'}`);
}
