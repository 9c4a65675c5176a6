/**
 * The parts the runtime is made of, for those who build on them: benchmarks, compliance tests of drivers, hosts of
 * exchanges without a cluster. No promise is made that they stay as they are.
 *
 * @packageDocumentation
 */
export { type Codec, codecOf } from './codec/codec.ts';
export { packGeneral, unpackGeneral } from './codec/general.ts';
export { Reader, readByte, readCount, readNumber, readString } from './codec/reader.ts';
export { appendBytes, Writer, writeByte, writeCount, writeNumber, writeString } from './codec/writer.ts';
export { withWriter } from './codec/writer-pool.ts';
export { Demultiplexer, type RecordBatch } from './exchange/demultiplexer.ts';
export { createExchange } from './exchange/exchange.ts';
export { writeFrameHeader } from './exchange/frame-layout.ts';
export type { ExchangeOptions, MemberExchange, PeerDiagnostics } from './exchange/member-exchange.ts';
export { type LinkFactory, standardLinks } from './exchange/standard-links.ts';
export { extendClusters, extendMembers } from './extensions.ts';
export { RingSpace } from './interconnect/ring-space.ts';
export {
  type DriverName,
  driverNames,
  type InterconnectLink,
  type LinkDownReason,
  type RecordReceiver,
} from './interconnect/types.ts';
export { makeWires, type WireEnds, wireTransfers } from './interconnect/wires.ts';
export { Arena, type Extent } from './memory/arena.ts';
export { ClusterBlock } from './memory/cluster-block.ts';
export { Courier } from './service/courier.ts';
export { packThrown, unpackThrown } from './service/error-wire.ts';
export { wireText } from './service/schema-hash.ts';
export { Timed, TimerWheel } from './service/timer-wheel.ts';
export { Validator } from './service/validation.ts';
export { makeStorageDirectory } from './supervisor/storage-directory.ts';
