// Leaves: what they say, and when they are minted.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { describe, expect, test } from 'vitest';
import { type Leaf, LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { ownAuthority } from './own-authority.js';

const own = ownAuthority();
const DAY_MS = 24 * 60 * 60 * 1000;

const certificateOf = ({ cert }: Leaf) => new X509Certificate(cert);

describe('a leaf', () => {
  test('names everything, the first as its subject', async () => {
    const names = ['ftp.Example.com', '*.example.com', '127.0.0.1', '2001:DB8:0::1', 'ftp.example.com'];
    const certificate = certificateOf(await new LeafCertificates(own().authority).issue({ names }));
    expect(certificate.subject).toBe('CN=ftp.example.com');
    expect(certificate.subjectAltName).toBe(
      'DNS:ftp.example.com, DNS:*.example.com, IP Address:127.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1',
    );
    expect(certificate.checkHost('deep.example.com')).toBe('*.example.com');
    expect(certificate.checkIP('2001:db8::1')).toBe('2001:db8::1');
  });

  test.each(['ecdsa', 'rsa'] as const)('with %s belongs to its key, its authority and servers', async (algorithm) => {
    const { authority } = own();
    const leaf = await new LeafCertificates(authority).issue({ names: ['a.example'], algorithm });
    const certificate = certificateOf(leaf);
    expect(certificate.checkPrivateKey(createPrivateKey(leaf.key))).toBe(true);
    expect(certificate.publicKey.asymmetricKeyType).toBe(algorithm === 'rsa' ? 'rsa' : 'ec');
    expect(certificate.checkIssued(authority.certificate) && certificate.verify(authority.certificate.publicKey)).toBe(
      true,
    );
    expect(certificate).toMatchObject({ ca: false, keyUsage: ['1.3.6.1.5.5.7.3.1'] });
    expect(leaf.cert).toBe(certificate.toString() + authority.certificate.toString());
  });

  test('is valid from yesterday, for 90 days', async () => {
    const now = Date.parse('2030-05-01T12:00:00Z');
    const { validFrom, validTo } = certificateOf(
      await new LeafCertificates(own().authority, () => now).issue({ names: ['a'] }),
    );
    expect([Date.parse(validFrom), Date.parse(validTo)]).toEqual([now - DAY_MS, now + 90 * DAY_MS]);
  });

  test('does not outlive its authority', async () => {
    const { authority } = own();
    const end = Date.parse(authority.certificate.validTo);
    const leaves = new LeafCertificates(authority, () => end - 10 * DAY_MS);
    expect(Date.parse(certificateOf(await leaves.issue({ names: ['a'] })).validTo)).toBe(end);
  });

  test('has another number each time, a positive one', async () => {
    const leaves = new LeafCertificates(own().authority);
    const all = await Promise.all(Array.from({ length: 20 }, (_, index) => leaves.issue({ names: [`n${index}`] })));
    const numbers = all.map((leaf) => certificateOf(leaf).serialNumber);
    expect(new Set(numbers).size).toBe(20);
    for (const number of numbers) expect(number).toMatch(/^[4-7][0-9A-F]{31}$/);
  });

  test('with a name too long for a subject has another subject', async () => {
    const name = `${'a'.repeat(60)}.example`;
    const certificate = certificateOf(await new LeafCertificates(own().authority).issue({ names: [name] }));
    expect([certificate.subject, certificate.checkHost(name)]).toEqual(['CN=ftpscope', name]);
  });

  test('leaves out what no certificate can say, and is none when nothing is left', async () => {
    const leaves = new LeafCertificates(own().authority);
    const certificate = certificateOf(await leaves.issue({ names: ['two words', 'a.example', '#05'] }));
    expect(certificate.subjectAltName).toBe('DNS:a.example');
    await expect(leaves.issue({ names: ['two words'] })).rejects.toThrow('no certificate can be made for: two words');
  });
});

describe('minted once', () => {
  test('for the same names, in whatever order and spelling, at the same time or later', async () => {
    const leaves = new LeafCertificates(own().authority);
    const [one, two] = await Promise.all([
      leaves.issue({ names: ['a.example', '::1'] }),
      leaves.issue({ names: ['0:0:0:0:0:0:0:1', 'A.example.', 'a.example'] }),
    ]);
    expect(two).toBe(one);
    expect(await leaves.issue({ names: ['::1', 'a.example'] })).toBe(one);
    expect(await leaves.issue({ names: ['a.example'] })).not.toBe(one);
    expect(await leaves.issue({ names: ['a.example', '::1'], algorithm: 'rsa' })).not.toBe(one);
  });

  test('and anew long before it ends', async () => {
    let now = Date.now();
    const leaves = new LeafCertificates(own().authority, () => now);
    const one = await leaves.issue({ names: ['a'] });
    now += 59 * DAY_MS;
    expect(await leaves.issue({ names: ['a'] })).toBe(one);
    now += DAY_MS;
    const two = await leaves.issue({ names: ['a'] });
    expect(two).not.toBe(one);
    expect(await leaves.issue({ names: ['a'] })).toBe(two);
  });

  test('unless forgotten: the least recently used goes first', async () => {
    const leaves = new LeafCertificates(own().authority, Date.now, 2);
    const a = await leaves.issue({ names: ['a'] });
    const b = await leaves.issue({ names: ['b'] });
    expect(await leaves.issue({ names: ['a'] })).toBe(a);
    await leaves.issue({ names: ['c'] });
    expect(await leaves.issue({ names: ['a'] })).toBe(a);
    expect(await leaves.issue({ names: ['b'] })).not.toBe(b);
  });

  test('unless it failed', async () => {
    const { authority } = own();
    let times = 0;
    const failing = {
      ...authority,
      get privateKey() {
        times += 1;
        if (times === 1) throw new Error('no luck');
        return authority.privateKey;
      },
    };
    const leaves = new LeafCertificates(failing);
    await expect(leaves.issue({ names: ['a'] })).rejects.toThrow('no luck');
    expect(certificateOf(await leaves.issue({ names: ['a'] })).subject).toBe('CN=a');
  });

  test('with the same key for all of an algorithm, made beforehand when asked', async () => {
    const leaves = new LeafCertificates(own().authority);
    await leaves.prepare(['ecdsa', 'rsa']);
    const [a, b] = [await leaves.issue({ names: ['a'] }), await leaves.issue({ names: ['b'] })];
    expect(b.key).toBe(a.key);
  });
});
