import { describe, expect, test } from 'vitest';
import {
  extendedPortCommand,
  parseExtendedPassiveReply,
  parsePassiveReply,
  portCommand,
} from '../../src/demo/client-data.js';
import { plainHost } from '../../src/demo/server-data.js';
import { formatHostPort, parseExtendedPort, parseHostPort } from '../../src/demo/verbs-data-port.js';

describe('the server reads', () => {
  test.each([
    ['127,0,0,1,195,80', { host: '127.0.0.1', port: 50_000 }],
    ['10,0,0,7,0,21', { host: '10.0.0.7', port: 21 }],
    ['127,0,0,1,0,0', null],
    ['127,0,0,256,1,1', null],
    ['127,0,0,1,256,0', null],
    ['127,0,0,1,195', null],
    ['127,0,0,1,195,80,1', null],
    ['127, 0,0,1,195,80', null],
    ['127.0.0.1,195,80', null],
    ['', null],
  ])('PORT %s', (argument, expected) => {
    expect(parseHostPort(argument)).toEqual(expected);
  });

  test.each([
    ['|1|10.0.0.7|6446|', { host: '10.0.0.7', port: 6446 }],
    ['!1!10.0.0.7!6446!', { host: '10.0.0.7', port: 6446 }],
    ['|2|fd00:0:0::7|6446|', { host: 'fd00::7', port: 6446 }],
    ['|3|x|6446|', 'other-protocol'],
    ['|1|fd00::7|6446|', 'malformed'],
    ['|2|10.0.0.7|6446|', 'malformed'],
    ['|1|10.0.0.7|0|', 'malformed'],
    ['|1|10.0.0.7|65536|', 'malformed'],
    ['|1|10.0.0.7|6446', 'malformed'],
    ['|1|10.0.0.7|6446||', 'malformed'],
    ['1|10.0.0.7|6446|', 'malformed'],
    ['|||6446|', 'malformed'],
    ['', 'malformed'],
    [' 1 10.0.0.7 6446 ', 'malformed'],
  ])('EPRT %s', (argument, expected) => {
    expect(parseExtendedPort(argument)).toEqual(expected);
  });

  test('one address in one spelling', () => {
    expect(['::ffff:127.0.0.1', '0:0::1', '10.0.0.7', 'fe80::1%eth0', ''].map(plainHost)).toEqual([
      '127.0.0.1',
      '::1',
      '10.0.0.7',
      'fe80::1%eth0',
      '',
    ]);
  });
});

describe('the client reads', () => {
  test.each([
    ['227 Entering Passive Mode (127,0,0,1,195,80).', { host: '127.0.0.1', port: 50_000 }],
    ['227 Entering Passive Mode 127,0,0,1,195,80', { host: '127.0.0.1', port: 50_000 }],
    ['227 Entering Passive Mode (127,0,0,999,195,80)', null],
    ['227 Entering Passive Mode', null],
  ])('%s', (line, expected) => {
    expect(parsePassiveReply(line)).toEqual(expected);
  });

  test.each([
    ['229 Entering Extended Passive Mode (|||6446|)', 6446],
    ['229 ok (!!!6446!)', 6446],
    ['229 ok (|1|10.0.0.7|6446|)', null],
    ['229 ok', null],
  ])('%s', (line, expected) => {
    expect(parseExtendedPassiveReply(line)).toBe(expected);
  });
});

test('what one writes the other reads', () => {
  const endpoint = { host: '10.0.0.7', port: 50_123 };
  expect(parseHostPort(portCommand(endpoint).slice('PORT '.length))).toEqual(endpoint);
  expect(parseExtendedPort(extendedPortCommand(endpoint).slice('EPRT '.length))).toEqual(endpoint);
  expect(parsePassiveReply(`227 (${formatHostPort(endpoint)})`)).toEqual(endpoint);
  expect(extendedPortCommand({ host: '::1', port: 1 })).toBe('EPRT |2|::1|1|');
});
