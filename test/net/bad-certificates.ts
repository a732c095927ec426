// Certificates that a client must not take, one of each kind, made for one test file.
import 'reflect-metadata';
import { createPrivateKey, webcrypto, X509Certificate } from 'node:crypto';
import * as x509 from '@peculiar/x509';
import { beforeAll } from 'vitest';
import { type KeyPair, makeAuthority, makeLeafKeys, privateKeyPem } from '../../src/net/tls/certificate-minting.js';
import { type Leaf, LeafCertificates } from '../../src/net/tls/leaf-certificates.js';
import type { OwnAuthority } from './tls/own-authority.js';

export type BadCertificate =
  | 'expired'
  | 'not yet valid'
  | 'self-signed'
  | 'wrong name'
  | 'unknown authority'
  | 'missing intermediate'
  | 'key too short';

const DAY_MS = 24 * 60 * 60 * 1000;
const LOOPBACK = '127.0.0.1';

/** To be called at the top of a test file; what comes back can be called in its tests. */
export function badCertificates(own: () => OwnAuthority): (kind: BadCertificate) => Leaf {
  const made = new Map<BadCertificate, Leaf>();
  beforeAll(async () => {
    const { authority } = own();
    const issued = (days: number, names: readonly string[]) =>
      new LeafCertificates(authority, () => Date.now() + days * DAY_MS).issue({ names });
    const stranger = await makeAuthority('Stranger', validity());
    const strangers = {
      ...authority,
      certificate: new X509Certificate(stranger.cert),
      privateKey: createPrivateKey(stranger.key),
    };
    made.set('expired', await issued(-200, [LOOPBACK]));
    made.set('not yet valid', await issued(30, [LOOPBACK]));
    made.set('self-signed', await leafSignedBy(`CN=${LOOPBACK}`, null));
    made.set('wrong name', await issued(0, ['other.example.com', '127.0.0.2']));
    made.set('unknown authority', await new LeafCertificates(strangers).issue({ names: [LOOPBACK] }));
    made.set('missing intermediate', await leafSignedBy('CN=Intermediate', await makeLeafKeys('ecdsa')));
    made.set('key too short', await leafWithShortKey());
  });
  return (kind) => {
    const leaf = made.get(kind);
    if (leaf === undefined) throw new Error(`no ${kind} certificate`);
    return leaf;
  };
}

function validity() {
  return { notBefore: new Date(Date.now() - DAY_MS), notAfter: new Date(Date.now() + DAY_MS) };
}

/** Signed by its own key, or by that of an authority that is not sent along. */
async function leafSignedBy(issuer: string, issuerKeys: KeyPair | null): Promise<Leaf> {
  const keys = await makeLeafKeys('ecdsa');
  const certificate = await x509.X509CertificateGenerator.create({
    ...validity(),
    subject: `CN=${LOOPBACK}`,
    issuer,
    publicKey: keys.publicKey,
    signingKey: (issuerKeys ?? keys).privateKey,
    signingAlgorithm: { name: 'ECDSA', hash: 'SHA-256' },
    extensions: [new x509.SubjectAlternativeNameExtension([{ type: 'ip', value: LOOPBACK }])],
  });
  return { cert: certificate.toString('pem'), key: await privateKeyPem(keys) };
}

/** RSA of 512 bits, which OpenSSL does not take for TLS. */
async function leafWithShortKey(): Promise<Leaf> {
  const rsa = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
  const shape = { ...rsa, modulusLength: 512, publicExponent: new Uint8Array([1, 0, 1]) };
  const keys = await webcrypto.subtle.generateKey(shape, true, ['sign', 'verify']);
  const name = `CN=${LOOPBACK}`;
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity(),
    keys,
    name,
    signingAlgorithm: rsa,
  });
  return { cert: certificate.toString('pem'), key: await privateKeyPem(keys) };
}
