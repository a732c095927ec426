// The bridge on real networks: what firewalls and NAT forbid, and what the proxy makes of it. Each scenario is first shown to
// fail without the proxy. Rules stand on the router (the client's firewall) or on the server's machine (its own).
import { describe } from 'vitest';
import { proftpd } from '../servers/proftpd.js';
import { pyftpdlib } from '../servers/pyftpdlib.js';
import { vsftpd } from '../servers/vsftpd.js';
import { curl, epsvAll, lftp } from './clients.js';
import { type Machine, type Network, ROUTER_AT_CLIENT, SERVER, TO_CLIENT, TO_SERVER } from './network.js';
import { PROXY_PORT, scenario, throughRouter, toServer } from './scenario.js';

const IN = 'type filter hook input priority filter; policy accept;';
const FORWARD = 'type filter hook forward priority filter; policy accept;';
const ANSWERS = 'ct state established,related accept';

const FTP = `ftp://${SERVER[4]}`;
const LISTEN = ['--listen', `0.0.0.0:${PROXY_PORT}`];

/** The client's firewall: nothing is let in to the client, nor to the router, that nobody there has asked for. */
async function clientsFirewall({ router }: Network): Promise<void> {
  const rules = [ANSWERS, `iifname "${TO_SERVER}" tcp flags syn drop`];
  await router.firewall({ hook: FORWARD, rules });
  await router.firewall({ hook: IN, rules });
}

/** The same, for what stands behind the firewall beside the proxy: the router itself may be reached. */
async function clientsOwnFirewall({ router }: Network): Promise<void> {
  await router.firewall({ hook: FORWARD, rules: [ANSWERS, `iifname "${TO_SERVER}" tcp flags syn drop`] });
}

/** The server's firewall: its control port, and nothing else. */
const serversFirewall = ({ server }: { readonly server: Machine }) =>
  server.firewall({ hook: IN, rules: [ANSWERS, 'tcp dport 21 accept', 'tcp flags syn drop'] });

describe.sequential('firewalls', () => {
  scenario("an active client behind a firewall, served from the server's passive ports", {
    server: { server: vsftpd },
    visitors: [
      [curl, 'PORT'],
      [curl, 'EPRT'],
      [lftp, 'PORT'],
    ],
    obstacles: clientsFirewall,
    proxy: [FTP, ...LISTEN, '--server-mode', 'passive'],
  });

  scenario('a passive client and a server whose passive ports are firewalled', {
    server: { server: proftpd },
    visitors: [
      [curl, 'EPSV'],
      [curl, 'PASV'],
      [lftp, 'PASV'],
    ],
    obstacles: serversFirewall,
    proxy: [FTP, ...LISTEN, '--server-mode', 'active'],
  });

  // curl 7.88 waits forever for the handshake on a connection that it accepted.
  scenario('an active client with FTPS behind a firewall', {
    server: { server: vsftpd },
    visitors: [[lftp, 'PORT']],
    encrypted: true,
    obstacles: clientsFirewall,
    proxy: [FTP, ...LISTEN, '--server-mode', 'passive'],
  });

  scenario('a passive client with FTPS and a server whose passive ports are firewalled', {
    server: { server: proftpd },
    visitors: [
      [curl, 'EPSV'],
      [lftp, 'PASV'],
    ],
    encrypted: true,
    obstacles: serversFirewall,
    proxy: [FTP, ...LISTEN, '--server-mode', 'active'],
  });

  scenario('both at once: neither mode works, and both do', {
    server: { server: vsftpd },
    visitors: [
      [curl, 'PORT'],
      [curl, 'EPSV'],
      [lftp, 'PORT'],
      [lftp, 'PASV'],
    ],
    obstacles: async (network) => {
      await clientsOwnFirewall(network);
      await serversFirewall(network);
    },
    proxy: [FTP, ...LISTEN, '--server-mode', 'active'],
  });

  scenario('a firewall that lets in data connections from port 20 alone', {
    server: { server: vsftpd },
    visitors: [
      [curl, 'PORT'],
      [lftp, 'PORT'],
    ],
    obstacles: ({ client }) =>
      client.firewall({ hook: IN, rules: [ANSWERS, 'tcp sport 20 accept', 'tcp flags syn drop'] }),
    proxy: [FTP, ...LISTEN, '--server-mode', 'passive', '--active-source-port', '20'],
  });
});

describe.sequential('addresses', () => {
  scenario('a server that announces a private address', {
    server: { server: vsftpd, settings: 'pasv_address=10.20.30.40\n' },
    visitors: [
      [curl, 'PASV'],
      [lftp, 'PASV'],
    ],
    proxy: [FTP, ...LISTEN],
  });

  // The proxy stands beside the server, as the clients see nothing but the router's own address.
  scenario('a server behind NAT with one range of ports forwarded', {
    server: { server: proftpd },
    visitors: [
      [curl, 'PASV'],
      [lftp, 'PASV'],
      [curl, 'EPSV'],
    ],
    obstacles: async ({ router }) => {
      await router.firewall({
        hook: FORWARD,
        rules: [ANSWERS, 'ct status dnat accept', `iifname "${TO_CLIENT}" drop`],
      });
      await router.firewall({
        family: 'ip',
        hook: 'type nat hook prerouting priority dstnat; policy accept;',
        rules: [
          `iifname "${TO_CLIENT}" tcp dport { 21, ${PROXY_PORT} } dnat to ${SERVER[4]}`,
          `iifname "${TO_CLIENT}" tcp dport 40000-40009 dnat to ${SERVER[4]}`,
        ],
      });
    },
    direct: { host: ROUTER_AT_CLIENT[4], port: 21 },
    proxyOn: 'server',
    proxy: [FTP, ...LISTEN, '--data-ports', 'client=40000-40009', '--advertise', `client=${ROUTER_AT_CLIENT[4]}`],
  });

  scenario('a client with IPv6 alone, a server with IPv4 alone', {
    families: { client: [6], server: [4] },
    server: { server: vsftpd },
    visitors: [
      [curl, 'EPSV'],
      [curl, 'EPRT'],
      [lftp, 'EPSV'],
      [lftp, 'EPRT'],
    ],
    proxy: [FTP, '--listen', `[::]:${PROXY_PORT}`],
    through: throughRouter(6),
  });

  scenario('a client with IPv4 alone, a server with IPv6 alone', {
    families: { client: [4], server: [6] },
    server: { server: vsftpd, family: 6 },
    visitors: [
      [curl, 'EPSV'],
      [curl, 'PASV'],
      [curl, 'PORT'],
      [lftp, 'PASV'],
      [lftp, 'PORT'],
    ],
    direct: toServer(6),
    proxy: [`ftp://[${SERVER[6]}]`, ...LISTEN],
  });
});

describe.sequential('words', () => {
  scenario('a client that insists on EPSV, a server that has none', {
    server: { server: { ...pyftpdlib, ...withoutEpsv() } },
    visitors: [[epsvAll, 'EPSV']],
    proxy: [FTP, ...LISTEN, '--server-mode', 'auto'],
  });
});

function withoutEpsv(): Pick<typeof pyftpdlib, 'commands'> {
  return {
    commands: (place) => pyftpdlib.commands(place).map(([program, ...args]) => [program, ...args, '--no-epsv']),
  };
}
