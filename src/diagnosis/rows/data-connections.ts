// Data connections that the proxy waits for, and that do not come, or that break: which leg it was, and what that proves.
import type { LinkClosed } from '../../dialogue/observation.js';
import { isPrivateAddress } from '../../protocol/address-range.js';
import { verbFacts } from '../../protocol/verbs.js';
import { clientHost, heard, replyLine, serverRefuses, shownEndpoint } from '../data-legs.js';
import type { LinkPicture } from '../link-picture.js';
import { type DiagnosisRow, on, symptomOn } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

/** A client that waits for its own connection so long has not given up on anything else. */
const PATIENT_MS = 5000;
/** Servers take less to send the first byte. */
const SILENT_MS = 10_000;
const SAYS_OTHER_PEER =
  /bad IP connecting|(address|\bip\b).*does(n't| not) match (the )?control|foreign (data )?(address|connection|host)|IP address .* (differs|mismatch)|connection from (a )?different/i;

export const DATA_CONNECTIONS: readonly DiagnosisRow[] = [
  {
    id: 'data-peer-ip-mismatch',
    severity: 'error',
    fault: 'network',
    title: 'the data connection came from another address than the control connection: {what|it was turned away}',
    cause:
      'The two leave by different ways: a NAT or load balancer with several addresses, a proxy that carries only one of them, or IPv4 for the one and IPv6 for the other. Servers refuse that, as it might be somebody else.',
    fix: {
      network: 'Let both leave by the same address (sticky by source), and send PROXY headers for both or neither.',
      server: 'Or do without that check, which is less safe.',
      proxy: 'Towards the server, choose the one address for both: --server-source-address ADDRESS.',
    },
    settings: {
      vsftpd: 'pasv_promiscuous=YES, port_promiscuous=YES',
      proftpd: 'AllowForeignAddress on',
      pyftpdlib: 'handler.permit_foreign_addresses = True',
    },
    signs:
      '425 Security: Bad IP connecting, or the like; here: a stranger turned away at a data port, and no one else came.',
    rules: [
      on('reply', (reply, session) => {
        const command = session.commandOf(reply);
        const isTransfer = command !== null && verbFacts(command.verb)?.transfer !== undefined;
        if (!isTransfer || !serverRefuses(reply) || !reply.lines.some((line) => SAYS_OTHER_PEER.test(line)))
          return null;
        return { confidence: 'certain', leg: 'server', values: { what: replyLine(reply) }, evidence: [command] };
      }),
      symptomOn('link-closed', (closed, session) => {
        const side = neverConnected(closed, session.linkOf(closed), session);
        if (side === null) return null;
        const stranger = session.violations.findLast((one) => one.code === 'foreign-data-peer' && one.side === side);
        if (stranger === undefined || stranger.at < (session.linkOf(closed)?.opened.at ?? closed.at)) return null;
        const values = { what: `it was turned away at the port for the ${side}` };
        return { confidence: 'likely', leg: side, values, evidence: [stranger] };
      }),
    ],
  },
  {
    id: 'data-never-connected',
    severity: 'error',
    fault: 'network',
    title:
      'the client did not connect to {target|the data port that it was given}: the block is between the client and this proxy',
    cause:
      'The leg to the server is fine. The client has no way to that address, a firewall drops what it sends to high ports, or the client waits for something else.',
    fix: {
      client: 'Allow connections to high ports.',
      network: 'Open the data ports of the proxy towards clients.',
      proxy:
        '{workaround|Give clients an address that they reach, and few ports: --advertise client=ADDRESS --data-ports client=50000-50999.}',
    },
    signs: 'The proxy gave a 227 or 229, the transfer was asked for, and no one came to that port.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const link = session.linkOf(closed);
        if (link === null || neverConnected(closed, link, session) !== 'client') return null;
        const given = link.rewrite?.given ?? link.opened.client.local;
        const from = clientHost(session);
        const isOurs = given !== null && from !== null && isPrivateAddress(given.address) && !isPrivateAddress(from);
        return {
          confidence: closed.cause === 'client-did-not-connect' ? 'certain' : 'likely',
          leg: 'client',
          fault: isOurs ? 'proxy' : 'network',
          values: { target: shownEndpoint(given, 'its port') },
          evidence: heard(link),
        };
      }),
    ],
  },
  {
    id: 'data-reset-mid-transfer',
    severity: 'error',
    fault: 'unknown',
    title: 'the data connection to the {side|server} was broken off after {bytes|some} bytes ({how|reset})',
    cause:
      'A program that closes a connection over unread bytes resets it, and so do a crash, an antivirus or DLP gateway, and a NAT that forgot the connection. What was under way is lost, also where a 226 follows.',
    fix: {
      client: 'Resume the transfer (REST), and compare sizes.',
      server: 'Look into its log, and into the disk and quota of the user.',
      network: 'Look for gateways that inspect files.',
    },
    signs: 'RST on the data connection behind its first byte; then 426, 451, or even 226.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const side = brokenSide(closed);
        const link = session.linkOf(closed);
        if (side === null || link === null) return null;
        const how =
          closed.failure === 'timed-out' ? 'no answer any more' : closed.failure === 'closed' ? 'closed' : 'reset';
        const values = {
          side: session.isRelayed ? side : `${side} (by it, or by something on the way)`,
          bytes: closed.bytes,
          how,
        };
        return { confidence: 'certain', leg: side, values, evidence: [link.transfer, link.replies.at(-1) ?? null] };
      }),
    ],
  },
  {
    id: 'mtu-black-hole',
    severity: 'warning',
    fault: 'network',
    title:
      'the data connection stands, and not one byte came from the {side|server}: large packets may be lost on the way',
    cause:
      'Small packets pass (control lines, the handshake of TCP), and full ones vanish: a VPN or PPPoE with a smaller MTU, and a firewall that filters the ICMP that would say so.',
    fix: {
      network:
        'Clamp the MSS (nft: tcp option maxseg size set rt mtu), or lower the MTU; let ICMP "fragmentation needed" through.',
    },
    signs: '150, a data connection that stands, and no byte of it until a timeout.',
    rules: [
      on('link-closed', (closed, session) => {
        const { outcome, bytes, stillness, direction, durationMs } = closed;
        const sender = direction === 'upload' ? 'client' : 'server';
        if (outcome !== 'failed' || bytes > 0 || durationMs === null || stillness === undefined) return null;
        if (stillness.on !== sender || stillness.why !== 'sends-nothing' || stillness.ms < SILENT_MS) return null;
        const evidence = [session.linkOf(closed)?.transfer ?? null];
        return { confidence: 'possible', leg: sender, values: { side: sender }, evidence };
      }),
    ],
  },
  {
    id: 'zero-byte-upload',
    severity: 'warning',
    fault: 'unknown',
    title: '{path|the upload} was begun and got no byte: an empty file is left on the server',
    cause:
      'Servers create the file with the 150, before the data connection works. What kept the data away is another finding.',
    fix: { client: 'Mend the cause, and upload again; upload to a temporary name, and rename.' },
    signs: 'STOR, 150, no byte, then 425, 426 or 522.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const { direction, bytes, outcome, verb, path } = closed;
        const link = session.linkOf(closed);
        if (direction !== 'upload' || bytes > 0 || outcome !== 'failed' || verb === 'APPE' || link === null)
          return null;
        const begun = link.replies.find(({ preliminary, by }) => preliminary && by === 'server');
        if (begun === undefined) return null;
        return { confidence: 'likely', leg: 'server', values: { path: path ?? '' }, evidence: [link.transfer, begun] };
      }),
    ],
  },
];

