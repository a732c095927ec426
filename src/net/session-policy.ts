// What of a proxy's settings a session is bound by: these fields and no others, as each open session keeps them.
import type { SessionPolicy } from '../relay/policy.js';
import type { ProxySettings } from './proxy-settings.js';

type OfSession = 'forward' | 'tls' | 'refusalMark';

export function sessionPolicy(settings: ProxySettings, own: Pick<SessionPolicy, OfSession>): SessionPolicy {
  return {
    forward: own.forward,
    tls: own.tls,
    refusalMark: own.refusalMark,
    serverMode: settings.serverMode,
    pasvAddress: settings.pasvAddress,
    allowForeignPort: settings.allowForeignPort,
    requireDataResumption: settings.requireDataResumption,
    connectTimeoutMs: settings.connectTimeoutMs,
    loginTimeoutMs: settings.loginTimeoutMs,
    idleTimeoutMs: settings.idleTimeoutMs,
    replyTimeoutMs: settings.replyTimeoutMs,
    dataTimeoutMs: settings.dataTimeoutMs,
    maxLineBytes: settings.maxLineBytes,
    showSecrets: settings.showSecrets,
  };
}
