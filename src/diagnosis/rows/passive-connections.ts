// The server's passive ports: announced, and not to be connected to. Which leg it was, and what that proves.
import type { LinkClosed } from '../../dialogue/observation.js';
import { verbFacts } from '../../protocol/verbs.js';
import { announcedRange, dialler, heard, passiveFailure, shownEndpoint } from '../data-legs.js';
import { PASSIVE_PORTS } from '../known-settings.js';
import type { LinkPicture } from '../link-picture.js';
import { type DiagnosisRow, on, type Rule, type Sighting, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

const REUSED_WITHIN_MS = 60_000;
/** Servers wait for a client at their port for 10 s, most of them for 60. */
const LISTENS_FOR_MS = 10_000;

/** The server's passive port of a closed link could not be connected to, in one of these ways. */
function passive(
  ways: readonly LinkClosed['failure'][],
  see: (link: LinkPicture, session: SessionPicture, closed: LinkClosed) => Partial<Sighting> | null,
): Rule {
  return symptomOn('link-closed', (closed, session) => {
    const link = session.linkOf(closed);
    const failure = link === null ? null : passiveFailure(closed, link);
    if (link === null || failure === null || !ways.includes(failure) || isOneOfSeveral(link)) return null;
    const seen = see(link, session, closed);
    const target = shownEndpoint(link.opened.server.remote ?? closed.server.remote, 'its port');
    const values = { target, from: dialler(session), range: announcedRange(session), ...seen?.values };
    return seen && { confidence: 'certain', leg: 'server', evidence: heard(link), ...seen, values };
  });
}

/** The proxy asked for it by itself (--server-mode), and has other ways to serve the client: what comes of it all is waited for. */
const isOneOfSeveral = ({ announcing, transfer }: LinkPicture) => announcing?.by === 'proxy' && transfer === null;

/** The client has got its port all the same, or not. */
function passiveBehind(ways: readonly LinkClosed['failure'][]): Rule {
  return on('reply', (reply, session) => {
    const command = reply.by === 'proxy' && !reply.preliminary ? session.commandOf(reply) : null;
    if (command === null || verbFacts(command.verb)?.announces === undefined) return null;
    const link = session.allLinks.findLast(
      (one) =>
        isOneOfSeveral(one) && one.closed !== null && ways.includes(passiveFailure(one.closed, one) ?? undefined),
    );
    if (link === undefined || (link.announcing?.at ?? 0) < command.at) return null;
    const target = shownEndpoint(link.opened.server.remote, 'its port');
    const values = { target, from: dialler(session), range: announcedRange(session) };
    const outcome = reply.code < 400 ? ({ severity: 'warning', mended: true } as const) : {};
    return {
      confidence: 'certain',
      leg: 'server',
      link: link.number,
      evidence: [...heard(link), link.closed],
      values,
      ...outcome,
    };
  });
}

export const PASSIVE_CONNECTIONS: readonly DiagnosisRow[] = [
  {
    id: 'passive-port-reused-quickly',
    severity: 'warning',
    fault: 'server',
    title: 'the server announces port {port|50000} again within a minute, and the second connection fails',
    cause:
      'A port that was just closed is not free everywhere yet (TIME_WAIT): in the server, in a NAT, or in a firewall. Servers that always begin with the first port of a small range run into it.',
    fix: { server: 'Use a wider range of ports, and begin at a random one.' },
    settings: PASSIVE_PORTS,
    signs: 'The same port in two 227 or 229 within 60 s; the second one refuses or times out.',
    rules: [
      on('link-closed', (closed, session) => {
        const link = session.linkOf(closed);
        if (link === null || passiveFailure(closed, link) === null) return null;
        const { remote } = link.opened.server;
        const before = session.allLinks.find(
          ({ number, opened, closed: end }) =>
            number < link.number &&
            remote !== null &&
            opened.server.remote?.port === remote.port &&
            end?.outcome === 'complete' &&
            link.opened.at - end.at < REUSED_WITHIN_MS,
        );
        if (before === undefined || remote === null) return null;
        const evidence = [before.opened, before.closed, link.opened];
        return { confidence: 'likely', leg: 'server', values: { port: remote.port }, evidence };
      }),
    ],
  },
  {
    id: 'pasv-listener-expired',
    severity: 'error',
    fault: 'client',
    title: 'the client asked for a port, and used it only {seconds|some} s later: the server had closed it by then',
    cause:
      'Servers wait for 10 to 60 s at a port that they announced. Clients that ask a user first, or prepare the file, come too late.',
    fix: {
      client: 'Ask for the port right before the transfer.',
      server: 'Wait longer.',
    },
    settings: { vsftpd: 'accept_timeout=60', pyftpdlib: 'PassiveDTP.timeout = 60' },
    signs: '227 or 229, more than 10 s, then the transfer command and 425, or a refused connection.',
    rules: [
      on('reply', (reply, session) => {
        const exchange = session.exchangeOf(reply);
        if (exchange === null || reply.code !== 425 || verbFacts(exchange.command.verb)?.transfer === undefined)
          return null;
        const link = exchange.link ?? session.allLinks.at(-1) ?? null;
        const announcedAt = link?.announcement?.at;
        if (link === null || announcedAt === undefined || link.opened.server.mode !== 'passive') return null;
        const waitedMs = exchange.command.at - announcedAt;
        const isGone = link.closed?.cause === 'server-broke' && link.transfer === null;
        if (waitedMs < LISTENS_FOR_MS || !(isGone || (!session.isRelayed && link.closed === null))) return null;
        const values = { seconds: Math.round(waitedMs / 1000) };
        const evidence = [link.announcing, link.announcement, link.closed, exchange.command];
        return { confidence: isGone ? 'certain' : 'likely', leg: 'server', link: link.number, values, evidence };
      }),
    ],
  },
  {
    id: 'epsv-port-unreachable-but-pasv-works',
    severity: 'warning',
    fault: 'network',
    title: 'the port of EPSV cannot be connected to, and that of PASV can',
    cause:
      'A firewall in front of the server reads 227 to open the port that it names, and does not know 229; or EPSV listens on another family.',
    fix: {
      network: 'Teach the firewall EPSV, or open the range of passive ports for good.',
      client: 'Do without EPSV.',
      proxy: 'Ask the server in whatever way works: --server-mode auto.',
    },
    clientSettings: { curl: '--disable-epsv', lftp: 'set ftp:prefer-epsv no' },
    signs: 'A 229 whose port times out or refuses, then a 227 in the same session whose transfer is complete.',
    rules: [
      on('link-closed', (closed, session) => {
        const link = session.linkOf(closed);
        if (closed.outcome !== 'complete' || link?.announcing?.verb !== 'PASV') return null;
        const before = session.allLinks.find(
          (one) => one.announcing?.verb === 'EPSV' && one.closed !== null && passiveFailure(one.closed, one) !== null,
        );
        if (before === undefined) return null;
        return {
          confidence: 'likely',
          leg: 'server',
          evidence: [before.announcement, before.closed, link.announcement],
        };
      }),
    ],
  },
  {
    id: 'alg-blinded-by-tls',
    severity: 'error',
    fault: 'network',
    title: 'data connections worked before TLS, and get no answer behind it: a firewall on the way reads PASV and PORT',
    cause: 'A firewall that opens ports as it reads them in 227 and PORT reads nothing of an encrypted session.',
    fix: {
      network: 'Open a fixed range of passive ports for good.',
      server: 'Keep to that range.',
      proxy:
        'Speak in the clear on the leg that the firewall is on, if you may: --server-tls off, or --client-tls off.',
    },
    settings: PASSIVE_PORTS,
    signs: 'In one session: a transfer that is complete, AUTH TLS, then a data connection that times out or is reset.',
    rules: [
      passive(['timed-out', 'reset'], (_link, session) => {
        const tls = session.tls.server ?? null;
        const before = session.allLinks.find(
          ({ closed }) => tls !== null && closed?.outcome === 'complete' && closed.at < tls.at,
        );
        return before === undefined ? null : { confidence: 'likely', evidence: [before.closed, tls] };
      }),
    ],
  },
  {
    id: 'data-passive-timeout',
    severity: 'error',
    fault: 'network',
    title:
      'no answer from {target|the data port of the server}: it is blocked between {from|the client} and the server',
    cause:
      'The server announced the port, and what is sent to it is dropped: its range of passive ports is not open in a firewall, not forwarded by a NAT, or not published by a container. Announced in this session: {range|one port}.',
    fix: {
      server: 'Fix the range of passive ports.',
      network:
        'Open and forward these very ports, number by number ({range|the range}); with Docker -p 50000-50999:50000-50999.',
      proxy: 'Let the server connect to the proxy instead: --server-mode active.',
    },
    settings: PASSIVE_PORTS,
    signs: '227 or 229, then a SYN to that port without any answer; the server says 425 after a while.',
    rules: [passive(['timed-out'], () => ({})), passiveBehind(['timed-out'])],
  },
  {
    id: 'data-passive-unreachable',
    severity: 'error',
    fault: 'network',
    title: 'there is no way from {from|the client} to {target|the data port of the server}',
    cause:
      'A router or firewall says so at once (ICMP), or the system has no route: the address is of another network, or the port is forbidden.',
    fix: {
      server: 'Announce an address that clients can reach.',
      network: 'Open the passive ports of the server ({range|the range}), or give a route to it.',
      proxy: 'Connect to the host of the control connection: --pasv-address ignore, which is the default.',
    },
    settings: PASSIVE_PORTS,
    signs: '227 or 229, then "no route to host" or "network is unreachable" for that port.',
    rules: [passive(['unreachable', 'not-permitted', 'no-such-host', 'address-in-use', 'other'], () => ({}))],
  },
  {
    id: 'data-passive-refused',
    severity: 'error',
    fault: 'server',
    title:
      '{target|the data port of the server} refuses the connection from {from|the client}: no program listens there',
    cause:
      'The address answers, and the port is closed: a container that does not publish it, a range that is forwarded to other numbers, an address of another host, or a firewall that rejects. Announced in this session: {range|one port}.',
    fix: {
      server: 'Fix the range of passive ports, and announce the right address.',
      network:
        'Publish and forward these very ports, number by number ({range|the range}); with Docker -p 50000-50999:50000-50999.',
      proxy: 'Let the server connect to the proxy instead: --server-mode active.',
    },
    settings: PASSIVE_PORTS,
    signs: '227 or 229, then a SYN to that port that is answered with a reset.',
    rules: [passive(['refused', 'reset', 'closed'], () => ({})), passiveBehind(['refused', 'reset', 'closed'])],
  },
];
