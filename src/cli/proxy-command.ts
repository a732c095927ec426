// `ftpscope proxy`: its options, and the proxy between a client and a server as they ask for it.
import type { Command } from 'commander';
import { addForwardOptions, type ForwardCommandOptions, forwardOptions } from './options/forward-options.js';
import { addListenOptions, type ListenOptions, listenersOf } from './options/listeners.js';
import { addDiagnosisOptions, addViewOptions } from './options/options.js';
import { addRelayFlags, type RelaySettings, relaySettings } from './options/relay-flags.js';
import { checkTransparent } from './options/transparent-options.js';
import { ToldFailure } from './program/errors.js';
import { FailOn } from './program/fail-on.js';
import type { ViewOptions } from './program/view.js';
import { hints, pumpInWords, type Route, warnOfAdvertised, warnOfServers } from './proxy/proxy-notices.js';
import {
  addAdminSocketOption,
  openWatch,
  operatorOf,
  titleOf,
  type WatchOptions,
  watchedFromElsewhere,
} from './proxy/proxy-watch.js';
import { proxyExamples } from './proxy-examples.js';
import { RecordingFaults } from './recordings/recording-faults.js';
import {
  addRecordingOptions,
  closeRecording,
  openRecording,
  type RecordingOptions,
} from './recordings/recording-output.js';
import { type ConsoleSession, withConsole } from './screen/console-session.js';
import { addTlsOptions, chooseTls, type TlsOptions } from './tls/tls-options.js';

/** The options as commander returns them, and those of the relay as its settings. */
interface ProxyCommandOptions
  extends WatchOptions,
    ViewOptions,
    RecordingOptions,
    TlsOptions,
    ListenOptions,
    ForwardCommandOptions {
  readonly relay: RelaySettings;
}

export function addProxyCommand(command: Command, call: string): void {
  command
    .description('Relays FTP sessions to a server, data connections included, and shows every command and reply.')
    .argument('[server]', 'the server: ftp://HOST[:PORT], or ftps://HOST[:PORT] for implicit TLS');
  addListenOptions(command);
  addForwardOptions(command);
  addRelayFlags(command);
  addTlsOptions(command);
  addRecordingOptions(command, 'all observations');
  addViewOptions(command);
  addDiagnosisOptions(command);
  addAdminSocketOption(command);
  command
    .addHelpText('after', () => proxyExamples(call))
    .action((server: string | undefined, options: Omit<ProxyCommandOptions, 'relay'>) =>
      runProxyCommand(server, { ...options, relay: relaySettings(command) }, call),
    );
}

async function runProxyCommand(
  serverText: string | undefined,
  options: ProxyCommandOptions,
  call: string,
): Promise<void> {
  const { transparent } = options.relay;
  checkTransparent(serverText, { ...options, ...options.relay });
  const forward = forwardOptions(serverText, { ...options, transparent });
  const finds = transparent === undefined && forward === null;
  const listeners = finds ? listenersOf(options, serverText) : options.listen;
  const route = { listeners, forward };
  return withConsole(watchedFromElsewhere(options), titleOf(route, transparent), (session) =>
    relay(route, options, { ...session, call }),
  );
}

async function relay(
  route: Route,
  options: ProxyCommandOptions,
  session: ConsoleSession & { readonly call: string },
): Promise<void> {
  const { notices, view, stop, call } = session;
  const { startRelay } = await import('./proxy/relay.js');
  const { tls, certificates } = await chooseTls(options, { listen: route.listeners }, (line) => notices.error(line));
  const { onRecordingError } = options.relay;
  const faults = new RecordingFaults(notices, onRecordingError, () => stop.ask());
  const recording = openRecording(options, faults.resumption);
  const watch = await openWatch(options);
  const failOn = new FailOn(options.failOn, options.findings);
  try {
    const proxy = await startRelay(
      {
        ...options.relay,
        listen: route.listeners,
        forward: route.forward ?? undefined,
        tls,
        payloads: recording.payloads ?? undefined,
        findings: options.findings,
      },
      {
        record: (observation) => recording.transcript?.write(observation),
        show: (observation) => {
          view.show(observation);
          watch?.observe(observation);
          failOn.take(observation);
        },
        notices,
        faults,
      },
    );
    watch?.serves(proxy);
    const title = titleOf(route, options.relay.transparent, proxy.addresses);
    session.operatedBy?.({ ...operatorOf(proxy, recording, options), title });
    if (certificates.problem !== null) notices.warn(certificates.problem);
    for (const line of hints(route, proxy, { ...options.relay, listen: options.listen, call })) notices.info(line);
    if (options.verbose) notices.info(pumpInWords(await proxy.pumpState()));
    void warnOfServers(route.listeners, notices);
    void warnOfAdvertised(options.relay.advertise, notices);
    certificates.prepare();
    await stop.asked;
    await proxy.close();
    view.end();
    if (proxy.healthChecks > 0) notices.info(`health checks of load balancers: ${proxy.healthChecks}`);
    if (failOn.fails(notices) || faults.isFatal) throw new ToldFailure();
  } finally {
    await watch?.close();
    closeRecording(recording);
  }
}
