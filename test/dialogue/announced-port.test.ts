// The one reader of announced ports: every form, in every reply that servers are known to send.
import { describe, expect, test } from 'vitest';
import {
  announcedPort,
  announcingAnother,
  faultOfPort,
  formAskedFor,
  isAnnouncement,
  isEpsvAll,
  lineNaming,
  namedPort,
} from '../../src/dialogue/announced-port.js';
import { formatEndpoint } from '../../src/protocol/endpoint.js';

const SERVER = '10.2.0.7';
const OURS = { address: '10.1.0.1', port: 40_960 };

function reply(...lines: readonly string[]) {
  return { code: Number(lines[0]?.slice(0, 3)), lines };
}

describe('what a reply announces', () => {
  test.each([
    // as the RFCs have it
    ['227', ['227 Entering Passive Mode (10,2,0,7,195,80)'], '227 10.2.0.7:50000'],
    ['229', ['229 Entering Extended Passive Mode (|||50000|)'], '229 10.2.0.7:50000'],
    // the other form than the one asked for
    ['229', ['227 Entering Passive Mode (10,2,0,7,195,80)'], '227 10.2.0.7:50000'],
    ['227', ['229 ok (|||50000|)'], '229 10.2.0.7:50000'],
    // 200 for either
    ['227', ['200 ok (10,2,0,7,195,80)'], '227 10.2.0.7:50000'],
    ['229', ['200 ok (|||50000|)'], '229 10.2.0.7:50000'],
    ['229', ['200 ok (10,2,0,7,195,80)'], '227 10.2.0.7:50000'],
    ['227', ['200 ok (|||50000|)'], '229 10.2.0.7:50000'],
    // several lines, the port in any of them
    ['227', ['227-Entering', ' Passive Mode (10,2,0,7,195,80)', '227 so there'], '227 10.2.0.7:50000'],
    ['227', ['227-Entering', '10,2,0,7,195,80', '227 so there'], '227 10.2.0.7:50000'],
    ['229', ['229-ok', ' (|||50000|)', '229 so there'], '229 10.2.0.7:50000'],
    ['229', ['229-ok', '229 (|||50000|)'], '229 10.2.0.7:50000'],
    // a host in a 229 is passed over (RFC 2428 section 3)
    ['229', ['229 ok (|1|192.168.0.9|50000|)'], '229 10.2.0.7:50000'],
    // another host, and the one that means the server itself
    ['227', ['227 ok (192,168,0,9,195,80)'], '227 192.168.0.9:50000 foreign'],
    ['227', ['227 ok (0,0,0,0,195,80)'], '227 0.0.0.0:50000'],
    // nothing that can be read
    ['227', ['227 ok'], null],
    ['227', ['227 (300,2,0,7,195,80)'], null],
    ['229', ['229 (|||0|)'], null],
  ] as const)('asked for %s: %j', (asked, lines, expected) => {
    const found = announcedPort(reply(...lines), asked, SERVER);
    const shown = found && `${found.form} ${formatEndpoint(found.announced)}${found.foreign ? ' foreign' : ''}`;
    expect(shown).toBe(expected);
    if (found !== null) expect(found.atServer).toEqual({ address: SERVER, port: 50_000 });
  });
});

describe('another port in its place', () => {
  test.each([
    [['227 Entering Passive Mode (10,2,0,7,195,80).'], ['227 Entering Passive Mode (10,1,0,1,160,0).']],
    [['229 ok (|||50000|)'], ['229 ok (|||40960|)']],
    [['229 ok (|1|192.168.0.9|50000|) yes'], ['229 ok (|||40960|) yes']],
    [['229 ok (!!!50000!)'], ['229 ok (!!!40960!)']],
    // every one, as a client may read any of them
    [
      ['227-first (10,2,0,7,195,80)', ' then 192,168,0,9,4,5', '227 last (1,2,3,4,5,6) (7,7,7,7,7,7)'],
      ['227-first (10,1,0,1,160,0)', ' then 10,1,0,1,160,0', '227 last (10,1,0,1,160,0) (10,1,0,1,160,0)'],
    ],
    [
      ['229-(|||1|) or (|||2|)', '229 10,2,0,7,195,80'],
      ['229-(|||40960|) or (|||40960|)', '229 10,1,0,1,160,0'],
    ],
    // seven numbers are no address to us, and six of them are to ftplib
    [['227 (9,10,2,0,7,195,80)'], ['227 (10,1,0,1,160,0)']],
    [['227 no address'], ['227 no address']],
  ] as const)('%j', (lines, expected) => {
    expect(announcingAnother(lines, OURS)).toEqual(expected);
  });

  test('a 227 never holds more than the port of an IPv6 address', () => {
    expect(announcingAnother(['227 ok (10,2,0,7,195,80)'], { address: '2001:db8::1', port: 40_960 })).toEqual([
      '227 ok (0,0,0,0,160,0)',
    ]);
  });
});

