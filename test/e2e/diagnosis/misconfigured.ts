// Servers that are set up wrongly, a proxy in front of them, and what it finds in the sessions of a client.
import { fileURLToPath } from 'node:url';
import type { TestContext } from 'vitest';
import { expect } from 'vitest';
import type { Finding } from '../../../src/dialogue/observation.js';
import { cannotTest, missing } from '../peers.js';
import { type ProxySettings, startProxy } from '../proxy.js';
import { pyftpdlib } from '../servers/pyftpdlib.js';
import { type Place, type Server, startServer } from '../servers/server.js';
import { TalkingClient } from './talking-client.js';

const ODD_SERVER = fileURLToPath(new URL('odd-server.py', import.meta.url));

/** A server whose configuration has these lines in place of those that begin with the same word, or in addition. */
export function configured(server: Server, file: string, ...lines: readonly string[]): Server {
  const wordOf = (line: string) => line.split(/[ =]/)[0];
  const words = new Set(lines.map(wordOf));
  return {
    ...server,
    files: (place) => {
      const files = server.files(place);
      const rest = (files[file] ?? '').split('\n').filter((line) => !words.has(wordOf(line)));
      const filled = lines.map((line) => line.replaceAll('FOLDER', place.folder));
      return { ...files, [file]: [...filled, ...rest].join('\n') };
    },
  };
}

/** The same server, started with more options or in another environment. */
export function startedWith(
  server: Server,
  change: (line: readonly [string, ...string[]]) => readonly [string, ...string[]],
): Server {
  return {
    ...server,
    commands: (place) =>
      server.commands(place).map((line, index, all) => (index === all.length - 1 ? change(line) : line)),
  };
}

/** pyftpdlib with an oddity of others (odd-server.py); `none`: as it is. */
export function oddServer(oddity: string): Server {
  const commands: Server['commands'] = ({ root, host, port }) => [
    ['/usr/bin/python3', ODD_SERVER, host, String(port), root, pyftpdlib.user, pyftpdlib.password, oddity],
  ];
  return { ...pyftpdlib, commands };
}

export interface Stage {
  readonly place: Place;
  readonly proxy: { readonly host: string; readonly port: number };
  /** Logged in, unless the test does that itself. */
  client(): Promise<TalkingClient>;
  newcomer(): Promise<TalkingClient>;
}

/** What is found while the client does that, without what is only worth knowing, unless it is asked for. */
export async function findingsOf(
  server: Server,
  act: (stage: Stage) => Promise<void>,
  settings: ProxySettings = {},
): Promise<readonly Finding[]> {
  const running = await startServer(server, 4);
  const clients: TalkingClient[] = [];
  try {
    const proxy = await startProxy(running.place, settings);
    try {
      const newcomer = async () => {
        const client = await TalkingClient.connect(proxy);
        clients.push(client);
        return client;
      };
      const client = async () => {
        const one = await newcomer();
        await one.login(server.user, server.password);
        return one;
      };
      await act({ place: running.place, proxy, client, newcomer });
      for (const one of clients) one.close();
      const observations = await proxy.observations();
      return observations.filter((one) => one.kind === 'finding');
    } finally {
      await proxy.stop();
    }
  } finally {
    for (const one of clients) one.close();
    await running.stop();
  }
}

/** `severity leg fault id` of each. */
export const inShort = (findings: readonly Finding[]) =>
  findings.map(({ severity, leg, fault, diagnosis }) => `${severity} ${leg ?? '-'} ${fault} ${diagnosis}`);

/** One finding, as it is expected, with a server's setting that mends it; and none of it behind the fix. */
export async function expectMended(
  wrong: { readonly server: Server; readonly settings?: ProxySettings },
  fixed: { readonly server: Server } | null,
  act: (stage: Stage) => Promise<void>,
  expected: string,
  setting: RegExp,
): Promise<void> {
  const findings = await findingsOf(wrong.server, act, wrong.settings);
  expect(inShort(findings)).toContain(expected);
  const id = expected.split(' ').at(-1);
  const found = findings.find(({ diagnosis }) => diagnosis === id);
  expect(Object.values(found?.fix ?? {}).join('\n')).toMatch(setting);
  if (fixed === null) return;
  const later = await findingsOf(fixed.server, act, wrong.settings);
  expect(later.map(({ diagnosis }) => diagnosis)).not.toContain(id);
}

/** True where a server is not on this machine: the test is skipped then. */
export function isMissing(context: TestContext, ...servers: readonly Server[]): boolean {
  const reason = missing(servers.flatMap(({ needs }) => needs));
  if (reason !== undefined) cannotTest(context, reason);
  return reason !== undefined;
}
