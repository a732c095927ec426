// Certificates for the client leg: minted when names are asked for the first time, and kept for the next, in memory and in files.
// Knows neither sockets nor where the names come from.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { type Authority, BACKDATED_DAYS, DAY_MS } from './authority.js';
import type { KeyPair, LeafKeyAlgorithm, Mint } from './certificate-minting.js';
import type { LeafFiles } from './leaf-files.js';
import { certificateNames } from './server-names.js';

export interface LeafRequest {
  /** Host names and IP addresses; the first one becomes the subject. What no certificate can carry is left out. */
  readonly names: readonly string[];
  /** Default: `ecdsa`. */
  readonly algorithm?: LeafKeyAlgorithm;
}

/** As `tls.createSecureContext` takes it; it takes several too, and shows each client one that it understands. */
export interface Leaf {
  /** PKCS#8 as PEM: a secret. The same for all leaves of one algorithm. */
  readonly key: string;
  /** The leaf and its authority, as PEM. */
  readonly cert: string;
}

interface CachedLeaf {
  readonly leaf: Promise<Leaf>;
  readonly renewAt: number;
}

interface LeafKeys {
  readonly publicKey: KeyPair['publicKey'];
  readonly pem: string;
}

/** Some clients refuse what is valid for more than 398. */
const VALID_DAYS = 90;
/** A proxy may run for months: long before a leaf ends, the next session gets a new one. */
const RENEWED_AFTER_DAYS = 60;
/** Sets of names kept; a proxy with one server needs a handful, one for each address that clients reach it by. */
const MAX_CACHED = 500;

export class LeafCertificates {
  private mint: Promise<Mint> | null = null;
  private readonly keys = new Map<LeafKeyAlgorithm, Promise<LeafKeys>>();
  /** The least recently used first. */
  private readonly cache = new Map<string, CachedLeaf>();

  constructor(
    private readonly authority: Authority,
    private readonly now: () => number = Date.now,
    private readonly maxCached = MAX_CACHED,
    /** Null for certificates that are forgotten when the process ends. */
    private readonly files: LeafFiles | null = null,
  ) {}

  /** Does beforehand what takes long, so that no session has to wait: loading what mints, and making keys. */
  async prepare(algorithms: readonly LeafKeyAlgorithm[] = ['ecdsa']): Promise<void> {
    await Promise.all([this.openMint(), ...algorithms.map((algorithm) => this.keysOf(algorithm))]);
  }

  /** Rejects when none of the names can be in a certificate. The same names give the same leaf until it is renewed. */
  issue({ names, algorithm = 'ecdsa' }: LeafRequest): Promise<Leaf> {
    const wanted = certificateNames(names);
    if (wanted.length === 0) return Promise.reject(new Error(`no certificate can be made for: ${names.join(', ')}`));
    const id = [algorithm, ...wanted.toSorted()].join(' ');
    const now = this.now();
    const known = this.cache.get(id);
    const cached = known !== undefined && now < known.renewAt ? known : this.mintAnew(id, wanted, algorithm, now);
    this.keep(id, cached);
    return cached.leaf;
  }

  private mintAnew(id: string, names: readonly string[], algorithm: LeafKeyAlgorithm, now: number): CachedLeaf {
    const leaf = this.keptLeaf(id, now, algorithm).then((kept) => kept ?? this.mintLeaf(id, names, algorithm, now));
    const cached = { leaf, renewAt: now + RENEWED_AFTER_DAYS * DAY_MS };
    // Whoever asked is told; the next one may have more luck.
    leaf.catch(() => this.cache.get(id) === cached && this.cache.delete(id));
    return cached;
  }

  /** Makes it the most recently used. */
  private keep(id: string, cached: CachedLeaf): void {
    this.cache.delete(id);
    this.cache.set(id, cached);
    for (const oldest of this.cache.keys()) {
      if (this.cache.size <= this.maxCached) break;
      this.cache.delete(oldest);
    }
  }

  /** The leaf of an earlier run, where it is still good: signed by this authority, of our key, and not soon to be renewed. */
  private async keptLeaf(id: string, now: number, algorithm: LeafKeyAlgorithm): Promise<Leaf | null> {
    const cert = (await this.files?.leaf(id)) ?? null;
    if (cert === null) return null;
    const { pem: key } = await this.keysOf(algorithm);
    const { certificate: authority } = this.authority;
    try {
      const leaf = new X509Certificate(cert);
      const renewAt = Date.parse(leaf.validFrom) + (BACKDATED_DAYS + RENEWED_AFTER_DAYS) * DAY_MS;
      const good = leaf.checkPrivateKey(createPrivateKey(key)) && leaf.verify(authority.publicKey) && now < renewAt;
      return good ? { key, cert: cert + authority.toString() } : null;
    } catch {
      return null;
    }
  }

  private async mintLeaf(
    id: string,
    names: readonly string[],
    algorithm: LeafKeyAlgorithm,
    now: number,
  ): Promise<Leaf> {
    const [mint, { publicKey, pem }] = await Promise.all([this.openMint(), this.keysOf(algorithm)]);
    const { certificate } = this.authority;
    const notBefore = new Date(now - BACKDATED_DAYS * DAY_MS);
    const notAfter = new Date(Math.min(now + VALID_DAYS * DAY_MS, Date.parse(certificate.validTo)));
    const leaf = await mint.leaf({ names, validity: { notBefore, notAfter }, publicKey, algorithm });
    await this.files?.keep(id, leaf);
    return { key: pem, cert: leaf + certificate.toString() };
  }

  private openMint(): Promise<Mint> {
    this.mint ??= this.loadMint().catch((error: unknown) => {
      this.mint = null;
      throw error;
    });
    return this.mint;
  }

  private async loadMint(): Promise<Mint> {
    const minting = await import('./certificate-minting.js');
    const { certificate, privateKey } = this.authority;
    return minting.Mint.open(certificate, privateKey.export({ type: 'pkcs8', format: 'der' }));
  }

  private keysOf(algorithm: LeafKeyAlgorithm): Promise<LeafKeys> {
    const keys = this.keys.get(algorithm) ?? this.makeKeys(algorithm);
    this.keys.set(algorithm, keys);
    return keys;
  }

  private async makeKeys(algorithm: LeafKeyAlgorithm): Promise<LeafKeys> {
    const minting = await import('./certificate-minting.js');
    const make = async () => minting.privateKeyPem(await minting.makeLeafKeys(algorithm));
    const kept = await this.files?.key(algorithm, make);
    try {
      if (kept !== undefined) return { publicKey: await minting.publicKeyOf(kept, algorithm), pem: kept };
    } catch {
      // What lies in the file is no such key.
    }
    const pem = await make();
    return { publicKey: await minting.publicKeyOf(pem, algorithm), pem };
  }
}
