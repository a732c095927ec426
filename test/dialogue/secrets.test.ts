// What a client once sent as a password is masked wherever it turns up again, and nothing else is.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { folded } from '../../src/dialogue/folded-text.js';
import { Secrets } from '../../src/dialogue/secrets.js';

function knowing(password: string, user = 'anna'): Secrets {
  const secrets = new Secrets();
  secrets.learn({ verb: 'USER', argument: user });
  secrets.learn({ verb: 'PASS', argument: password });
  return secrets;
}

const latin1 = (text: string) => Buffer.from(text, 'utf8').toString('latin1');

describe('masked', () => {
  test.each([
    ['as it is', 's3cret', 'bad s3cret', 'bad ****'],
    ['in another case', 's3cret', 'bad S3CRET', 'bad ****'],
    ['trimmed', '  s3cret ', "bad 's3cret'", "bad '****'"],
    ['inside a name', 's3cret', '/home/my-s3cret.txt', '/home/my-****.txt'],
    ['its first word alone', 's3cret word', 'bad s3cret', 'bad ****'],
    ['with other blanks', 's3cret word', 'bad s3cret   word', 'bad ****'],
    ['without its Telnet bytes', 's3\xffcret', 'bad s3cret', 'bad ****'],
    ['with doubled Telnet bytes', 's3\xffcret', 'bad s3\xff\xffcret', 'bad ****'],
    ['with doubled quotes', 's3"cret', 'bad s3""cret', 'bad ****'],
    ['without a NUL', 's3\0cret', 'bad s3cret', 'bad ****'],
    ['with an escape that stands for nothing', '%00 s3cret', 'bad (%00  s3cret)', 'bad (****)'],
    ['in a URL', 's3@cret', 'see x?s3%40cret', 'see x?****'],
    ['Latin-1 as UTF-8', 'm\xfcller', `bad ${latin1('m\xfcller')}`, 'bad ****'],
    ['UTF-8 as Latin-1', latin1('m\xfcller'), 'bad m\xfcller', 'bad ****'],
    ['UTF-8 in another case', latin1('m\xfcller'), `bad ${latin1('M\xdcLLER')}`, 'bad ****'],
    ['UTF-8 encoded twice', latin1('m\xfcller'), `bad ${latin1(latin1('m\xfcller'))}`, 'bad ****'],
    ['with what a pattern would take for its own', 'a.b*c(d', 'bad A.B*C(D', 'bad ****'],
    ['a short one as a word', 'abc', 'abc, abcd, (abc)', '****, abcd, (****)'],
    [
      'a number as a word, and not in an address',
      '1234',
      '1234 in 127,0,0,1,4,1234 |||1234| 12345',
      '**** in 127,0,0,1,4,1234 |||1234| 12345',
    ],
    ['the password of any URL', 'other1', 'ftp://anna:pw@host', 'ftp://anna:****@host'],
  ])('%s', (_how, password, text, masked) => {
    expect(knowing(password).mask(text)).toBe(masked);
  });

  test('whatever else is sent later', () => {
    const secrets = knowing('first1');
    secrets.learn({ verb: 'SITE', argument: 'USERADD bob second2' });
    secrets.learnFromNoise('\0PASS third3');
    expect(secrets.mask('bob first1 second2 third3')).toBe('bob **** **** ****');
  });

  test('not the code of a reply', () => {
    expect(knowing('230').maskReply(['230 230 files'], null)).toEqual(['230 **** files']);
  });
});

describe('masked in their own reply alone', () => {
  test.each([
    ['a single character', 'x', 'anna', 'x'],
    ["the user's name", 'Anna', 'anna', 'anna'],
    ['a mail address of an anonymous user', 'me@example.com', 'anonymous', 'me@example.com'],
    ['guest', 'guest', 'ftp', 'guest'],
  ])('%s', (_what, password, user, word) => {
    const secrets = knowing(password, user);
    expect(secrets.mask(`bad ${word}`)).toBe(`bad ${word}`);
    expect(secrets.maskReply([`530 bad ${word}`], password)).toEqual(['530 bad ****']);
  });
});

test('nothing is masked where nothing was secret', () => {
  for (const password of ['', ' ', '****', '\xff', '\0']) {
    expect(knowing(password).mask('a b \xff **** \0')).toBe('a b \xff **** \0');
  }
});

test('what is remembered is bounded', () => {
  const secrets = new Secrets();
  for (let count = 1; count <= 40; count++) secrets.learn({ verb: 'PASS', argument: `password-${count}.` });
  expect(secrets.mask('password-1. password-8. password-9. password-40.')).toBe('password-1. password-8. **** ****');
});

test('any password is masked, whatever stands around it', () => {
  const passwords = fc
    .string({ minLength: 4, maxLength: 20 })
    .filter((text) => /[^\s\d*]/.test(text) && text.trim().length > 3);
  fc.assert(
    fc.property(passwords, (password) => {
      const text = `(${password.replace(/^[\s\0:=,]+|[\s\0]+$/g, '')})`;
      if (text.length <= 5) return;
      expect(knowing(password, 'nobody').mask(text)).toBe('(****)');
    }),
  );
});

test('a text folds as its escaped spelling does, with its characters at the same places', () => {
  const printable = fc.string({ unit: fc.constantFrom(...'aB1 +""\\/?~ '), maxLength: 20 });
  fc.assert(
    fc.property(printable, (text) => {
      const escaped = folded(text.replace(/./gs, (one) => `%${one.charCodeAt(0).toString(16)}`));
      const plain = folded(text);
      expect(plain.text).toBe(escaped.text);
      for (let at = 0; at < plain.text.length; at += 1) {
        expect([plain.from(at) * 3, plain.to(at) * 3]).toEqual([escaped.from(at), escaped.to(at)]);
      }
    }),
  );
});
