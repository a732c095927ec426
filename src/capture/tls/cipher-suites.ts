// The cipher suites whose records can be opened: those with authenticated encryption (AES-GCM and ChaCha20-Poly1305).

interface SuiteCipher {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: 16 | 32;
  /** Of the key schedule. */
  readonly hash: 'sha256' | 'sha384';
}

export interface CipherSuite extends SuiteCipher {
  /** As IANA has it. */
  readonly name: string;
}

const AES_128: SuiteCipher = { algorithm: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' };
const AES_256: SuiteCipher = { algorithm: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' };
const CHACHA20: SuiteCipher = { algorithm: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256' };

/** Key exchanges of TLS 1.2 and IANA's numbers of their suites with AES-128-GCM; with AES-256-GCM it is the next. */
const WITH_AES_GCM: readonly (readonly [exchange: string, number: number])[] = [
  ['RSA', 0x9c],
  ['DHE_RSA', 0x9e],
  ['DH_RSA', 0xa0],
  ['DHE_DSS', 0xa2],
  ['DH_DSS', 0xa4],
  ['DH_anon', 0xa6],
  ['PSK', 0xa8],
  ['DHE_PSK', 0xaa],
  ['RSA_PSK', 0xac],
  ['ECDHE_ECDSA', 0xc02b],
  ['ECDH_ECDSA', 0xc02d],
  ['ECDHE_RSA', 0xc02f],
  ['ECDH_RSA', 0xc031],
];

/** From 0xcca8 on. */
const WITH_CHACHA20 = ['ECDHE_RSA', 'ECDHE_ECDSA', 'DHE_RSA', 'PSK', 'ECDHE_PSK', 'DHE_PSK', 'RSA_PSK'];

const BY_NUMBER: ReadonlyMap<number, CipherSuite> = new Map<number, CipherSuite>([
  [0x1301, { ...AES_128, name: 'TLS_AES_128_GCM_SHA256' }],
  [0x1302, { ...AES_256, name: 'TLS_AES_256_GCM_SHA384' }],
  [0x1303, { ...CHACHA20, name: 'TLS_CHACHA20_POLY1305_SHA256' }],
  ...WITH_AES_GCM.flatMap(([exchange, number]): [number, CipherSuite][] => [
    [number, { ...AES_128, name: `TLS_${exchange}_WITH_AES_128_GCM_SHA256` }],
    [number + 1, { ...AES_256, name: `TLS_${exchange}_WITH_AES_256_GCM_SHA384` }],
  ]),
  ...WITH_CHACHA20.map((exchange, index): [number, CipherSuite] => [
    0xcca8 + index,
    { ...CHACHA20, name: `TLS_${exchange}_WITH_CHACHA20_POLY1305_SHA256` },
  ]),
]);

/** Null when records of the suite cannot be opened. */
export function cipherSuite(number: number): CipherSuite | null {
  return BY_NUMBER.get(number) ?? null;
}
