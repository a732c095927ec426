// Tests ask no DNS, however they look a name up.
import { lookup } from 'node:dns';
import { lookup as lookupLater } from 'node:dns/promises';
import { connect } from 'node:net';
import { expect, test } from 'vitest';

const looks: readonly [string, (host: string) => Promise<unknown>][] = [
  ['dns', (host) => new Promise((resolve, reject) => lookup(host, (error) => (error ? reject(error) : resolve(host))))],
  ['dns/promises', (host) => lookupLater(host, { all: true })],
  ['net', (host) => new Promise((_resolve, reject) => connect({ host, port: 1 }).once('error', reject))],
];

test.each(looks)('%s', async (_name, look) => {
  await expect(look('ftp.example.com')).rejects.toThrow('a test asks the DNS for ftp.example.com');
  await expect(look('no-such-host.invalid')).rejects.toMatchObject({ code: 'ENOTFOUND' });
});
