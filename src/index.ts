// The library: a proxy to start from your own program, and the types of its observations.

export type * from './dialogue/observation.js';
export type { KeptPayload, PayloadSink, PayloadStore, TransferName } from './dialogue/payload-sink.js';
export { RecordingError } from './dialogue/recording-error.js';
export type { PortRange } from './ends/port-ranges.js';
export type { CertificateAndKey } from './ends/tls/session-tls.js';
export type { DataHeaderPolicy } from './net/arrivals.js';
export type { InterceptionMethod } from './net/interception.js';
export type { PumpState } from './net/linux/kernel-pump.js';
export { OutOfDescriptors } from './net/open-files.js';
export type { FtpListener, PerSide } from './net/options/endpoint-values.js';
export { ProxyOptionError } from './net/options/option-error.js';
export { createProxy } from './net/proxy.js';
export type {
  ForwardOptions,
  ProxyFault,
  ProxyOptions,
  ProxyTlsOptions,
  PumpChoice,
  RecordingErrorPolicy,
  RunningProxy,
  TlsVersion,
} from './net/proxy-options.js';
export type { Endpoint } from './protocol/endpoint.js';
export type { ProxyProtocolVersion } from './protocol/proxy-protocol.js';
export type { FtpEndpoint } from './protocol/server-name.js';
export type { ClientTlsPolicy, PasvAddressPolicy, ServerModePolicy, ServerTlsPolicy } from './relay/policy.js';