/** What is left when nothing explains a 425. */
export const NO_DATA_CONNECTION: readonly DiagnosisRow[] = [
  {
    id: 'data-connection-failed',
    severity: 'error',
    fault: 'unknown',
    title: 'the server has no data connection: {reply|425}{where|}',
    cause:
      'That is all that can be seen of it: neither a refused nor an unanswered connection. {proves|The two did not find each other.}',
    fix: {
      client: 'Try the other mode (passive for active).',
      server: 'Look into its log: it may have turned somebody away.',
      network: 'Look for firewalls between the two.',
    },
    signs: '425 to a transfer command.',
    rules: [
      symptomOn('link-closed', (closed, session) => {
        const link = session.linkOf(closed);
        const reply = link?.replies.at(-1);
        if (
          link === null ||
          reply === undefined ||
          reply.code !== 425 ||
          reply.by !== 'server' ||
          closed.outcome === 'aborted'
        )
          return null;
        const stood =
          session.isRelayed &&
          closed.server.remote !== null &&
          closed.server.local !== null &&
          closed.server.mode === 'passive';
        const values = {
          reply: replyLine(reply),
          where: stood ? ', though this proxy is connected to its port' : '',
          proves: session.isRelayed
            ? 'The client has no part in it: it happened between the server and this proxy.'
            : 'Its data connection is not in the capture.',
        };
        return {
          confidence: session.isRelayed ? 'certain' : 'likely',
          leg: 'server',
          values,
          evidence: [link.announcement, link.transfer, reply],
        };
      }),
    ],
  },
];

/** The side that was given a port of the proxy's, and did not come; null where both did, or the wait was short. */
function neverConnected(
  closed: LinkClosed,
  link: LinkPicture | null,
  { isRelayed }: SessionPicture,
): 'client' | 'server' | null {
  const { cause, client, verb, outcome } = closed;
  if (cause === 'client-did-not-connect') return 'client';
  if (cause === 'server-did-not-connect') return 'server';
  // It gave up, for all that its control connection says.
  const isAbsent = isRelayed && client.mode === 'passive' && client.remote === null && verb !== null;
  const hasBegun = link?.replies.some(({ preliminary }) => preliminary) ?? false;
  const waited = link?.transfer === null || link === null ? 0 : closed.at - link.transfer.at;
  return isAbsent && hasBegun && outcome !== 'complete' && waited >= PATIENT_MS ? 'client' : null;
}

/** Whose leg broke while bytes were under way. A client that takes no more of a download has what it wants. */
function brokenSide({
  outcome,
  cause,
  failure,
  direction,
  durationMs,
  client,
  server,
}: LinkClosed): 'client' | 'server' | null {
  if (outcome === 'aborted' || outcome === 'complete' || durationMs === null || failure === undefined) return null;
  if (cause === 'server-broke' || server.ended === 'reset') return 'server';
  const isClients = cause === 'client-broke' || client.ended === 'reset';
  return isClients && (direction === 'upload' || failure === 'timed-out') ? 'client' : null;
}
