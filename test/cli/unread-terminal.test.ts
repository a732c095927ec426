// A terminal that takes no more (Ctrl-S, an ssh session that hangs) holds up no traffic, and no end of the program.
import { spawn } from 'node:child_process';
import { createInterface } from 'node:readline';
import { fileURLToPath } from 'node:url';
import { expect, onTestFinished, test } from 'vitest';
import { runDemoScript } from '../../src/demo/demo-script.js';
import { startSampleServer } from '../../src/demo/sample-server.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import { hasPython } from '../support/python.js';
import { connectPeer, listenForPeers } from '../support/scripted-server.js';
import { BIN } from './program.js';

const ON_A_TERMINAL = fileURLToPath(new URL('unread-terminal.py', import.meta.url));

/** Gives what asks the one who holds the terminal. */
function onATerminal(argv: readonly string[]): (line: string) => Promise<string> {
  const holder = spawn('python3', [ON_A_TERMINAL, process.execPath, BIN, ...argv], {
    stdio: ['pipe', 'pipe', 'inherit'],
  });
  onTestFinished(async () => {
    holder.stdin.end();
    await new Promise((resolve) => holder.once('exit', resolve));
  });
  const answers = createInterface({ input: holder.stdout })[Symbol.asyncIterator]();
  return async (line) => {
    holder.stdin.write(`${line}\n`);
    return String((await answers.next()).value);
  };
}

async function freePort(): Promise<Endpoint> {
  const listener = await listenForPeers();
  listener.close();
  return listener.endpoint;
}

async function untilItListens(endpoint: Endpoint): Promise<void> {
  for (;;) {
    const peer = await connectPeer(endpoint).catch(() => null);
    if (peer !== null) return void (await peer.ask('QUIT'));
    await new Promise((resolve) => setTimeout(resolve, 50));
  }
}

test.skipIf(process.platform !== 'linux' || !hasPython).each([['--plain'], ['--json'], ['--dashboard']])(
  'sessions go on, and the program ends (%s)',
  async (view) => {
    const server = await startSampleServer();
    onTestFinished(() => server.close());
    const proxy = await freePort();
    const { address, port } = server.address;
    const tell = onATerminal(['proxy', `ftp://${address}:${port}`, '--listen', `127.0.0.1:${proxy.port}`, view]);
    await untilItListens(proxy);
    expect(await tell('stop')).toBe('stop');
    for (let run = 0; run < 3; run += 1) {
      const { transfers } = await runDemoScript(proxy);
      expect(transfers).toBeGreaterThan(3);
    }
    expect(await tell('end')).toBe('0');
  },
);
