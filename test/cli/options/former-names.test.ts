// Flags under the names of earlier versions.
import { expect, test } from 'vitest';
import { withPresentNames } from '../../../src/cli/options/former-names.js';

test.each([
  ['proxy ftp://host --control /run/s', 'proxy ftp://host --admin-socket /run/s'],
  ['proxy --control=/run/a=b', 'proxy --admin-socket=/run/a=b'],
  ['proxy --upstream-ca ca.pem --bind-upstream ::1', 'proxy --server-ca ca.pem --server-source-address ::1'],
  ['proxy --forward --allow-upstream * --allow-upstream=h', 'proxy --forward --allow-server * --allow-server=h'],
  ['read -- --control', 'read -- --control'],
  ['read constructor control --controls', 'read constructor control --controls'],
])('%s', (given, present) => {
  expect(withPresentNames(given.split(' '))).toEqual(present.split(' '));
});
