import { Demultiplexer, type RecordBatch, writeFrameHeader } from '@holdfast/runtime/internals';
import { processCpuNs } from '../harness/cpu.ts';
import type { Contender, Question } from '../harness/question.ts';

const port = 20;
const frameBytes = 64;
const frameHeaderBytes = 4;
/** What a full record of such frames holds, and a record that travels alone. */
const framesPerRecord = 240;

/** A record as a link hands it over. */
function record(frames: number): RecordBatch {
  const stride = frameHeaderBytes + frameBytes;
  const buffer = new SharedArrayBuffer(frames * stride);
  const bytes = new Uint8Array(buffer);
  const words = new Int32Array(buffer);
  for (let frame = 0; frame < frames; frame++) {
    writeFrameHeader(words, frame * stride + frameHeaderBytes, port, frameBytes);
  }
  return { from: 1, trafficClass: 2, bytes, words, start: 0, end: buffer.byteLength, frames: 0 };
}

let checksum = 0;
const consume = (_from: number, bytes: Uint8Array, start: number, end: number): void => {
  checksum = (checksum + (bytes[start] as number) + (bytes[end - 1] as number)) | 0;
};

/** The same frames handed to the same consumer by a plain loop. */
function callPlainly({ from, bytes, end }: RecordBatch): void {
  for (let at = frameHeaderBytes; at < end; at += frameHeaderBytes + frameBytes)
    consume(from, bytes, at, at + frameBytes);
}

function route(): (batch: RecordBatch) => void {
  const demultiplexer = new Demultiplexer((error) => {
    throw error;
  });
  demultiplexer.consume(port, consume);
  const subject = demultiplexer.records;
  return (batch) => subject.next(batch);
}

const contender = (name: string, open: () => (batch: RecordBatch) => void): Contender => ({
  name,
  round: async ({ warmUpMs, measureMs }) => {
    const deliver = open();
    const full = nsPerFrame(deliver, framesPerRecord, warmUpMs, measureMs / 2);
    const alone = nsPerFrame(deliver, 1, warmUpMs, measureMs / 2);
    return { value: full, cpuNs: full, details: { 'one frame a record': alone } };
  },
});

function nsPerFrame(
  deliver: (batch: RecordBatch) => void,
  frames: number,
  warmUpMs: number,
  measureMs: number,
): number {
  const batch = record(frames);
  repeat(warmUpMs, () => deliver(batch));
  const cpuBefore = processCpuNs();
  const records = repeat(measureMs, () => deliver(batch));
  return (processCpuNs() - cpuBefore) / (records * frames);
}

const turnsPerLook = 64;

function repeat(ms: number, work: () => void): number {
  const untilMs = performance.now() + ms;
  let turns = 0;
  for (; performance.now() < untilMs; turns += turnsPerLook) {
    for (let turn = 0; turn < turnsPerLook; turn++) work();
  }
  return turns;
}

const plain = contender('plain callback', () => callPlainly);

export const routing: readonly Question[] = [
  {
    name: `a frame through RxJS routing, ${framesPerRecord} a record`,
    unit: 'ns',
    better: 'lower',
    ours: contender('ours', route),
    peers: [plain],
    verdicts: [
      { measure: 'difference', against: [plain.name], max: 150 },
      { measure: 'difference', detail: 'one frame a record', against: [plain.name] },
    ],
  },
];
