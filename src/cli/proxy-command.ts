// `ftpscope proxy`: its options, and the proxy between a client and a server as they ask for it.

import type { Command } from 'commander';
import type { PortRange } from '../ends/data-port.js';
import {
  DEFAULT_CONNECT_TIMEOUT_MS,
  DEFAULT_DATA_TIMEOUT_MS,
  DEFAULT_IDLE_TIMEOUT_MS,
  DEFAULT_MAX_SESSIONS,
  type ProxyOptions,
} from '../net/proxy-options.js';
import { DEFAULT_MAX_LINE_BYTES } from '../protocol/line-splitter.js';
import { PROXY_PROTOCOL_VERSIONS, type ProxyProtocolVersion } from '../protocol/proxy-protocol.js';
import {
  PASV_ADDRESS_POLICIES,
  type PasvAddressPolicy,
  SERVER_MODE_POLICIES,
  type ServerModePolicy,
} from '../relay/policy.js';
import { addForwardOptions, type ForwardCommandOptions, forwardOptions } from './options/forward-options.js';
import { addListenOptions, type ListenOptions, listenersOf } from './options/listeners.js';
import { addViewOptions, appended, option, parsed } from './options/options.js';
import { type ForSides, forSides, perSide } from './options/per-side-values.js';
import { addTransparentOptions, checkTransparent, type TransparentOptions } from './options/transparent-options.js';
import {
  parseAddress,
  parseAddressRangeText,
  parseAdvertised,
  parseCount,
  parseDuration,
  parseLineSize,
  parsePortRange,
  parseSourcePort,
} from './options/values.js';
import type { ViewOptions } from './program/view.js';
import { hints, type Route, warnOfAdvertised } from './proxy/proxy-notices.js';
import {
  addControlOption,
  openWatch,
  operatorOf,
  titleOf,
  type WatchOptions,
  watchedFromElsewhere,
} from './proxy/proxy-watch.js';
import { startRelay } from './proxy/relay.js';
import { proxyExamples } from './proxy-examples.js';
import { addRecordingOptions, closeRecording, openRecording, type RecordingOptions } from './recordings/recording.js';
import { type ConsoleSession, withConsole } from './screen/console-session.js';
import { addTlsOptions, chooseTls, type TlsOptions } from './tls/tls-options.js';

/** The options as commander hands them over, by the names below. */
interface ProxyCommandOptions
  extends WatchOptions,
    ViewOptions,
    RecordingOptions,
    TlsOptions,
    ListenOptions,
    TransparentOptions,
    ForwardCommandOptions {
  readonly acceptProxyProtocol?: readonly string[];
  readonly sendProxyProtocol?: ProxyProtocolVersion;
  readonly dataPorts?: readonly ForSides<PortRange>[];
  readonly advertise?: readonly ForSides<string>[];
  readonly serverMode: ServerModePolicy;
  readonly activeSourcePort?: number;
  readonly bindUpstream?: string;
  readonly pasvAddress: PasvAddressPolicy;
  readonly allowForeignPort?: boolean;
  readonly connectTimeout: number;
  readonly idleTimeout: number;
  readonly dataTimeout: number;
  readonly maxSessions: number;
  readonly maxLine: number;
  readonly showSecrets?: boolean;
}

export function addProxyCommand(program: Command, call: string): void {
  const command = program
    .command('proxy')
    .summary('relay FTP sessions to a server and show them')
    .description('Relays FTP sessions to a server, data connections included, and shows every command and reply.')
    .argument('[upstream]', 'the server: ftp://HOST[:PORT], or ftps://HOST[:PORT] for implicit TLS');
  addListenOptions(command);
  addRelayOptions(command);
  addTransparentOptions(command);
  addForwardOptions(command);
  addProxyProtocolOptions(command);
  addTlsOptions(command);
  addBoundOptions(command);
  addRecordingOptions(command, 'all observations');
  command.option('--show-secrets', 'do not mask passwords, neither shown nor written');
  addViewOptions(command);
  addControlOption(command);
  command
    .addHelpText('after', proxyExamples(call))
    .action((upstream: string | undefined, options: ProxyCommandOptions) => runProxyCommand(upstream, options, call));
}

function addRelayOptions(command: Command): void {
  command
    .addOption(
      option(
        '--server-mode <mode>',
        'who listens for data towards the server: as the client asks for, or of our own choice',
      )
        .choices(SERVER_MODE_POLICIES)
        .default('same'),
    )
    .addOption(
      option('--data-ports <from-to>', 'ports for data connections; or client=FROM-TO, server=FROM-TO').argParser(
        appended(forSides(parsePortRange)),
      ),
    )
    .addOption(
      option(
        '--advertise <address>',
        'address told to peers that connect to the proxy: IP, host name or @FILE; or client=..., server=...',
      ).argParser(appended(forSides(parseAdvertised))),
    )
    .addOption(
      option('--active-source-port <port>', 'source port of data connections to active clients').argParser(
        parsed(parseSourcePort),
      ),
    )
    .addOption(
      option('--bind-upstream <address>', 'local address of connections to the server').argParser(parsed(parseAddress)),
    )
    .addOption(
      option(
        '--pasv-address <policy>',
        "a 227 that names another host than the server's: use the server's, refuse, or follow",
      )
        .choices(PASV_ADDRESS_POLICIES)
        .default('ignore'),
    )
    .option('--allow-foreign-port', 'accept PORT and EPRT to other hosts and to ports below 1024');
}

