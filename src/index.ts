// The library: a proxy to start from a program of one's own, and the words it tells its observations in.
export { createProxy } from './net/proxy.js';
export type {
  ForwardOptions,
  FtpEndpoint,
  FtpListener,
  PortRange,
  ProxyFault,
  ProxyOptions,
  RunningProxy,
} from './net/proxy-options.js';
export type { Endpoint } from './protocol/endpoint.js';
export type { ProxyProtocolVersion } from './protocol/proxy-protocol.js';
export type * from './session/observation.js';
export type { KeptPayload, PayloadSink, PayloadStore, TransferName } from './session/payload-sink.js';
export type { PasvAddressPolicy } from './session/policy.js';
export { RecordingError } from './session/recording-error.js';
