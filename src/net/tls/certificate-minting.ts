// Makes certificates: the authority's own, and the leaves that it signs. The only file that knows @peculiar/x509, which
// takes a tenth of a second to load: import it when certificates are needed, not before. Knows no files, and no time but
// what it is told. Keys are made, and signatures too, in threads of the system and not on the event loop.
import 'reflect-metadata';
import { createPrivateKey, createPublicKey, randomBytes, webcrypto, type X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import * as x509 from '@peculiar/x509';

/** From the first moment that a certificate is valid to the last. */
export interface Validity {
  readonly notBefore: Date;
  readonly notAfter: Date;
}

export interface KeyPair {
  readonly publicKey: webcrypto.CryptoKey;
  readonly privateKey: webcrypto.CryptoKey;
}

/**
 * `ecdsa` (P-256) costs least per handshake. `rsa` (2048 bits) is for clients that know nothing else, as many that stopped
 * at TLS 1.0 or 1.1.
 */
export type LeafKeyAlgorithm = 'ecdsa' | 'rsa';

/** RSA, so that a client without ECDSA can check the chain; as strong as P-256 leaves, also where policies ask for 128 bits. */
const AUTHORITY_KEY_BITS = 3072;
const RSA_LEAF_KEY_BITS = 2048;
const PUBLIC_EXPONENT = new Uint8Array([1, 0, 1]);
/** What every authority signs with. */
const RSA_WITH_SHA256 = { name: 'RSASSA-PKCS1-v1_5', hash: 'SHA-256' };
/** RFC 5280 section 4.1.2.2 allows 20, a positive number. */
const SERIAL_NUMBER_BYTES = 16;
/** RFC 5280 appendix A.1, ub-common-name. */
const MAX_COMMON_NAME = 64;

/** A self-signed authority that may sign leaves and nothing below them. */
export async function makeAuthority(commonName: string, validity: Validity): Promise<{ key: string; cert: string }> {
  const keys = await makeRsaKeys(AUTHORITY_KEY_BITS);
  const certificate = await x509.X509CertificateGenerator.createSelfSigned({
    ...validity,
    keys,
    name: nameOf(commonName),
    serialNumber: serialNumber(),
    signingAlgorithm: RSA_WITH_SHA256,
    extensions: [
      new x509.BasicConstraintsExtension(true, 0, true),
      new x509.KeyUsagesExtension(x509.KeyUsageFlags.keyCertSign | x509.KeyUsageFlags.cRLSign, true),
      await x509.SubjectKeyIdentifierExtension.create(keys.publicKey),
    ],
  });
  return { key: await privateKeyPem(keys), cert: `${certificate.toString('pem')}\n` };
}

export function makeLeafKeys(algorithm: LeafKeyAlgorithm): Promise<KeyPair> {
  if (algorithm === 'rsa') return makeRsaKeys(RSA_LEAF_KEY_BITS);
  return webcrypto.subtle.generateKey({ name: 'ECDSA', namedCurve: 'P-256' }, true, ['sign', 'verify']);
}

/** PKCS#8 (RFC 5958). */
export async function privateKeyPem({ privateKey }: KeyPair): Promise<string> {
  const der = Buffer.from(await webcrypto.subtle.exportKey('pkcs8', privateKey));
  const lines = der.toString('base64').match(/.{1,64}/g) ?? [];
  return ['-----BEGIN PRIVATE KEY-----', ...lines, '-----END PRIVATE KEY-----', ''].join('\n');
}

/** The public half of a private key, PKCS#8 as PEM. Rejects for anything else. */
export function publicKeyOf(pem: string, algorithm: LeafKeyAlgorithm): Promise<webcrypto.CryptoKey> {
  const der = createPublicKey(createPrivateKey(pem)).export({ type: 'spki', format: 'der' });
  const parameters = algorithm === 'rsa' ? RSA_WITH_SHA256 : { name: 'ECDSA', namedCurve: 'P-256' };
  return webcrypto.subtle.importKey('spki', der, parameters, true, ['verify']);
}

export interface LeafPlan {
  /** Host names and IP addresses in their canonical spelling; the first one is the subject. */
  readonly names: readonly string[];
  readonly validity: Validity;
  readonly publicKey: webcrypto.CryptoKey;
  readonly algorithm: LeafKeyAlgorithm;
}

/** An authority made ready to sign. */
export class Mint {
  private constructor(
    private readonly issuer: x509.Name,
    private readonly authorityKeyId: x509.AuthorityKeyIdentifierExtension,
    private readonly signingKey: webcrypto.CryptoKey,
  ) {}

  /** `key` is an RSA key as PKCS#8 in DER. */
  static async open(certificate: X509Certificate, key: Uint8Array): Promise<Mint> {
    const { subjectName, publicKey } = new x509.X509Certificate(certificate.raw);
    const signingKey = await webcrypto.subtle.importKey('pkcs8', key, RSA_WITH_SHA256, false, ['sign']);
    return new Mint(subjectName, await x509.AuthorityKeyIdentifierExtension.create(publicKey), signingKey);
  }

  /** A server certificate as PEM. */
  async leaf({ names, validity, publicKey, algorithm }: LeafPlan): Promise<string> {
    const { digitalSignature, keyEncipherment } = x509.KeyUsageFlags;
    const alternatives = names.map((name) => ({ type: isIP(name) === 0 ? 'dns' : 'ip', value: name }) as const);
    const certificate = await x509.X509CertificateGenerator.create({
      ...validity,
      publicKey,
      signingKey: this.signingKey,
      signingAlgorithm: RSA_WITH_SHA256,
      issuer: this.issuer,
      subject: nameOf(names[0] ?? ''),
      serialNumber: serialNumber(),
      extensions: [
        new x509.BasicConstraintsExtension(false, undefined, true),
        // The old exchange of keys, which TLS 1.0 clients may want, encrypts with the key instead of signing.
        new x509.KeyUsagesExtension(algorithm === 'rsa' ? digitalSignature | keyEncipherment : digitalSignature, true),
        new x509.ExtendedKeyUsageExtension([x509.ExtendedKeyUsage.serverAuth]),
        new x509.SubjectAlternativeNameExtension(alternatives),
        await x509.SubjectKeyIdentifierExtension.create(publicKey),
        this.authorityKeyId,
      ],
    });
    return `${certificate.toString('pem')}\n`;
  }
}

function makeRsaKeys(modulusLength: number): Promise<KeyPair> {
  const parameters = { ...RSA_WITH_SHA256, modulusLength, publicExponent: PUBLIC_EXPONENT };
  return webcrypto.subtle.generateKey(parameters, true, ['sign', 'verify']);
}

/** Clients look at the alternative names; what does not fit as a common name is called something else. */
function nameOf(commonName: string): x509.JsonName {
  return [{ CN: [commonName.length <= MAX_COMMON_NAME ? commonName : 'ftpscope'] }];
}

function serialNumber(): string {
  const bytes = randomBytes(SERIAL_NUMBER_BYTES);
  // Neither negative nor with a leading zero, which would not be DER.
  bytes[0] = ((bytes[0] ?? 0) & 0x3f) | 0x40;
  return bytes.toString('hex');
}