test.each([
  ['227 Entering Passive Mode (10,2,0,7,195,80)', true],
  ['229 ok (|||50000|)', true],
  ['227-(10,2,0,7,195,80)', true],
  ['227 no port', false],
  ['200 ok (10,2,0,7,195,80)', false],
  ['2270 (10,2,0,7,195,80)', false],
])('%s is an announcement by itself: %s', (line, expected) => {
  expect(isAnnouncement(line)).toBe(expected);
});

test.each([
  ['PASV', '', '227'],
  ['P@SW', '', '227'],
  ['EPSV', '', '229'],
  ['EPSV', '1', '229'],
  ['EPSV', 'ALL', null],
  ['EPSV', ' all ', null],
  ['PORT', '1,2,3,4,5,6', null],
  ['LPSV', '', null],
  ['NOOP', '', null],
])('%s %s asks for %s', (verb, argument, form) => {
  expect(formAskedFor({ verb, argument })).toBe(form);
  expect(isEpsvAll({ verb, argument })).toBe(verb === 'EPSV' && argument.trim().toUpperCase() === 'ALL');
});

describe('what a client names', () => {
  test.each([
    ['PORT', '10,1,0,2,195,80', '10.1.0.2:50000'],
    ['PORT', '0,0,0,0,195,80', '10.1.0.9:50000'],
    ['EPRT', '|1|10.1.0.2|50000|', '10.1.0.2:50000'],
    ['EPRT', '|2|::|50000|', '10.1.0.9:50000'],
    ['EPRT', '|2|2001:DB8::2|50000|', '[2001:db8::2]:50000'],
    ['EPRT', '|2|::ffff:10.1.0.2|50000|', '10.1.0.2:50000'],
    ['PORT', '10,1,0,2,195', 'malformed'],
    ['PORT', '10,1,0,2,0,0', 'malformed'],
    ['EPRT', '|1|::1|50000|', 'malformed'],
    ['EPRT', '|3|10.1.0.2|50000|', 'unknown-family'],
  ])('%s %s: %s', (verb, argument, expected) => {
    const named = namedPort(verb, argument, '10.1.0.9');
    expect(named.kind === 'port' ? formatEndpoint(named.endpoint) : named.kind).toBe(expected);
  });

  test.each([
    ['10.1.0.2', 50_000, null],
    ['::ffff:10.1.0.2', 50_000, null],
    ['10.1.0.3', 50_000, 'foreign-address'],
    ['10.1.0.3', 21, 'foreign-address'],
    ['10.1.0.2', 1023, 'privileged-port'],
    ['10.1.0.2', 1024, null],
  ])('%s port %i: %s', (address, port, fault) => {
    expect(faultOfPort({ address, port }, ['10.9.9.9', '10.1.0.2'])).toBe(fault);
  });

  test.each([
    ['PORT', 'PORT 10,1,0,2,195,80', '10,1,0,2,195,80', 'PORT 10,1,0,1,160,0'],
    ['PORT', 'port\t10,1,0,2,195,80', '10,1,0,2,195,80', 'port\t10,1,0,1,160,0'],
    ['PORT', '\rPORT 10,1,0,2,195,80', '10,1,0,2,195,80', '\rPORT 10,1,0,1,160,0'],
    ['EPRT', 'EPRT |1|10.1.0.2|50000|', '|1|10.1.0.2|50000|', 'EPRT |1|10.1.0.1|40960|'],
  ])('%s, rewritten: %j', (verb, line, argument, expected) => {
    expect(lineNaming({ verb, line, argument }, OURS)).toBe(expected);
  });

  test('PORT has no room for IPv6: it becomes an EPRT', () => {
    const command = { verb: 'PORT', line: 'PORT 10,1,0,2,195,80', argument: '10,1,0,2,195,80' };
    expect(lineNaming(command, { address: '2001:db8::1', port: 1025 })).toBe('EPRT |2|2001:db8::1|1025|');
  });
});
