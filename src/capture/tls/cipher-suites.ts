// The cipher suites whose records can be opened: those with authenticated encryption (AES-GCM and ChaCha20-Poly1305).

export interface CipherSuite {
  readonly algorithm: 'aes-128-gcm' | 'aes-256-gcm' | 'chacha20-poly1305';
  readonly keyBytes: 16 | 32;
  /** Of the key schedule. */
  readonly hash: 'sha256' | 'sha384';
}

const AES_128: CipherSuite = { algorithm: 'aes-128-gcm', keyBytes: 16, hash: 'sha256' };
const AES_256: CipherSuite = { algorithm: 'aes-256-gcm', keyBytes: 32, hash: 'sha384' };
const CHACHA20: CipherSuite = { algorithm: 'chacha20-poly1305', keyBytes: 32, hash: 'sha256' };

/** IANA's numbers: those of TLS 1.3, then those of TLS 1.2 whatever the key exchange, which does not matter here. */
const SUITES: readonly (readonly [suite: CipherSuite, numbers: readonly number[]])[] = [
  [AES_128, [0x1301, 0x9c, 0x9e, 0xa0, 0xa2, 0xa4, 0xa6, 0xa8, 0xaa, 0xac, 0xc02b, 0xc02d, 0xc02f, 0xc031]],
  [AES_256, [0x1302, 0x9d, 0x9f, 0xa1, 0xa3, 0xa5, 0xa7, 0xa9, 0xab, 0xad, 0xc02c, 0xc02e, 0xc030, 0xc032]],
  [CHACHA20, [0x1303, 0xcca8, 0xcca9, 0xccaa, 0xccab, 0xccac, 0xccad, 0xccae]],
];

const BY_NUMBER: ReadonlyMap<number, CipherSuite> = new Map(
  SUITES.flatMap(([suite, numbers]) => numbers.map((number) => [number, suite] as const)),
);

/** Null when records of the suite cannot be opened. */
export function cipherSuite(number: number): CipherSuite | null {
  return BY_NUMBER.get(number) ?? null;
}
