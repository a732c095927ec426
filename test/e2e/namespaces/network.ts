// A network of three machines that are namespaces of the kernel: client - router - server, where the proxy stands on the router
// unless a test says otherwise. Needs root on Linux. Addresses are those for documentation (RFC 5737, RFC 3849), and exist inside
// the namespaces only. Whatever happens, nothing of it is left: names hold our process's id, and its end removes them, too.
import { spawnSync } from 'node:child_process';
import { becomesTrue, type Child, runChild, startChild, stopChild } from '../child-process.js';
import { missing, type Peer } from '../peers.js';

/** Of a machine, on each family. */
export interface Addresses {
  readonly 4: string;
  readonly 6: string;
}

export const CLIENT: Addresses = { 4: '198.51.100.2', 6: '2001:db8:1::2' };
export const ROUTER_AT_CLIENT: Addresses = { 4: '198.51.100.1', 6: '2001:db8:1::1' };
export const ROUTER_AT_SERVER: Addresses = { 4: '203.0.113.1', 6: '2001:db8:2::1' };
export const SERVER: Addresses = { 4: '203.0.113.2', 6: '2001:db8:2::2' };

/** Names of the router's interfaces. */
export const TO_CLIENT = 'toclient';
export const TO_SERVER = 'toserver';

/** A chain of rules, one statement a line, as `nft` reads them. */
export interface Chain {
  readonly family?: 'inet' | 'ip' | 'ip6';
  /** What it is: `type filter hook input priority filter; policy accept;`. */
  readonly hook: string;
  readonly rules: readonly string[];
}

const NETWORK_PEERS: readonly Peer[] = [
  { file: 'ip', from: 'iproute2' },
  { file: 'nft', from: 'nftables' },
];
const IP = 'ip';
const COMMAND_MS = 10_000;
const LIFETIME_MS = 120_000;

/** Why there can be no network here, in words; undefined when there can. */
export function noNetwork(peers: readonly Peer[]): string | undefined {
  if (process.platform !== 'linux') return 'network namespaces are a thing of Linux';
  if (process.getuid?.() !== 0) return 'network namespaces need root';
  return missing([...NETWORK_PEERS, ...peers]);
}

const existing = new Set<string>();
process.on('exit', () => {
  for (const name of existing) {
    endEveryone(name);
    spawnSync(IP, ['netns', 'delete', name], { timeout: COMMAND_MS });
  }
});

/** Ends whatever runs on a machine of ours, by the ids; how many there were. */
function endEveryone(name: string): number {
  const { stdout } = spawnSync(IP, ['netns', 'pids', name], { timeout: COMMAND_MS, encoding: 'utf8' });
  const pids = stdout.split('\n').filter((pid) => pid !== '');
  for (const pid of pids) {
    try {
      process.kill(Number(pid), 'SIGKILL');
    } catch {
      // It has ended by itself.
    }
  }
  return pids.length;
}

let networks = 0;

/** One machine of the network. */
export class Machine {
  private readonly children: Child[] = [];
  private chains = 0;

  constructor(readonly name: string) {}

  /** Runs to its end; what it said, the exit status last. */
  run(program: string, args: readonly string[], options: { readonly cwd?: string; readonly timeoutMs?: number } = {}) {
    const { cwd = '/', timeoutMs = COMMAND_MS } = options;
    return runChild('ip', ['netns', 'exec', this.name, program, ...args], { cwd, timeoutMs });
  }

  start(program: string, args: readonly string[], cwd = '/'): Child {
    const child = startChild('ip', ['netns', 'exec', this.name, program, ...args], { cwd, timeoutMs: LIFETIME_MS });
    child.ended.catch(() => undefined);
    this.children.push(child);
    return child;
  }

  /** Adds a chain of rules to its firewall. */
  async firewall({ family = 'inet', hook, rules }: Chain): Promise<void> {
    this.chains += 1;
    const table = `${family} ftpscope_test`;
    await this.must('nft', ['add', 'table', ...table.split(' ')]);
    await this.must('nft', [`add chain ${table} chain${this.chains} { ${hook} }`]);
    for (const rule of rules) await this.must('nft', [`add rule ${table} chain${this.chains} ${rule}`]);
  }

  async must(program: string, args: readonly string[]): Promise<void> {
    const said = await this.run(program, args);
    if (!said.endsWith('exited with 0]')) throw new Error(`${program} ${args.join(' ')}: ${said}`);
  }

  async stop(): Promise<void> {
    for (const child of this.children.reverse()) await stopChild(child.process);
    // Servers put their sessions into process groups of their own.
    const isEmpty = await becomesTrue(() => endEveryone(this.name) === 0, COMMAND_MS);
    if (!isEmpty) throw new Error(`processes on ${this.name} cannot be ended`);
    await ip('netns', 'delete', this.name);
    existing.delete(this.name);
  }
}

export interface Network {
  readonly client: Machine;
  readonly router: Machine;
  readonly server: Machine;
}

/** Makes a network for the time of `use`; both sides speak both families unless told to speak one. */
export async function withNetwork<T>(
  use: (network: Network) => Promise<T>,
  families: { readonly client?: readonly (4 | 6)[]; readonly server?: readonly (4 | 6)[] } = {},
): Promise<T> {
  networks += 1;
  const number = networks;
  const made: Machine[] = [];
  const machine = async (role: string) => {
    const name = `ftpscope-${process.pid}-${number}-${role}`;
    existing.add(name);
    await ip('netns', 'add', name);
    const one = new Machine(name);
    made.push(one);
    await one.must('ip', ['link', 'set', 'lo', 'up']);
    return one;
  };
  try {
    const [client, router, server] = [await machine('client'), await machine('router'), await machine('server')];
    await join(router, TO_CLIENT, ROUTER_AT_CLIENT, client, CLIENT, families.client ?? [4, 6]);
    await join(router, TO_SERVER, ROUTER_AT_SERVER, server, SERVER, families.server ?? [4, 6]);
    const forwarding = ['net/ipv4/ip_forward', 'net/ipv6/conf/all/forwarding'];
    await router.must('sh', ['-c', forwarding.map((file) => `echo 1 > /proc/sys/${file}`).join(' && ')]);
    return await use({ client, router, server });
  } finally {
    for (const one of made.reverse()) await one.stop();
  }
}

async function join(
  router: Machine,
  atRouter: string,
  own: Addresses,
  machine: Machine,
  its: Addresses,
  families: readonly (4 | 6)[],
): Promise<void> {
  const peer = ['peer', 'name', 'eth0', 'netns', machine.name];
  await ip('-netns', router.name, 'link', 'add', atRouter, 'type', 'veth', ...peer);
  for (const family of families) {
    const length = family === 4 ? 24 : 64;
    const duplicates = family === 6 ? ['nodad'] : [];
    await router.must('ip', ['address', 'add', `${own[family]}/${length}`, 'dev', atRouter, ...duplicates]);
    await machine.must('ip', ['address', 'add', `${its[family]}/${length}`, 'dev', 'eth0', ...duplicates]);
  }
  await router.must('ip', ['link', 'set', atRouter, 'up']);
  await machine.must('ip', ['link', 'set', 'eth0', 'up']);
  for (const family of families)
    await machine.must('ip', [`-${family}`, 'route', 'add', 'default', 'via', own[family], 'dev', 'eth0']);
}

async function ip(...args: readonly string[]): Promise<void> {
  const said = await runChild('ip', args, { cwd: '/', timeoutMs: COMMAND_MS });
  if (!said.endsWith('exited with 0]')) throw new Error(`ip ${args.join(' ')}: ${said}`);
}
