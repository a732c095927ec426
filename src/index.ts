// The library: a proxy to start from a program of one's own, and the words it tells its observations in.

export type * from './dialogue/observation.js';
export type { KeptPayload, PayloadSink, PayloadStore, TransferName } from './dialogue/payload-sink.js';
export { RecordingError } from './dialogue/recording-error.js';
export type { PortRange } from './ends/data-port.js';
export { createProxy } from './net/proxy.js';
export type {
  ForwardOptions,
  FtpListener,
  ProxyFault,
  ProxyOptions,
  RunningProxy,
} from './net/proxy-options.js';
export type { Endpoint } from './protocol/endpoint.js';
export type { ProxyProtocolVersion } from './protocol/proxy-protocol.js';
export type { FtpEndpoint } from './protocol/server-name.js';
export type { PasvAddressPolicy } from './relay/policy.js';
