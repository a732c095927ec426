// Servers that take no more connections.
import { type DiagnosisRow, on } from '../row.js';
import { headline, wordsOf } from '../said.js';

const SAYS_TOO_MANY =
  /too many (?:[a-z]+ ){0,2}(?:connections|connected|users|clients|logins|sessions)|maximum (?:number of |number )?(?:allowed )?(?:connections|users|clients|logins|sessions)|\(the maximum\)|(?:connection|user|client|login) limit/i;
const EACH_ADDRESS = /(?:from|for) (?:this|your|the same|a single|one)[a-z ]{0,12}(?:ip|address|host)\b/i;

const LIMITS = {
  vsftpd: 'max_per_ip, max_clients',
  proftpd: 'MaxClientsPerHost, MaxConnectionsPerHost, MaxClients, MaxInstances, MaxClientsPerUser',
  pureftpd: '-C COUNT for each address (MaxClientsPerIP), -c COUNT for all (MaxClientsNumber)',
  pyftpdlib: 'server.max_cons_per_ip, server.max_cons',
  filezilla: 'the limits of the user and of its group',
  iis: "maxConnections in the site's connection limits",
} as const;

export const LIMITS_OF_SERVERS: readonly DiagnosisRow[] = [
  {
    id: 'too-many-connections',
    severity: 'error',
    fault: 'client',
    title: 'the server takes no more connections{ofAddress|}: {reply|421}',
    cause:
      'The limit of the server is reached: by parallel connections of this client, or by sessions that were never closed.',
    fix: {
      client: 'Use fewer connections at a time, and end each with QUIT.',
      server: 'Raise the limit, or let idle sessions end sooner.',
      proxy:
        'To the server, all clients of the proxy have one address: send it theirs (--send-proxy-protocol v1, if the server takes it; --transparent tproxy --spoof-client), or limit them here (--max-sessions-per-client 4).',
    },
    settings: LIMITS,
    clientSettings: {
      lftp: 'set net:connection-limit 2',
      filezilla: 'Site Manager, "Limit number of simultaneous connections"',
      winscp: 'fewer simultaneous transfers in the queue',
    },
    signs: '421 or 530 in place of the greeting or in answer to USER or PASS, which speaks of too many connections.',
    rules: [
      on('reply', (reply, session) => {
        if (reply.by !== 'server' || (reply.code !== 421 && reply.code !== 530)) return null;
        if (!SAYS_TOO_MANY.test(wordsOf(reply))) return null;
        const ofAddress = EACH_ADDRESS.test(wordsOf(reply)) || /internet address/i.test(wordsOf(reply));
        // To that server, many clients are one.
        const fault = ofAddress && session.isRelayed ? 'proxy' : 'client';
        const values = { reply: headline(reply), ofAddress: ofAddress ? ' from one address' : '' };
        return { confidence: 'certain', leg: 'server', fault, values };
      }),
    ],
  },
];
