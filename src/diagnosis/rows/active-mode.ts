// PORT and EPRT: what clients name, servers refuse, and firewalls on either side of the proxy do not let through.
import { LOWEST_UNPRIVILEGED_PORT } from '../../dialogue/announced-port.js';
import type { ConnectionFailure, LinkClosed } from '../../dialogue/observation.js';
import { isPrivateAddress } from '../../protocol/address-range.js';
import { addressFamily } from '../../protocol/endpoint.js';
import { activePort, clientHost, refusedBehind, replyLine, shownEndpoint } from '../data-legs.js';
import { PASSIVE_CLIENTS } from '../known-settings.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';

const FTP_PORT = 21;
const FTP_DATA_PORT = 20;

/** Why the client's port could not be connected to; null where it could. */
function activeFailure({ cause, failure, client, server, durationMs }: LinkClosed): ConnectionFailure | null {
  if (client.mode !== 'active' || client.local !== null || durationMs !== null) return null;
  if (cause === 'client-unreachable') return failure ?? 'other';
  // In captures, where the server's 425 or the end of the session came first.
  const isCaptured = server.mode === 'active' && server.local === null;
  return isCaptured && cause !== 'server-did-not-connect' ? (failure ?? null) : null;
}

const FIX_ACTIVE = {
  client: 'Use passive mode, or let the program be connected to (its own firewall, the forwarding of its ports).',
} as const;

