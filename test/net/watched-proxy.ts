// A proxy under test: what it observes is kept, can be waited for, and is checked for its own rules when the test is over.
import { afterAll, expect, onTestFinished } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { createProxy } from '../../src/net/proxy.js';
import type { ProxyFault, ProxyOptions, RunningProxy } from '../../src/net/proxy-options.js';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import {
  connectPeer,
  Happenings,
  type Peer,
  type Script,
  type ScriptedServer,
  startScriptedServer,
} from '../support/scripted-server.js';

type Kind = Observation['kind'];
type Of<K extends Kind> = Extract<Observation, { kind: K }>;

export interface WatchedProxy {
  readonly proxy: RunningProxy;
  /** Where it listens first. */
  readonly endpoint: Endpoint;
  readonly observations: readonly Observation[];
  readonly faults: readonly ProxyFault[];
  /** Waits for the first observation of a kind that satisfies `where`. */
  seen<K extends Kind>(kind: K, where?: (observation: Of<K>) => boolean): Promise<Of<K>>;
  all<K extends Kind>(kind: K): Of<K>[];
  /** Waits until no session is left. */
  idle(): Promise<void>;
}

export interface Watch {
  /** The proxy is meant to meet a fault of its own, or to stop observing. */
  readonly troubled?: boolean;
}

export async function watchProxy(options: ProxyOptions, { troubled = false }: Watch = {}): Promise<WatchedProxy> {
  const observations: Observation[] = [];
  const faults: ProxyFault[] = [];
  const happenings = new Happenings();
  const proxy = await createProxy({
    ...options,
    listen: options.listen ?? [{ address: '127.0.0.1', port: 0 }],
    observe: (observation) => {
      observations.push(observation);
      options.observe?.(observation);
      happenings.happened();
    },
    onFault: (fault) => {
      faults.push(fault);
      options.onFault?.(fault);
    },
  });
  onTestFinished(async () => {
    await proxy.close();
    if (troubled) return;
    expect(faults, 'faults of the proxy').toEqual([]);
    expectWholeSessions(observations);
  });
  const all = <K extends Kind>(kind: K) => observations.filter((one): one is Of<K> => one.kind === kind);
  const seen = <K extends Kind>(kind: K, where: (observation: Of<K>) => boolean = () => true) =>
    happenings.until(
      () => all(kind).find(where),
      () => `${kind}; observed: ${observations.map(inShort).join(' | ')}`,
    );
  const idle = () => poll(() => proxy.sessionCount === 0, 'the proxy to have no session');
  const [endpoint = { address: '', port: 0 }] = proxy.addresses;
  return { proxy, endpoint, observations, faults, seen, all, idle };
}

export interface ScriptedSession extends WatchedProxy {
  readonly server: ScriptedServer;
  /** Connected to the proxy; has read nothing. */
  readonly client: Peer;
}

/** A scripted server, the proxy before it, and a raw client. */
export async function scriptedSession(
  script: Script = {},
  options: Partial<ProxyOptions> = {},
): Promise<ScriptedSession> {
  const server = await startScriptedServer(script);
  const watched = await watchProxy({ server: server.endpoint, ...options });
  const client = await connectPeer(watched.endpoint);
  return { ...watched, server, client };
}

/** The same, and the client has read the greeting. */
export async function greetedSession(
  script: Script = {},
  options: Partial<ProxyOptions> = {},
): Promise<ScriptedSession> {
  const session = await scriptedSession(script, options);
  expect(await session.client.readReply()).toBe('220 Scripted server');
  return session;
}

/** The endpoint that a 227 names. */
export function endpointOf227(reply: string): Endpoint {
  const numbers = /(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)/.exec(reply)?.slice(1).map(Number) ?? [];
  expect(numbers, reply).toHaveLength(6);
  return { address: numbers.slice(0, 4).join('.'), port: (numbers[4] ?? 0) * 256 + (numbers[5] ?? 0) };
}

/** The port that a 229 names. */
export function portOf229(reply: string): number {
  return Number(/\(\|\|\|(\d+)\|\)/.exec(reply)?.[1]);
}

/**
 * A whole session of another client. What the proxy had sent before it has arrived by then: to be awaited before it is said that
 * something was not sent.
 */
export async function meanwhile(endpoint: Endpoint): Promise<void> {
  const other = await connectPeer(endpoint);
  await other.readReply();
  await other.ask('NOOP');
  await other.ask('QUIT');
  await other.over();
}

/** For what no event tells of: asked again and again, for a while. */
export async function poll(condition: () => boolean, what: string, patienceMs = 4000): Promise<void> {
  const until = performance.now() + patienceMs;
  while (!condition()) {
    if (performance.now() > until) throw new Error(`waited ${patienceMs} ms for ${what}`);
    await new Promise((resolve) => setTimeout(resolve, 5));
  }
}

/** Called once in a file: after its tests no socket and no listener is left. */
export function leavesNothingOpen(): void {
  afterAll(() => poll(() => openTcp().length === 0, 'all TCP handles to be closed', 2000));
}

export function openTcp(): readonly string[] {
  return process.getActiveResourcesInfo().filter((resource) => resource.startsWith('TCP'));
}

/** A session opens, is observed in the order of time, and closes once, with every link that it opened closed before. */
function expectWholeSessions(observations: readonly Observation[]): void {
  for (const session of new Set(observations.map((one) => one.session))) {
    const own = observations.filter((one) => one.session === session);
    const story = own.map(inShort).join(' | ');
    expect([own[0]?.kind, own.at(-1)?.kind], story).toEqual(['session-opened', 'session-closed']);
    expect(
      own.filter((one) => one.kind === 'session-closed'),
      story,
    ).toHaveLength(1);
    const times = own.map((one) => one.at);
    expect(times, story).toEqual([...times].sort((left, right) => left - right));
    const links = (kind: 'link-opened' | 'link-closed') =>
      own.flatMap((one) => (one.kind === kind ? [one.link] : [])).sort((left, right) => left - right);
    expect(links('link-closed'), story).toEqual(links('link-opened'));
    expect(new Set(links('link-opened')).size, story).toBe(links('link-opened').length);
  }
}

function inShort(observation: Observation): string {
  switch (observation.kind) {
    case 'command':
      return `-> ${observation.line}`;
    case 'reply':
      return `<- ${observation.lines[0]}${observation.by === 'proxy' ? ' (proxy)' : ''}`;
    case 'violation':
      return `violation ${observation.code}`;
    case 'link-closed':
      return `link-closed ${observation.outcome} ${observation.reason} ${observation.bytes}`;
    case 'session-closed':
      return `session-closed ${observation.by}: ${observation.reason}`;
    default:
      return observation.kind;
  }
}
