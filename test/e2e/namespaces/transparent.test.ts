// Clients that know nothing of the proxy: they go to the server's own address, and the kernel of the router, told by what
// `ftpscope rules` prints, hands them to the proxy. The same command lines fail before that.
import { describe, expect, test } from 'vitest';
import { cannotTest } from '../peers.js';
import type { Family } from '../servers/server.js';
import { vsftpd } from '../servers/vsftpd.js';
import { curl, lftp } from './clients.js';
import { COMMAND, type RunningProxy, startProxy, tellKernel } from './machines.js';
import {
  CLIENT,
  type Network,
  noNetwork,
  ROUTER_AT_CLIENT,
  ROUTER_AT_SERVER,
  SERVER,
  TO_SERVER,
  withNetwork,
} from './network.js';
import { PROXY_PORT, type Scenario, scenario, toServer, type Visitor } from './scenario.js';

const IN = 'type filter hook input priority filter; policy accept;';
const FORWARD = 'type filter hook forward priority filter; policy accept;';
const ANSWERS = 'ct state established,related accept';

const VISITORS: Readonly<Record<Family, readonly Visitor[]>> = {
  4: [
    [curl, 'EPSV'],
    [curl, 'PASV'],
    [curl, 'PORT'],
    [lftp, 'PASV'],
    [lftp, 'PORT'],
  ],
  6: [
    [curl, 'EPSV'],
    [curl, 'EPRT'],
    [lftp, 'EPSV'],
    [lftp, 'EPRT'],
  ],
};

/** Both firewalls: the client's admits nobody, the server's its control port alone. */
async function firewalls({ router, server }: Network): Promise<void> {
  await router.firewall({ hook: FORWARD, rules: [ANSWERS, `iifname "${TO_SERVER}" tcp flags syn drop`] });
  await server.firewall({ hook: IN, rules: [ANSWERS, 'tcp dport 21 accept', 'tcp flags syn drop'] });
}

const listen = (family: Family) => `${family === 4 ? '0.0.0.0' : '[::]'}:${PROXY_PORT}`;

function transparently(
  name: string,
  family: Family,
  options: readonly string[],
  { proxyOnly = [], ...rest }: { readonly proxyOnly?: readonly string[] } & Partial<Scenario> = {},
) {
  const args = [...options, '--listen', listen(family)];
  const spoofs = proxyOnly.includes('--spoof-client');
  scenario(name, {
    server: { server: vsftpd, family },
    visitors: VISITORS[family],
    obstacles: firewalls,
    direct: toServer(family),
    proxy: [...args, '--server-mode', 'active', ...proxyOnly],
    afterStart: async ({ router, server }) => {
      await tellKernel(router, ...args);
      // Nobody but the client itself is let in.
      const stranger = `${family === 4 ? 'ip' : 'ip6'} saddr ${ROUTER_AT_SERVER[family]} tcp flags syn drop`;
      if (spoofs) await server.firewall({ hook: IN.replace('filter;', '-10;'), rules: [stranger] });
    },
    through: toServer(family),
    ...rest,
    afterwards: async (proxy, { router }) => {
      expectTransparent(proxy, family, spoofs);
      await tellKernel(router, ...args, '--undo');
      expect(await router.run('nft', ['list', 'tables'])).not.toContain('inet ftpscope\n');
      expect(await router.run('ip', [`-${family}`, 'rule', 'list'])).not.toContain('fwmark');
    },
  });
}

function expectTransparent({ observations }: RunningProxy, family: Family, spoofs: boolean): void {
  const opened = observations.filter((one) => one.kind === 'session-opened');
  expect(opened.length).toBeGreaterThan(0);
  for (const { how, server, client } of opened) {
    expect({ how, server, client: client.address }).toEqual({
      how: 'transparent',
      server: { address: SERVER[family], port: 21 },
      client: CLIENT[family],
    });
  }
  const own = (spoofs ? CLIENT : ROUTER_AT_SERVER)[family];
  for (const one of observations) if (one.kind === 'server-connected') expect(one.local.address).toBe(own);
}

describe.sequential('redirect', () => {
  const options = ['--transparent', 'redirect', '--data-ports', '50000-50099'];
  transparently('over IPv4', 4, options);
  transparently('over IPv6', 6, options);
  transparently('with FTPS', 4, options, {
    encrypted: true,
    visitors: [
      [curl, 'EPSV'],
      [lftp, 'PASV'],
      [lftp, 'PORT'],
    ],
  });
});

describe.sequential('tproxy', () => {
  const options = ['--transparent', 'tproxy'];
  const spoofing = { proxyOnly: ['--spoof-client'] };
  transparently('over IPv4', 4, options);
  transparently('over IPv6', 6, options);
  transparently('over IPv4, and the server sees the client', 4, options, spoofing);
  transparently('over IPv6, and the server sees the client', 6, options, spoofing);
});

describe('without the privilege', () => {
  test('there is one line that says what is missing, and what needs none', async (context) => {
    const reason = noNetwork([{ file: 'setpriv', from: 'util-linux' }]);
    if (reason !== undefined) return cannotTest(context, reason);
    await withNetwork(async ({ router }) => {
      const proxy = [process.execPath, COMMAND, 'proxy', '--transparent', 'tproxy', '--listen', '0.0.0.0:2121'];
      const said = await router.run('setpriv', ['--bounding-set', '-net_admin,-net_raw', ...proxy]);
      expect(said).toMatch(
        /^ftpscope: --transparent tproxy needs the privilege CAP_NET_ADMIN: .*\n\n\[ip exited with 1\]$/,
      );
    });
  });
});

describe('a server that is the router itself', () => {
  test('does not make the proxy connect to itself without end, whatever the rules', async (context) => {
    const reason = noNetwork(curl.needs);
    if (reason !== undefined) return cannotTest(context, reason);
    await withNetwork(async ({ client, router }) => {
      const args = ['--transparent', 'tproxy', '--listen', listen(4)];
      const proxy = await startProxy(router, args);
      const unguarded = `"$0" "$@" | sed 's/iifname != lo//' | sh -e`;
      await router.must('sh', ['-ec', unguarded, process.execPath, COMMAND, 'rules', ...args]);
      const said = await client.run('curl', ['-sv', '--max-time', '5', `ftp://${ROUTER_AT_CLIENT[4]}/`]);
      expect(said).toContain('< 421 The proxy has come back to itself');
      const violations = proxy.observations.filter((one) => one.kind === 'violation');
      expect(violations).toMatchObject([{ session: 2, code: 'proxy-loop' }]);
    });
  });

  test('nor does who comes to the port of the proxy', async (context) => {
    const reason = noNetwork(curl.needs);
    if (reason !== undefined) return cannotTest(context, reason);
    await withNetwork(async ({ client, router }) => {
      const args = ['--transparent', 'redirect', '--listen', listen(4), '--data-ports', '50000-50099'];
      await startProxy(router, args);
      await tellKernel(router, ...args);
      const said = await client.run('curl', ['-sv', '--max-time', '5', `ftp://${ROUTER_AT_CLIENT[4]}:2121/`]);
      expect(said).toContain('< 421 198.51.100.1:2121 is this proxy itself');
    });
  });
});
