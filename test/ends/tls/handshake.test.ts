// What clients think of our certificates: Node's, over real sockets, and the openssl program.
import { execFileSync, spawnSync } from 'node:child_process';
import { writeFileSync } from 'node:fs';
import type { AddressInfo } from 'node:net';
import { join } from 'node:path';
import tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { type Leaf, LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { namesOfServer } from '../../../src/net/tls/server-names.js';
import { ownAuthority } from '../../net/tls/own-authority.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';

const own = ownAuthority();
const OPENSSL = 'openssl';
const NAMES = ['ftp.example.com', '*.sub.example.com', '127.0.0.1', '::1'];
/** TLS 1.0 signs with SHA-1, which OpenSSL 3 leaves only to those who ask. */
const OLD = { minVersion: 'TLSv1', ciphers: 'DEFAULT:@SECLEVEL=0' } as const;

async function serve(leaves: readonly Leaf[], options: tls.TlsOptions = {}): Promise<number> {
  const context = { key: leaves.map(({ key }) => key), cert: leaves.map(({ cert }) => cert) };
  const server = tls.createServer({ ...context, ...options }, (socket) => socket.on('error', () => {}).end('hello'));
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
  onTestFinished(() => void server.close());
  return (server.address() as AddressInfo).port;
}

interface Seen {
  readonly authorized: boolean;
  readonly protocol: string | null;
  readonly certificate: tls.PeerCertificate;
  readonly cipher: string;
}

/** A client that trusts the authority, or nobody. Rejects as it refuses. */
function connect(port: number, options: tls.ConnectionOptions): Promise<Seen> {
  return new Promise((resolve, reject) => {
    const socket = tls.connect({ port, host: '127.0.0.1', ca: own().authority.certificate.toString(), ...options });
    socket.on('error', reject);
    socket.once('secureConnect', () => {
      const { authorized } = socket;
      const certificate = socket.getPeerCertificate();
      resolve({ authorized, protocol: socket.getProtocol(), certificate, cipher: socket.getCipher().name });
      socket.destroy();
    });
  });
}

describe.each(['TLSv1.2', 'TLSv1.3'] as const)('over %s', (version) => {
  const only = { minVersion: version, maxVersion: version };

  test.each(['ecdsa', 'rsa'] as const)(
    'a client takes the right names with %s, and no wrong one',
    async (algorithm) => {
      const port = await serve([await new LeafCertificates(own().authority).issue({ names: NAMES, algorithm })]);
      for (const servername of ['ftp.example.com', 'any.sub.example.com']) {
        expect(await connect(port, { ...only, servername })).toMatchObject({ authorized: true, protocol: version });
      }
      expect(await connect(port, only)).toMatchObject({ authorized: true });
      const wrong = connect(port, { ...only, servername: 'www.example.com' });
      await expect(wrong).rejects.toMatchObject({ code: 'ERR_TLS_CERT_ALTNAME_INVALID' });
    },
  );

  test('a client that does not know the authority refuses', async () => {
    const port = await serve([await new LeafCertificates(own().authority).issue({ names: NAMES })]);
    await expect(connect(port, { ...only, ca: [] })).rejects.toMatchObject({ code: 'SELF_SIGNED_CERT_IN_CHAIN' });
  });
});

describe('both kinds of leaf in one server', () => {
  const both = async () => {
    const leaves = new LeafCertificates(own().authority);
    return Promise.all((['ecdsa', 'rsa'] as const).map((algorithm) => leaves.issue({ names: NAMES, algorithm })));
  };

  test.each([
    ['a new client gets ECDSA', {}, 'prime256v1'],
    ['one of TLS 1.2 too', { maxVersion: 'TLSv1.2' }, 'prime256v1'],
    [
      'one that knows RSA alone gets that',
      { maxVersion: 'TLSv1.2', ciphers: 'ECDHE-RSA-AES128-GCM-SHA256' },
      undefined,
    ],
    ['one that lets RSA carry the key, too', { maxVersion: 'TLSv1.2', ciphers: 'AES128-SHA' }, undefined],
    ['TLS 1.1', { ...OLD, maxVersion: 'TLSv1.1', ciphers: 'ECDHE-RSA-AES128-SHA:@SECLEVEL=0' }, undefined],
    ['TLS 1.0', { ...OLD, maxVersion: 'TLSv1', ciphers: 'AES128-SHA:@SECLEVEL=0' }, undefined],
  ] as const)('%s', async (_, options, curve) => {
    const port = await serve(await both(), OLD);
    const { authorized, certificate } = await connect(port, options);
    expect({ authorized, curve: certificate.asn1Curve }).toEqual({ authorized: true, curve });
  });
});

test('names read from a certificate that Node was shown come out as they went in', async () => {
  const port = await serve([await new LeafCertificates(own().authority).issue({ names: NAMES })]);
  const { certificate } = await connect(port, {});
  expect(namesOfServer({ host: 'ftp.example.com', certificate })).toEqual(NAMES);
});

test.skipIf(spawnSync(OPENSSL, ['version']).error !== undefined)('openssl finds nothing to complain of', async () => {
  const { authority } = own();
  const leaves = new LeafCertificates(authority);
  for (const algorithm of ['ecdsa', 'rsa'] as const) {
    const file = join(temporaryFolder(), 'leaf.pem');
    writeFileSync(file, (await leaves.issue({ names: NAMES, algorithm })).cert);
    const strictly = ['-x509_strict', '-purpose', 'sslserver', '-verify_ip', '127.0.0.1', '-auth_level', '2'];
    const told = execFileSync(OPENSSL, ['verify', ...strictly, '-CAfile', authority.certificateFile, file]);
    expect(told.toString()).toBe(`${file}: OK\n`);
  }
});
