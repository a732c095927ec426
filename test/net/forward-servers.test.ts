// Which addresses a name is connected at: those that were looked up and allowed, and no others.
import type { LookupAddress } from 'node:dns';
import { describe, expect, test } from 'vitest';
import { ForwardServers, type Located } from '../../src/net/forward-servers.js';
import { isThisMachine } from '../../src/net/own-addresses.js';

const LISTENERS = [{ address: '0.0.0.0', port: 2121 }];
const locate = (server: string, port: number, ...allowed: readonly string[]) =>
  new ForwardServers(allowed, LISTENERS, 5000).locate({ address: server, port }, 'client');

/** What Node is told when it asks where the host is, whatever host it asks for. */
function addressesOf(located: Located): Promise<readonly LookupAddress[]> {
  if (located.kind !== 'found') throw new Error(`${located.kind}: ${located.reason}`);
  return new Promise((resolve, reject) => {
    located.lookup('somewhere.else', { all: true }, (error, addresses) => {
      if (error === null && typeof addresses !== 'string') resolve(addresses);
      else reject(error ?? new Error('one address instead of all'));
    });
  });
}

test('only addresses within the ranges are connected at', async () => {
  const found = await addressesOf(await locate('localhost', 21, '127.0.0.0/8'));
  expect(found).toEqual([{ address: '127.0.0.1', family: 4 }]);
});

test('all of a name that is allowed as such', async () => {
  const found = await addressesOf(await locate('localhost', 21, 'localhost'));
  expect(found.length).toBeGreaterThan(0);
  expect(found.every(({ address }) => isThisMachine(address))).toBe(true);
});

test('one address, for those who ask for one', async () => {
  const located = await locate('127.0.0.1', 21, '*');
  if (located.kind !== 'found') throw new Error(located.reason);
  const one = await new Promise((resolve) => {
    located.lookup('somewhere.else', {}, (_error, address, family) => resolve([address, family]));
  });
  expect(one).toEqual(['127.0.0.1', 4]);
});

test('what no pattern can mean is not even looked up', async () => {
  expect(await locate('no-such-host.invalid', 21, 'ftp.example.com', '*.example.com', '10.0.0.0/8:2121')).toEqual({
    kind: 'refused',
    reason: 'this proxy may not connect to no-such-host.invalid:21',
  });
});

test('an unknown name is told as such where it may be asked for', async () => {
  const located = await locate('no-such-host.invalid', 21, '*.invalid');
  expect(located).toMatchObject({ kind: 'unknown', reason: expect.stringMatching(/^host name /) });
});

test('the proxy itself is refused, whatever is allowed', async () => {
  const located = await locate('localhost', 2121, '*:*');
  expect(located).toEqual({
    kind: 'refused',
    reason: 'this proxy does not connect to itself, which localhost:2121 is',
  });
});

describe('addresses of this machine', () => {
  test.each(['127.0.0.1', '127.9.9.9', '0.0.0.0', '::', '::1', '::ffff:127.0.0.1', '::ffff:0.0.0.0'])(
    '%s',
    (address) => {
      expect(isThisMachine(address)).toBe(true);
    },
  );

  test.each(['198.51.100.7', '2001:db8::1', 'localhost', ''])('%s is none', (address) => {
    expect(isThisMachine(address)).toBe(false);
  });
});

test('names whose lookup hangs hold up no other client, and are not looked up once nobody waits', async () => {
  const asked: string[] = [];
  let answer = (_addresses: LookupAddress[]) => {};
  const lookup = (host: string) => {
    asked.push(host);
    if (host !== 'hangs') return Promise.resolve([{ address: '127.0.0.1', family: 4 }]);
    return new Promise<LookupAddress[]>((resolve) => {
      answer = resolve;
    });
  };
  const servers = new ForwardServers(['*:*'], LISTENERS, 50, lookup);
  const locateFor = (client: string, address: string) => servers.locate({ address, port: 21 }, client);
  const hanging = ['hangs', 'one', 'two'].map((name) => locateFor('bad', name));
  expect(await locateFor('good', 'three')).toMatchObject({ kind: 'found' });
  expect((await Promise.all(hanging)).map(({ kind }) => kind)).toEqual(['unknown', 'unknown', 'unknown']);
  expect(asked).toEqual(['hangs', 'three']);
  answer([]);
  expect(await locateFor('bad', 'four')).toMatchObject({ kind: 'found' });
  expect(asked).toEqual(['hangs', 'three', 'four']);
});