function addProxyProtocolOptions(command: Command): void {
  command
    .addOption(
      option(
        '--accept-proxy-protocol <from>',
        'addresses (CIDR) of load balancers that tell who the client is, in a PROXY header (v1, v2)',
      ).argParser(appended(parseAddressRangeText)),
    )
    .addOption(
      option('--send-proxy-protocol <version>', 'tell the server who the client is, in a PROXY header').choices(
        PROXY_PROTOCOL_VERSIONS,
      ),
    );
}

function addBoundOptions(command: Command): void {
  const duration = (flags: string, description: string, ms: number, shown: string) =>
    command.addOption(option(flags, description).argParser(parsed(parseDuration)).default(ms, shown));
  duration('--connect-timeout <time>', 'for the server to accept and to greet', DEFAULT_CONNECT_TIMEOUT_MS, '30s');
  duration('--idle-timeout <time>', 'without a command, while no transfer runs', DEFAULT_IDLE_TIMEOUT_MS, '15m');
  duration('--data-timeout <time>', 'without a byte on a data connection', DEFAULT_DATA_TIMEOUT_MS, '5m');
  command
    .addOption(
      option('--max-sessions <count>', 'sessions at the same time')
        .argParser(parsed(parseCount))
        .default(DEFAULT_MAX_SESSIONS),
    )
    .addOption(
      option('--max-line <size>', 'longest control line')
        .argParser(parsed(parseLineSize))
        .default(DEFAULT_MAX_LINE_BYTES, '16KiB'),
    );
}

async function runProxyCommand(
  upstreamText: string | undefined,
  options: ProxyCommandOptions,
  call: string,
): Promise<void> {
  checkTransparent(upstreamText, options);
  const forward = forwardOptions(upstreamText, options);
  const finds = options.transparent === undefined && forward === null;
  const listeners = finds ? listenersOf(options, upstreamText) : options.listen;
  const route = { listeners, forward };
  return withConsole(watchedFromElsewhere(options), titleOf(route, options.transparent), (session) =>
    relay(route, options, { ...session, call }),
  );
}

async function relay(
  route: Route,
  options: ProxyCommandOptions,
  session: ConsoleSession & { readonly call: string },
): Promise<void> {
  const { notices, view, stop, call } = session;
  const { tls, certificates } = await chooseTls(options, { listen: route.listeners }, (line) => notices.error(line));
  const recording = openRecording(options);
  const watch = await openWatch(options);
  try {
    const proxy = await startRelay(
      {
        ...proxyOptions(route, options),
        tls,
        ...(recording.payloads === null ? {} : { payloads: recording.payloads }),
      },
      {
        record: (observation) => recording.transcript?.write(observation),
        show: (observation) => {
          view.show(observation);
          watch?.observe(observation);
        },
        notices,
      },
    );
    watch?.serves(proxy);
    const title = titleOf(route, options.transparent, proxy.addresses);
    session.operatedBy?.({ ...operatorOf(proxy, recording, options), title });
    if (certificates.problem !== null) notices.warn(certificates.problem);
    for (const line of hints(route, proxy, { ...options, call })) notices.info(line);
    void warnOfAdvertised(options.advertise ?? [], notices);
    certificates.prepare();
    await stop.asked;
    await proxy.close();
    view.end();
  } finally {
    await watch?.close();
    closeRecording(recording);
  }
}

function proxyOptions({ listeners, forward }: Route, options: ProxyCommandOptions): ProxyOptions {
  return {
    listen: listeners,
    ...(forward === null ? {} : { forward }),
    ...(options.transparent === undefined ? {} : { transparent: options.transparent }),
    spoofClient: options.spoofClient ?? false,
    ...(options.acceptProxyProtocol === undefined ? {} : { acceptProxyProtocolFrom: options.acceptProxyProtocol }),
    ...(options.sendProxyProtocol === undefined ? {} : { sendProxyProtocol: options.sendProxyProtocol }),
    ...(options.dataPorts === undefined ? {} : { dataPorts: perSide(options.dataPorts) }),
    ...(options.advertise === undefined ? {} : { advertise: perSide(options.advertise) }),
    serverMode: options.serverMode,
    ...(options.activeSourcePort === undefined ? {} : { activeSourcePort: options.activeSourcePort }),
    ...(options.bindUpstream === undefined ? {} : { bindUpstream: options.bindUpstream }),
    pasvAddress: options.pasvAddress,
    allowForeignPort: options.allowForeignPort ?? false,
    connectTimeoutMs: options.connectTimeout,
    idleTimeoutMs: options.idleTimeout,
    dataTimeoutMs: options.dataTimeout,
    maxSessions: options.maxSessions,
    maxLineBytes: options.maxLine,
    showSecrets: options.showSecrets ?? false,
  };
}
