// The certificate that every TLS server of the tests shows, and the authority that signed it: made by openssl, for this
// machine's loopback or other addresses, in a folder that goes with the tests.
import { readFile, writeFile } from 'node:fs/promises';
import { join } from 'node:path';
import { runChild } from './child-process.js';
import { makeTempFolder, removeFolder } from './disk.js';
import type { Peer } from './peers.js';

export const OPENSSL: Peer = { file: 'openssl', from: 'openssl' };

/** Files in PEM form. */
export interface Certificates {
  readonly authority: string;
  /** The server's certificate and its key. */
  readonly server: string;
  readonly serverCertificate: string;
  readonly serverKey: string;
  remove(): Promise<void>;
}

const TIMEOUT_MS = 20_000;
const NEW_KEY = ['-newkey', 'rsa:2048', '-noenc', '-days', '30'];
const LOOPBACK_ADDRESSES = ['127.0.0.1', '::1'];

export async function makeCertificates(addresses: readonly string[] = LOOPBACK_ADDRESSES): Promise<Certificates> {
  const names = ['DNS:localhost', ...addresses.map((address) => `IP:${address}`)].join(',');
  const folder = await makeTempFolder('certificates');
  const file = (name: string) => join(folder, name);
  const [authority, serverCertificate, serverKey] = [file('ca.pem'), file('server-cert.pem'), file('server-key.pem')];
  const openssl = async (...args: readonly string[]) => {
    const said = await runChild('openssl', ['req', '-x509', ...NEW_KEY, ...args], {
      cwd: folder,
      timeoutMs: TIMEOUT_MS,
    });
    if (!said.endsWith('exited with 0]')) throw new Error(`no certificate:\n${said}`);
  };
  await openssl(
    ...['-subj', '/CN=authority of the tests', '-keyout', file('ca-key.pem'), '-out', authority],
    ...['-addext', 'keyUsage=critical,keyCertSign,cRLSign'],
  );
  await openssl(
    ...['-CA', authority, '-CAkey', file('ca-key.pem'), '-subj', '/CN=localhost', '-addext', `subjectAltName=${names}`],
    ...['-addext', 'basicConstraints=critical,CA:FALSE', '-keyout', serverKey, '-out', serverCertificate],
  );
  const server = file('server.pem');
  const parts = await Promise.all([serverKey, serverCertificate].map((part) => readFile(part, 'utf8')));
  await writeFile(server, parts.join(''), { mode: 0o600 });
  return { authority, server, serverCertificate, serverKey, remove: () => removeFolder(folder) };
}
