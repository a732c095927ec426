// `ftpscope demo`: a sample server, the proxy in front of it, and a scripted client, so that there is something to see
// with nothing else installed.
import type { Command } from 'commander';
import type { DemoResult } from '../demo/demo-script.js';
import type { Observation } from '../dialogue/observation.js';
import type { RecordingErrorPolicy, RunningProxy } from '../net/proxy-options.js';
import { type Endpoint, formatEndpoint } from '../protocol/endpoint.js';
import { formatBytes, formatCount } from '../words/quantities.js';
import { examplesText } from './options/help-page.js';
import { addViewOptions, appended, option } from './options/options.js';
import { relayFlag } from './options/relay-flags.js';
import { parseListen } from './options/values.js';
import { Failure, ToldFailure } from './program/errors.js';
import type { ViewOptions } from './program/view.js';
import { reachableHere } from './proxy/listening-address.js';
import { operatorOf } from './proxy/proxy-watch.js';
import { RecordingFaults } from './recordings/recording-faults.js';
import {
  addRecordingOptions,
  closeRecording,
  openRecording,
  type RecordingOptions,
} from './recordings/recording-output.js';
import { type ConsoleSession, withConsole } from './screen/console-session.js';

interface DemoCommandOptions extends ViewOptions, RecordingOptions {
  readonly listen: readonly Endpoint[];
  readonly stay?: boolean;
  readonly onRecordingError: RecordingErrorPolicy;
}

const ANY_PORT: Endpoint = { address: '127.0.0.1', port: 0 };

export function addDemoCommand(command: Command, call: string): void {
  command
    .description('Runs a scripted client through the proxy against a built-in sample server, and shows the session.')
    .option('--stay', 'then keep server and proxy up, for a client of your own')
    .addOption(
      option('--listen <host:port>', 'where the proxy listens; may be given several times')
        .argParser(appended(parseListen))
        .default([ANY_PORT], 'any free port of 127.0.0.1'),
    );
  addRecordingOptions(command, 'all observations');
  command.addOption(relayFlag('onRecordingError'));
  addViewOptions(command);
  command
    .addHelpText('after', () => examplesText([[`${call} demo`], [`${call} demo --stay --listen 127.0.0.1:2121`]]))
    .action((options: DemoCommandOptions) =>
      withConsole(options, 'demo', (session) => runDemo(options, call, session)),
    );
}

async function runDemo(options: DemoCommandOptions, call: string, session: ConsoleSession): Promise<void> {
  const { notices, view, stop } = session;
  const { startSampleServer } = await import('../demo/sample-server.js');
  const { startRelay } = await import('./proxy/relay.js');
  const faults = new RecordingFaults(notices, options.onRecordingError, () => stop.ask());
  const recording = openRecording(options, faults.resumption);
  const server = await startSampleServer();
  const { address } = server;
  const counts = new ServedCounts();
  const record = (observation: Observation) => {
    recording.transcript?.write(observation);
    counts.add(observation);
  };
  try {
    const proxy = await startRelay(
      {
        server: address,
        listen: options.listen,
        payloads: recording.payloads ?? undefined,
        onRecordingError: options.onRecordingError,
      },
      { record, show: view.show, notices, faults },
    );
    session.operatedBy?.(operatorOf(proxy, recording, options));
    try {
      const result = await Promise.race([playScript(proxy), stop.asked]);
      if (faults.isFatal) throw new ToldFailure();
      if (result === undefined) return;
      notices.info(`demo: ${counts.summary(result)}`);
      for (const line of options.stay ? ownClient(proxy, address) : nextSteps(call)) notices.info(line);
      if (options.stay || view.stays) await stop.asked;
    } finally {
      await proxy.close();
      view.end();
    }
  } finally {
    await server.close();
    closeRecording(recording);
  }
}

async function playScript(proxy: RunningProxy): Promise<DemoResult> {
  const { runDemoScript } = await import('../demo/demo-script.js');
  const result = await runDemoScript(clientAddress(proxy)).catch((error: unknown) => {
    throw new Failure(`the demo did not go as planned: ${error instanceof Error ? error.message : String(error)}`);
  });
  if (result.allBytesMatched) return result;
  throw new Failure(`the demo got other bytes than it should: ${result.mismatches.join(', ')}`);
}

/** Counts what passes by. */
class ServedCounts {
  private commands = 0;
  private errors = 0;
  private links = 0;

  add(observation: Observation): void {
    if (observation.kind === 'command') this.commands += 1;
    if (observation.kind === 'reply' && observation.code >= 400) this.errors += 1;
    if (observation.kind === 'link-opened') this.links += 1;
  }

  summary({ bytes }: DemoResult): string {
    const counts = [
      formatCount(this.commands, 'command'),
      formatCount(this.links, 'data connection'),
      formatCount(this.errors, 'error reply', 'error replies'),
    ];
    return `saw ${counts.join(', ')}; ${formatBytes(bytes)} went through the proxy unchanged`;
  }
}

function nextSteps(call: string): string[] {
  return [
    `next: ${call} demo --stay, for a client of your own; ${call} proxy ftp://YOUR-SERVER, for a server of your own`,
  ];
}

/** Ready to be pasted. */
function ownClient(proxy: RunningProxy, server: Endpoint): string[] {
  const { address, port } = clientAddress(proxy);
  const url = `ftp://demo:sesame@${formatEndpoint({ address, port })}`;
  return [
    '',
    'Server and proxy stay up until Ctrl-C. Through the proxy, as user demo with password sesame:',
    `  curl ${url}/`,
    `  curl ${url}/report.pdf -o report.pdf`,
    `  lftp -u demo,sesame -p ${port} ${address}`,
    `  ftp ${address} ${port}`,
    `Past the proxy, to compare: curl ftp://demo:sesame@${formatEndpoint(server)}/`,
    '',
  ];
}

function clientAddress({ addresses }: RunningProxy): Endpoint {
  return reachableHere(addresses[0] ?? ANY_PORT);
}
