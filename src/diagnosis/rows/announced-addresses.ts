// Addresses in PASV, EPSV, PORT and EPRT that lead nowhere, or not to the one who announced them.

import { isPrivateAddress } from '../../protocol/address-range.js';
import type { Endpoint } from '../../protocol/endpoint.js';
import type { LinkPicture } from '../link-picture.js';
import { type DiagnosisRow, on, type Sighting } from '../row.js';
import type { SessionPicture } from '../session-picture.js';

/** Where the server said that it listens, and the host that its control connection leads to; null where either is not known. */
function passiveAddress(link: LinkPicture, { connected, opened }: SessionPicture) {
  const announced = link.rewrite?.announced ?? link.opened.server.remote;
  const host = connected?.remote ?? opened?.server ?? null;
  return link.opened.server.mode === 'passive' && announced !== null && host !== null ? { announced, host } : null;
}

const isNowhere = (address: string) => /^(0\.|127\.|::1?$)/.test(address);

function sighted(link: LinkPicture, announced: Endpoint, host: Endpoint): Sighting {
  const { rewrite } = link;
  return {
    confidence: 'certain',
    leg: 'server',
    ...(rewrite !== null && rewrite.used.address !== announced.address ? { mended: true as const } : {}),
    link: link.number,
    values: { announced: announced.address, host: host.address },
    evidence: [link.announcing, link.announcement],
  };
}

/** When the link's address is known: with the rewrite, or in captures as it is opened. */
function onPassiveAddress(isWrong: (announced: string, host: string) => boolean) {
  return on(['rewrite', 'link-opened'], (observation, session) => {
    const link = session.linkOf(observation);
    if (link === null || (observation.kind === 'link-opened' && session.isRelayed)) return null;
    const known = passiveAddress(link, session);
    if (known === null || known.announced.address === known.host.address) return null;
    return isWrong(known.announced.address, known.host.address) ? sighted(link, known.announced, known.host) : null;
  });
}

const ANNOUNCED_BY_SERVERS = {
  vsftpd: 'pasv_address=PUBLIC_ADDRESS (with pasv_addr_resolve=YES for a name)',
  proftpd: 'MasqueradeAddress PUBLIC_ADDRESS',
  pureftpd: '-P PUBLIC_ADDRESS (file ForcePassiveIP; PUBLICHOST in its container)',
  pyftpdlib: "handler.masquerade_address = 'PUBLIC_ADDRESS'",
  filezilla: 'Passive mode, "Use custom IP"',
  iis: 'FTP Firewall Support, "External IP Address of Firewall"',
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
    fix: {
      server: 'Announce the address that clients use.',
      client: 'Use EPSV, which names a port and no address.',
      proxy:
        'Nothing to do: the proxy connects to {host|the server} instead, as --pasv-address ignore (the default) says.',
    },
    settings: ANNOUNCED_BY_SERVERS,
    clientSettings: { curl: '--ftp-skip-pasv-ip' },
    signs: '227 with 0,0,0,0 or 127,0,0,1 from a server on another host.',
    rules: [onPassiveAddress((announced, host) => isNowhere(announced) && !isNowhere(host))],
  },
  {
    id: 'pasv-private-address',
    severity: 'warning',
    fault: 'server',
    title:
      'the server announces the private address {announced|10.0.0.1} for data connections, and is reached at {host|another address}',
    cause: 'The server stands behind NAT, or in a container, and announces the address of its own interface.',
    fix: {
      server: 'Announce the address that clients use.',
      client: 'Use EPSV, which names a port and no address.',
      proxy:
        'Nothing to do: the proxy connects to {host|the server} instead, as --pasv-address ignore (the default) says.',
    },
    settings: ANNOUNCED_BY_SERVERS,
    clientSettings: { curl: '--ftp-skip-pasv-ip' },
    signs:
      'A 227 with an address of 10/8, 172.16/12, 192.168/16, 100.64/10 or 169.254/16 that the control connection does not lead to.',
    rules: [onPassiveAddress((announced) => isPrivateAddress(announced) && !isNowhere(announced))],
  },
];
