// Which names a certificate for an upstream has to say.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { certificateName, namesOfServer } from '../../../src/net/tls/server-names.js';

describe('a name in its one spelling', () => {
  test.each([
    ['FTP.Example.COM', 'ftp.example.com'],
    ['ftp.example.com.', 'ftp.example.com'],
    ['*.Example.com', '*.example.com'],
    ['localhost', 'localhost'],
    ['_ftp.my_host', '_ftp.my_host'],
    ['xn--bcher-kva.example', 'xn--bcher-kva.example'],
    ['127.0.0.1', '127.0.0.1'],
    ['2001:DB8:0:0:0:0:0:1', '2001:db8::1'],
    ['::ffff:10.0.0.1', '10.0.0.1'],
    ['fe80::1%eth0', 'fe80::1'],
  ])('%s is %s', (text, name) => expect(certificateName(text)).toBe(name));

  test.each([
    '',
    '.',
    '*',
    'a..b',
    '-a.example',
    'a-.example',
    'f*.example.com',
    'a.*.example.com',
    'two words',
    'a@b.example',
    'ftp://a.example',
    'a.example:21',
    'bücher.example',
    '1.2.3',
    '1.2.3.4.5',
    '256.0.0.1',
    'a.example\0.b',
    'a.example\n',
    `${'a'.repeat(64)}.example`,
    `${'a.'.repeat(127)}a`,
    '<invalid>',
  ])('%j is none', (text) => expect(certificateName(text)).toBeNull());

  test('stays as it is when read again', () => {
    fc.assert(
      fc.property(fc.oneof(fc.domain(), fc.ipV4(), fc.ipV6()), (text) => {
        const name = certificateName(text);
        expect(name === null ? null : certificateName(name)).toBe(name);
        return name !== null;
      }),
    );
  });
});

describe("the certificate's names", () => {
  const namesIn = (subjectaltname: string) => namesOfServer({ host: 'up', certificate: { subjectaltname } }).slice(1);

  test.each([
    ['DNS:a.example, DNS:B.example, DNS:*.c.example', ['a.example', 'b.example', '*.c.example']],
    ['IP Address:10.0.0.1, IP Address:2001:DB8:0:0:0:0:0:1', ['10.0.0.1', '2001:db8::1']],
    ['DNS:a.example, DNS:a.example, DNS:A.example.', ['a.example']],
    ['URI:ftp://u.example, email:me@e.example, Registered ID:1.2.3, DirName:CN = d, DNS:a.example', ['a.example']],
    ['othername: UPN::ann@corp.example, othername:<unsupported>, X400Name:<unsupported>, DNS:a.example', ['a.example']],
    ['URI:"http://x.example/\\"a, DNS:evil.example", DNS:a.example', ['a.example']],
    ['DNS:"a.example", DNS:"b.example, DNS:evil.example", DNS:c.example', ['a.example', 'c.example']],
    ['DNS:"evil.example\\u0000.a.example", DNS:b.example', ['b.example']],
    ['DNS:a.example, DNS:"broken, DNS:evil.example', ['a.example']],
    ['DNS:a.example, DNS:"\\x", DNS:b.example', ['a.example', 'b.example']],
    ['DNS:"a.example"x, DNS:evil.example', []],
    ['DNS:10.0.0.1, IP Address:a.example, IP Address:<invalid>, DNS:', []],
    ['', []],
    ['rubbish', []],
  ])('%s', (text, names) => expect(namesIn(text)).toEqual(names));

  test('whatever the text, it is read, and quickly', () => {
    const bits = fc.constantFrom('DNS:', 'IP Address:', '"', '\\', ', ', ',', 'a.example', ':', '*.', 'é');
    fc.assert(
      fc.property(
        fc.oneof(
          fc.string(),
          fc.array(bits).map((all) => all.join('')),
        ),
        (text) => {
          for (const name of namesIn(text)) expect(certificateName(name)).toBe(name);
        },
      ),
    );
    expect(namesIn(`DNS:"${'\\\\'.repeat(100_000)}`)).toEqual([]);
  });

  test.each([
    ['a common name', { subject: { CN: 'ftp.example' } }, ['ftp.example']],
    ['several', { subject: { CN: ['a.example', 'b.example'] } }, ['a.example', 'b.example']],
    ['an address', { subject: { CN: '10.0.0.1' } }, ['10.0.0.1']],
    ['a company', { subject: { CN: 'Example Corp FTP' } }, []],
    ['no common name', { subject: {} }, []],
    ['no certificate', {}, []],
    ['none at all', null, []],
  ])('the subject holds %s', (_, certificate, names) => {
    expect(namesOfServer({ host: 'up', certificate }).slice(1)).toEqual(names);
  });
});

test('the name that the user wrote comes first, then how clients came, then what the server said', () => {
  const certificate = { subject: { CN: 'old.example' }, subjectaltname: 'DNS:ftp.example, DNS:*.example' };
  const names = namesOfServer({ host: 'FTP.Example', certificate, reachedAs: ['::ffff:127.0.0.1', 'proxy.lan'] });
  expect(names).toEqual(['ftp.example', '127.0.0.1', 'proxy.lan', '*.example', 'old.example']);
});

test('an international name is spelled as in certificates, and nothing makes an address of a number', () => {
  expect(namesOfServer({ host: 'bücher.example' })).toEqual(['xn--bcher-kva.example']);
  expect(namesOfServer({ host: '1.2.3' })).toEqual([]);
});

test('a certificate with very many names does not crowd out ours', () => {
  const subjectaltname = Array.from({ length: 5000 }, (_, index) => `DNS:n${index}.example`).join(', ');
  const names = namesOfServer({ host: 'up', certificate: { subjectaltname }, reachedAs: ['127.0.0.1'] });
  expect(names).toHaveLength(100);
  expect(names.slice(0, 3)).toEqual(['up', '127.0.0.1', 'n0.example']);
});
