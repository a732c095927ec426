// What only a check of the server itself can see (`ftpscope check`): no session of a client shows it.
import type { DiagnosisRow } from '../row.js';

const ASKED = 'no session shows it: `ftpscope check ftp://HOST` asks the server';

export const SERVER_SETUP: readonly DiagnosisRow[] = [
  {
    id: 'tls-old-version',
    severity: 'warning',
    fault: 'server',
    title: 'the server still takes TLS 1.0 or 1.1',
    cause: 'Both versions are withdrawn (RFC 8996). They are there for clients that know no newer one.',
    fix: { server: 'Take TLS 1.2 and 1.3 alone.' },
    settings: {
      vsftpd: 'ssl_tlsv1=NO, from 3.0.4 on also ssl_tlsv1_1=NO',
      proftpd: 'TLSProtocol TLSv1.2 TLSv1.3',
      filezilla: 'Server configuration, "FTP and FTP over TLS", minimum allowed TLS version',
    },
    signs: 'A handshake in which only TLS 1.0 or 1.1 is offered succeeds.',
    unseen: ASKED,
    rules: [],
  },
  {
    id: 'feature-refused',
    severity: 'warning',
    fault: 'server',
    title: 'FEAT lists what the server refuses',
    cause:
      'The command is denied in the settings, or needs what is not set up, and FEAT lists it all the same. Clients rely on FEAT (RFC 2389).',
    fix: { server: 'Allow the command, or take it out of FEAT.' },
    settings: {
      vsftpd: 'cmds_allowed, cmds_denied',
      proftpd: '<Limit COMMAND>, CommandFilter',
      pureftpd: 'for TLS: a certificate, and --tls=1 or higher',
    },
    signs: 'A line of FEAT, and 500, 502 or 504 to its command.',
    unseen: ASKED,
    rules: [],
  },
  {
    id: 'unknown-command-accepted',
    severity: 'warning',
    fault: 'server',
    title: 'the server answers an unknown command with a success',
    cause:
      'RFC 959 section 5.4 has 500 and 502 for it. Clients find out by such replies what a server knows, and are misled.',
    fix: { server: 'Update the server, or the device between that answers in its place.' },
    signs: '2yz in answer to a command that does not exist.',
    unseen: ASKED,
    rules: [],
  },
  {
    id: 'other-address-unreachable',
    severity: 'warning',
    fault: 'server',
    title: 'the name of the server leads to an address at which clients fail',
    cause:
      'DNS has addresses of both families, and the server or its firewall serves one. Clients that prefer the other wait, or fail.',
    fix: {
      server:
        'Listen on both families and open the ports for both, or take the address out of DNS (AAAA is that of IPv6).',
      client: 'Name the address that works.',
      proxy: 'Put the address that works behind the proxy: ftpscope proxy ftp://ADDRESS',
    },
    settings: {
      vsftpd: 'listen=NO, listen_ipv6=YES (serves both)',
      proftpd: 'UseIPv6 on',
      pureftpd: 'no -4 (IPV4Only)',
      pyftpdlib: "FTPServer(('::', 21), handler)",
    },
    clientSettings: { curl: '-4 or -6', lftp: 'set dns:order "inet"' },
    signs: 'AAAA and A of one name, and a connection that works over one of them alone.',
    unseen: ASKED,
    rules: [],
  },
  {
    id: 'file-left-behind',
    severity: 'error',
    fault: 'server',
    title: 'a file that the check has written could not be removed',
    cause: 'The user may store files and not delete them, or the connection broke.',
    fix: { client: 'Delete it: {path|its name begins with ftpscope-check}.' },
    signs: 'STOR is agreed to, and DELE is not.',
    unseen: ASKED,
    rules: [],
  },
];
