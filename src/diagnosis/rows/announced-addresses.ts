// Addresses in PASV, EPSV, PORT and EPRT that lead nowhere, or not to the one who announced them.

import { isPrivateAddress } from '../../protocol/address-range.js';
import { addressFamily, type Endpoint, sameAddress } from '../../protocol/endpoint.js';
import { activePort, clientHost, passiveFailure, passivePort, serverHost } from '../data-legs.js';
import { PASSIVE_ADDRESS } from '../known-settings.js';
import type { LinkPicture } from '../link-picture.js';
import { type DiagnosisRow, on, type Rule, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

type IsWrong = (announced: string, host: string) => boolean;

const isNowhere = (address: string) => /^(0\.|127\.|::1?$)/.test(address);
const isElsewhere: IsWrong = (announced, host) =>
  !sameAddress(announced, host) && addressFamily(announced) === addressFamily(host);
const leadsNowhere: IsWrong = (announced, host) => isNowhere(announced) && !isNowhere(host);
const isPrivate: IsWrong = (announced) => isPrivateAddress(announced) && !isNowhere(announced);
const isPublic: IsWrong = (announced) => !isPrivateAddress(announced);

/** Where the server said that it listens; null where that is not known, or is where the server is. */
function elsewhere(link: LinkPicture, session: SessionPicture): { announced: Endpoint; host: string } | null {
  const announced = link.rewrite?.announced ?? link.opened.server.remote;
  const host = serverHost(session);
  if (link.opened.server.mode !== 'passive' || announced === null || host === null) return null;
  return isElsewhere(announced.address, host) ? { announced, host } : null;
}

function sighted(
  { rewrite, number, announcing, announcement }: LinkPicture,
  announced: string,
  host: string,
): Sighting {
  const isMended = rewrite !== null && !sameAddress(rewrite.used.address, announced);
  return {
    confidence: 'certain',
    leg: 'server',
    ...(isMended ? { mended: true } : {}),
    link: number,
    values: { announced, host },
    evidence: [announcing, announcement],
  };
}

/** As soon as the link's address is known: with the rewrite, or in captures as it is opened. */
function announces(isWrong: IsWrong): Rule {
  return on(['rewrite', 'link-opened'], (observation, session) => {
    const link = session.linkOf(observation);
    if (link === null || (observation.kind === 'link-opened' && session.isRelayed)) return null;
    const found = elsewhere(link, session);
    if (found === null || !isWrong(found.announced.address, found.host)) return null;
    return sighted(link, found.announced.address, found.host);
  });
}

/** Somebody dialled that address in earnest, and got nothing. */
function announcesInVain(isWrong: IsWrong): Rule {
  return on('link-closed', (closed, session) => {
    const link = session.linkOf(closed);
    if (link === null || passiveFailure(closed, link) === null) return null;
    const found = elsewhere(link, session);
    if (found === null || !isWrong(found.announced.address, found.host)) return null;
    const { mended, ...sighting } = sighted(link, found.announced.address, found.host);
    return mended ? null : { ...sighting, severity: 'error' };
  });
}

/** The proxy refused it, as it was told to (--pasv-address strict). */
function announcesWhatIsRefused(isWrong: IsWrong): Rule {
  return on('violation', ({ code, side }, session) => {
    const reply = session.newestReply;
    const command = reply === null ? null : session.commandOf(reply);
    const host = serverHost(session);
    if (
      !session.isRelayed ||
      code !== 'foreign-address' ||
      side !== 'server' ||
      reply === null ||
      command === null ||
      host === null
    )
      return null;
    const announced = passivePort(reply, command, session)?.address ?? null;
    if (announced === null || !isElsewhere(announced, host) || !isWrong(announced, host)) return null;
    return {
      confidence: 'certain',
      leg: 'server',
      severity: 'error',
      values: { announced, host },
      evidence: [command, reply],
    };
  });
}

const passiveRules = (isWrong: IsWrong) => [
  announces(isWrong),
  announcesInVain(isWrong),
  announcesWhatIsRefused(isWrong),
];

/** Not for want of a login, nor because the session ends. */
const saysNo = (code: number) => code >= 400 && code !== 530 && code !== 421;

/** A PORT or EPRT that names another host than the client's, of the same family, was answered. */
function namesElsewhere(isWrong: IsWrong, certain: boolean): Rule {
  return on('reply', (reply, session) => {
    const command = session.commandOf(reply);
    const host = clientHost(session);
    const named = command === null ? null : activePort(command, session);
    if (command === null || named === null || host === null || reply.preliminary) return null;
    if (!isElsewhere(named.address, host) || !isWrong(named.address, host)) return null;
    return {
      confidence: certain ? 'certain' : 'possible',
      leg: 'client',
      severity: saysNo(reply.code) ? 'error' : 'warning',
      values: { named: named.address, host, verb: command.verb },
      evidence: [command],
    };
  });
}

const FIX_PASSIVE_ADDRESS = {
  server: 'Announce the address that clients use.',
  client: 'Use EPSV, which names a port and no address.',
  proxy: 'Connect to {host|the server} instead: --pasv-address ignore, which is the default.',
} as const;

export const ANNOUNCED_ADDRESSES: readonly DiagnosisRow[] = [
  {
    id: 'pasv-zero-or-loopback-address',
    severity: 'warning',
    fault: 'server',
    title:
      'the server announces {announced|0.0.0.0 or a loopback address} for data connections, which is no address for a client',
    cause:
      'The server announces the address that it was bound to, not the one that clients reach it at: the default of many containers.',
    fix: FIX_PASSIVE_ADDRESS,
    settings: PASSIVE_ADDRESS,
    clientSettings: { curl: '--ftp-skip-pasv-ip' },
    signs: '227 with 0,0,0,0 or 127,0,0,1 from a server on another host.',
    rules: passiveRules(leadsNowhere),
  },
  {
    id: 'pasv-private-address',
    severity: 'warning',
    fault: 'server',
    title:
      'the server announces the private address {announced|10.0.0.1} for data connections, and is reached at {host|another address}',
    cause: 'The server stands behind NAT, or in a container, and announces the address of its own interface.',
    fix: FIX_PASSIVE_ADDRESS,
    settings: PASSIVE_ADDRESS,
    clientSettings: { curl: '--ftp-skip-pasv-ip' },
    signs:
      'A 227 with an address of 10/8, 172.16/12, 192.168/16, 100.64/10 or 169.254/16 that the control connection does not lead to.',
    rules: passiveRules(isPrivate),
  },
  {
    id: 'pasv-address-differs',
    severity: 'note',
    fault: 'server',
    title:
      'the server announces {announced|another host} for data connections, and is reached at {host|its own address}',
    cause:
      'A load balancer, a host with several addresses, or a wrong setting. Many clients refuse such an address, or connect to the first one instead.',
    fix: { ...FIX_PASSIVE_ADDRESS, proxy: 'If data really is on the other host: --pasv-address follow.' },
    settings: PASSIVE_ADDRESS,
    signs: 'A 227 with a public address that the control connection does not lead to.',
    rules: passiveRules(isPublic),
  },
  {
    id: 'port-private-address',
    severity: 'warning',
    fault: 'client',
    title:
      'the client names {named|a private address} in {verb|PORT}, and comes from {host|another one}: it is behind NAT',
    cause:
      'In active mode the server connects to the address that the client names. Behind NAT, in a container or a virtual machine, that is one that cannot be reached from outside.',
    fix: {
      client: 'Use passive mode, or set the external address and forward a range of ports.',
      network: 'An FTP helper on the NAT rewrites PORT, as long as the session is not encrypted.',
      proxy: 'Put the proxy on the near side of the NAT, with --server-mode passive.',
    },
    clientSettings: {
      curl: '--ftp-pasv',
      lftp: 'set ftp:passive-mode yes',
      filezilla: 'Transfer mode: Passive; or Active mode, "Use the following IP address"',
      winscp: 'Passive mode; or "External IP address"',
      python: 'ftp.set_pasv(True)',
      windows: 'it has no passive mode: use another client',
    },
    signs: 'PORT or EPRT with a private address that is not the source address of the control connection.',
    rules: [namesElsewhere(isPrivate, true), namesElsewhere(leadsNowhere, true)],
  },
  {
    id: 'alg-rewrote-address',
    severity: 'warning',
    fault: 'unknown',
    title:
      'the client names {named|a public address} in {verb|PORT}, and comes from {host|another one}: it was set so, or something rewrote it',
    cause:
      'An FTP helper (ALG) in a router or firewall rewrites PORT to the address of the NAT. Where the client has its external address set already, or the server is on the near side, that is once too often.',
    fix: {
      client: 'Use passive mode, or take the external address out of its settings.',
      network: 'Switch the FTP helper (ALG) of the router off.',
      proxy: 'Accept it, if it is right from here: --allow-foreign-port.',
    },
    signs: 'PORT or EPRT with a public address that is not the source address of the control connection.',
    rules: [namesElsewhere(isPublic, false)],
  },
];