export const ACTIVE_MODE: readonly DiagnosisRow[] = [
  {
    id: 'lprt-used',
    severity: 'note',
    fault: 'client',
    title: 'the client says {verb|LPRT}, a long form of PORT that hardly any server knows',
    cause: 'LPRT and LPSV (RFC 1639) were an experiment. EPRT and EPSV (RFC 2428) took their place.',
    fix: { client: 'Use EPRT and EPSV.' },
    signs: 'LPRT or LPSV.',
    rules: [
      on('command', ({ verb, by }) =>
        (verb === 'LPRT' || verb === 'LPSV') && by !== 'proxy'
          ? { confidence: 'certain', leg: 'client', values: { verb } }
          : null,
      ),
    ],
  },
  {
    id: 'eprt-family-mismatch',
    severity: 'error',
    fault: 'client',
    title:
      'the client names {named|an address} in {verb|EPRT}, of another family than its control connection: {reply|522}',
    cause:
      'Servers connect in the family of the control connection: an address of the other one is refused with 522, which lists what would do (RFC 2428 section 2).',
    fix: { client: 'Name an address of the family of the control connection, or use EPSV.' },
    signs: 'EPRT |2| over IPv4, or EPRT |1| over IPv6, with a 5yz; or any 522 to EPRT.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        const named = command === null ? null : activePort(command, session);
        const own = addressFamily(clientHost(session) ?? '');
        if (command === null || reply.code < 500 || reply.code === 530 || own === null) return null;
        const isOther = named !== null && addressFamily(named.address) !== own;
        if (!isOther && !(command.verb === 'EPRT' && command.by !== 'proxy' && reply.code === 522)) return null;
        const values = { named: named?.address ?? 'a family', verb: command.verb, reply: replyLine(reply) };
        return { confidence: 'certain', leg: 'client', values, evidence: [command] };
      }),
    ],
  },
  {
    id: 'port-privileged',
    severity: 'error',
    fault: 'client',
    title: 'the client names port {port|80} in {verb|PORT}: data ports below 1024 are refused',
    cause: 'Services listen there: servers do not connect to them on behalf of somebody else (RFC 2577 section 3).',
    fix: { client: 'Choose a port above 1023.', proxy: 'If it is meant so: --allow-foreign-port.' },
    signs: 'PORT or EPRT with a port below 1024, and a 5yz.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        const named = command === null ? null : activePort(command, session);
        if (command === null || named === null || reply.code < 500 || reply.code === 530) return null;
        if (named.port >= LOWEST_UNPRIVILEGED_PORT) return null;
        const values = { port: named.port, verb: command.verb };
        return { confidence: 'certain', leg: 'client', values, evidence: [command] };
      }),
    ],
  },
  {
    id: 'conntrack-helper-missing',
    severity: 'note',
    fault: 'network',
    title:
      'nothing on the way of the client rewrites its {verb|PORT} {named|with a private address}: its NAT has no FTP helper',
    cause:
      'Linux gives connections to the FTP helper by explicit rules alone since nf_conntrack_helper is gone; many clouds have none at all.',
    fix: {
      client: 'Use passive mode.',
      network:
        'nftables: ct helper NAME { type "ftp" protocol tcp; } and \'ct helper set NAME\' for port 21; iptables: -j CT --helper ftp.',
    },
    signs: 'In the clear, to port 21: PORT with a private address from a client whose own address is public.',
    rules: [
      on('command', (command, session) => {
        const named = activePort(command, session);
        const { opened, tls } = session;
        const isPlain = tls.client === undefined && tls.server === undefined;
        const port = opened?.listener?.port ?? opened?.server?.port;
        if (named === null || opened === null || !isPlain || port !== FTP_PORT) return null;
        if (!isPrivateAddress(named.address) || isPrivateAddress(opened.client.address)) return null;
        const values = { verb: command.verb, named: named.address };
        return { confidence: 'likely', leg: 'client', values, evidence: [opened] };
      }),
    ],
  },
  {
    id: 'port-rejected',
    severity: 'error',
    fault: 'server',
    title: 'the server refuses {verb|PORT}: {reply|500 Illegal PORT command}',
    cause:
      'Active mode is switched off in the server, or it connects to the address of the control connection only (RFC 2577 section 3), which something on the way has changed.',
    fix: {
      client: 'Use passive mode.',
      server: 'Allow active mode.',
      proxy: 'Ask the server for passive mode, while clients stay active: --server-mode passive.',
    },
    settings: {
      vsftpd: 'port_enable=YES (and port_promiscuous=YES where addresses differ, which is less safe)',
      proftpd: 'no <Limit PORT EPRT>; AllowForeignAddress on where addresses differ, which is less safe',
      pureftpd: 'it refuses other addresses always',
      pyftpdlib: 'handler.permit_foreign_addresses = True, which is less safe',
    },
    clientSettings: PASSIVE_CLIENTS,
    signs: '500, 501, 502 or 550 to PORT or EPRT.',
    rules: [
      symptomOn('reply', (reply, session) => {
        const command = session.commandOf(reply);
        const isPort = command?.verb === 'PORT' || command?.verb === 'EPRT';
        if (!isPort || reply.by !== 'server' || reply.code < 500 || reply.code === 530 || !session.isLoggedIn)
          return null;
        // EPRT is the second choice of most clients, and PORT goes on where it is not known.
        const isUnknownToServer = command.verb === 'EPRT' && (reply.code === 500 || reply.code === 502);
        if (isUnknownToServer) return null;
        if (command.by === 'proxy') return null;
        const values = { verb: command.verb, reply: replyLine(reply) };
        return { confidence: 'certain', leg: 'server', values, evidence: [command] };
      }),
      on('reply', (reply, session) => {
        const behind = refusedBehind(reply, session, ['PORT', 'EPRT']);
        if (behind === null || behind.isServed) return null;
        const values = { verb: behind.command.verb, reply: replyLine(behind.said) };
        return { confidence: 'certain', leg: 'server', values, evidence: [behind.command, behind.said] };
      }),
    ],
  },
  {
    id: 'active-source-port-not-20',
    severity: 'note',
    fault: 'network',
    title: 'data connections to the active client do not come from port 20, which old firewalls ask for',
    cause:
      'RFC 959 section 3.2 has servers connect from the port beside that of the control connection, 20. Servers without the right to bind it use any port.',
    fix: {
      network: 'Admit connections that belong to the FTP session (ct state related), whatever their source port.',
      server: 'Connect from port 20.',
      proxy: 'Connect from port 20, which wants the right to bind it: --active-source-port 20.',
    },
    settings: { vsftpd: 'connect_from_port_20=YES', proftpd: 'start it as root' },
    signs: 'In active mode, a SYN towards the client from another port than 20, and no answer.',
    rules: [
      on('link-closed', (closed, session) => {
        const { client, server } = closed;
        if (activeFailure(closed) !== 'timed-out') return null;
        const from = session.isRelayed ? client.local?.port : server.remote?.port;
        return from === undefined || from === FTP_DATA_PORT ? null : { confidence: 'possible', leg: 'client' };
      }),
    ],
  },
  {
    id: 'active-blocked',
    severity: 'error',
    fault: 'network',
    title: '{what|the data connection of active mode is blocked}',
    cause:
      'In active mode the server connects to the client. Firewalls, NAT and virtual machines in front of clients drop or refuse that, unless they know the port.',
    fix: {
      ...FIX_ACTIVE,
      network:
        'Let the connection through: it comes from the server (or this proxy) to the port that the PORT or EPRT names.',
      proxy: '{workaround|Ask the server for passive mode, while clients stay active: --server-mode passive.}',
    },
    clientSettings: PASSIVE_CLIENTS,
    signs: 'PORT or EPRT with 200, the transfer command, then a SYN that is refused or not answered, and 425.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const failure = activeFailure(closed);
        const link = session.linkOf(closed);
        if (failure === null || failure === 'reset' || failure === 'closed') return null;
        const target = shownEndpoint(link?.opened.client.remote ?? closed.client.remote, 'its port');
        const from = session.isRelayed ? 'this proxy' : 'the server';
        const isRefused = failure === 'refused';
        const what = isRefused
          ? `${target}, which the client named, refuses the connection: no program listens there, or a firewall says so`
          : `no answer from ${target}, which the client named: it is blocked between ${from} and the client`;
        const workaround = 'None: whatever connects to the client from here is blocked.';
        return {
          confidence: 'certain',
          leg: 'client',
          fault: isRefused ? 'client' : 'network',
          values: { what, workaround },
          evidence: [link?.announcing ?? null, link?.transfer ?? null, link?.replies.at(-1) ?? null],
        };
      }),
      symptomOn('link-closed', (closed, session) => {
        if (closed.cause !== 'server-did-not-connect') return null;
        const link = session.linkOf(closed);
        const given = shownEndpoint(link?.rewrite?.given ?? closed.server.local, 'its port');
        return {
          confidence: 'certain',
          leg: 'server',
          values: { what: `the server did not connect to ${given}: it is blocked between the server and this proxy` },
          evidence: [link?.announcing ?? null, link?.transfer ?? null, link?.replies.at(-1) ?? null],
        };
      }),
    ],
  },
  {
    id: 'client-active-only',
    severity: 'note',
    fault: 'client',
    title: 'the client tries active mode alone, which does not work here',
    cause:
      "Windows' ftp.exe, cameras, printers and other machines know PORT and no PASV: they have to be connected to.",
    fix: {
      client: 'Use a client with passive mode.',
      proxy: 'Let active clients be served from a passive server: --server-mode passive.',
    },
    clientSettings: PASSIVE_CLIENTS,
    signs: 'PORT or EPRT, no PASV nor EPSV, and no transfer that is complete.',
    rules: [
      on('session-closed', (_closed, session) => {
        const { said, completeTransfers, isLoggedIn } = session;
        const isActive = said.has('PORT') || said.has('EPRT');
        if (!isActive || said.has('PASV') || said.has('EPSV') || completeTransfers > 0 || !isLoggedIn) return null;
        const hasFailed = session.allLinks.some(({ closed }) => closed !== null && closed.outcome === 'failed');
        return hasFailed || (session.refused.get('PORT') ?? 0) > 0 ? { confidence: 'possible', leg: 'client' } : null;
      }),
    ],
  },
  {
    id: 'client-passive-only',
    severity: 'note',
    fault: 'client',
    title: 'the client knows passive mode alone',
    cause:
      'Browsers and many libraries have no active mode. With a server whose passive ports are blocked they cannot work.',
    fix: {
      server: 'Open the range of passive ports.',
      proxy: 'Let the server connect to the proxy: --server-mode active.',
    },
    signs: 'PASV or EPSV, and no PORT in any session of that client.',
    unseen: 'A session shows what its client chose, and not what it cannot do: nearly all clients choose passive mode.',
    rules: [],
  },
];
