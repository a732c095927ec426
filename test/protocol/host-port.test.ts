// The forms in which data ports are announced, as standards and servers write them, and where in the line they stand.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import type { Endpoint } from '../../src/protocol/endpoint.js';
import {
  formatEprtArgument,
  formatPortArgument,
  parse227,
  parse229,
  parseEprtArgument,
  parsePortArgument,
} from '../../src/protocol/host-port.js';
import { trueLines } from '../support/corpus.js';

const HERE = '10.0.0.7:50001';
const HERE_IN_NUMBERS = '10,0,0,7,195,81';

function show(endpoint: Endpoint | 'unknownFamily' | null): string | null {
  if (endpoint === null || endpoint === 'unknownFamily') return endpoint;
  return `${endpoint.address}:${endpoint.port}`;
}

/** The line with the announcement, and only that, replaced by `<...>`: what it announces. */
function mark(line: string, span: { readonly start: number; readonly end: number } | null, what: string): string {
  return span === null ? line : `${line.slice(0, span.start)}<${what}>${line.slice(span.end)}`;
}

function mark227(line: string): string {
  const found = parse227(line);
  return mark(line, found, show(found?.endpoint ?? null) ?? '');
}

function mark229(line: string): string {
  const found = parse229(line);
  return mark(line, found, `${found?.port}`);
}

describe('PORT', () => {
  test.each([
    [HERE_IN_NUMBERS, HERE],
    ['10,0,0,7,0,1', '10.0.0.7:1'],
    ['255,255,255,255,255,255', '255.255.255.255:65535'],
    ['0,0,0,0,4,0', '0.0.0.0:1024'],
    [` ${HERE_IN_NUMBERS}\t`, HERE],
    ['10, 0, 0, 7, 195, 81', HERE],
    ['10 ,0 ,0 ,7 ,195 ,81', HERE],
    ['010,000,000,007,195,081', HERE],
  ])('%j names %s', (argument, expected) => {
    expect(show(parsePortArgument(argument))).toBe(expected);
  });

  test.each([
    '',
    ' ',
    '10,0,0,7,195',
    `${HERE_IN_NUMBERS},1`,
    `1,${HERE_IN_NUMBERS}`,
    `${HERE_IN_NUMBERS},`,
    `,${HERE_IN_NUMBERS}`,
    '10,0,0,7,0,0',
    '256,0,0,7,195,81',
    '10,0,0,7,195,256',
    '10,0,0,7,1950,81',
    '1000010,0,0,7,195,81',
    '10,0,0,7,-61,81',
    '-10,0,0,7,195,81',
    '10.0.0.7,195,81',
    `(${HERE_IN_NUMBERS})`,
    `${HERE_IN_NUMBERS} 5`,
    `5 ${HERE_IN_NUMBERS}`,
    'a,b,c,d,e,f',
    '10,,0,7,195,81',
    '10,0,0,0x7,195,81',
    '1e1,0,0,7,195,81',
    '::1',
    HERE,
  ])('%j names nothing', (argument) => {
    expect(parsePortArgument(argument)).toBeNull();
  });
});

describe('EPRT', () => {
  test.each([
    ['|1|10.0.0.7|50001|', HERE],
    ['|2|2001:db8::1|50001|', '2001:db8::1:50001'],
    ['|2|2001:DB8:0:0:0:0:0:1|50001|', '2001:db8::1:50001'],
    ['|2|::ffff:10.0.0.7|50001|', HERE],
    ['|2|::FFFF:a00:7|50001|', HERE],
    ['|2|fe80::1%eth0|50001|', 'fe80::1:50001'],
    ['!1!10.0.0.7!50001!', HERE],
    ['~1~10.0.0.7~50001~', HERE],
    ['x1x10.0.0.7x50001x', HERE],
    [',1,10.0.0.7,50001,', HERE],
    [' |1|10.0.0.7|50001| ', HERE],
    ['|1|10.0.0.7|1|', '10.0.0.7:1'],
    ['|1|10.0.0.7|65535|', '10.0.0.7:65535'],
    ['|3|10.0.0.7|50001|', 'unknownFamily'],
    ['|0||50001|', 'unknownFamily'],
    ['|10|x|y|', 'unknownFamily'],
  ])('%j names %s', (argument, expected) => {
    expect(show(parseEprtArgument(argument))).toBe(expected);
  });

  test.each([
    '',
    '|',
    '||',
    '|||',
    '||||',
    '|1|10.0.0.7|50001',
    '1|10.0.0.7|50001|',
    '|1|10.0.0.7|',
    '|1|10.0.0.7|50001|x|',
    '|1|10.0.0.7|50001||',
    '||10.0.0.7|50001|',
    '|a|10.0.0.7|50001|',
    '|-1|10.0.0.7|50001|',
    '|1||50001|',
    '|1|10.0.0.7||',
    '|1|10.0.0.7|0|',
    '|1|10.0.0.7|65536|',
    '|1|10.0.0.7|-1|',
    '|1|10.0.0.7|ftp|',
    '|1|10.0.0.256|1|',
    '|1|10.0.7|50001|',
    '|1|010.0.0.7|50001|',
    '|1|::1|50001|',
    '|2|10.0.0.7|50001|',
    '|1|::ffff:10.0.0.7|50001|',
    '|1|10.0.0.7%eth0|50001|',
    '|2|:::1|50001|',
    '|1|localhost|50001|',
    '010010.0.0.70500010',
    ' 1 10.0.0.7 50001 ',
    '.1.10.0.0.7.50001.',
    ':2:::1:50001:',
    '\xa71\xa710.0.0.7\xa750001\xa7',
    HERE_IN_NUMBERS,
  ])('%j names nothing', (argument) => {
    expect(parseEprtArgument(argument)).toBeNull();
  });
});

describe('227', () => {
  test.each([
    ['227 Entering Passive Mode (10,0,0,7,195,81)', `227 Entering Passive Mode (<${HERE}>)`],
    ['227 Entering Passive Mode (10,0,0,7,195,81).', `227 Entering Passive Mode (<${HERE}>).`],
    ['227 Entering Passive Mode 10,0,0,7,195,81', `227 Entering Passive Mode <${HERE}>`],
    ['227 Entering Passive Mode 10,0,0,7,195,81.', `227 Entering Passive Mode <${HERE}>.`],
    ['227 10,0,0,7,195,81', `227 <${HERE}>`],
    ['227 =10,0,0,7,195,81', `227 =<${HERE}>`],
    ['227-10,0,0,7,195,81', `227-<${HERE}>`],
    ['227 (10, 0, 0, 7, 195, 81)', `227 (<${HERE}>)`],
    ['227 ( 10 ,0 ,0 ,7 ,195 ,81 )', `227 ( <${HERE}> )`],
    ['227 [10,0,0,7,195,81] ok', `227 [<${HERE}>] ok`],
    ['227 (010,000,000,007,195,081)', `227 (<${HERE}>)`],
    ['227 on server 2 (10,0,0,7,195,81).', `227 on server 2 (<${HERE}>).`],
    ['227 session 1,234,567 (10,0,0,7,195,81)', `227 session 1,234,567 (<${HERE}>)`],
    ['227 at 12:30:00, port 10,0,0,7,195,81', `227 at 12:30:00, port <${HERE}>`],
    ['227 10.0.0.7 (10,0,0,7,195,81)', `227 10.0.0.7 (<${HERE}>)`],
    ['227 Passive-10,0,0,7,195,81', `227 Passive-<${HERE}>`],
    ['227 mode10,0,0,7,195,81end', `227 mode<${HERE}>end`],
    ['227 (10,0,0,7,195,81) (10,0,0,8,1,1)', `227 (<${HERE}>) (10,0,0,8,1,1)`],
    ['227 signed (10,0,0,7,-61,81)', `227 signed (<${HERE}>)`],
    ['227 signed (10,0,0,7,-128,-1)', '227 signed (<10.0.0.7:33023>)'],
    ['227 hidden (0,0,0,0,195,81)', '227 hidden (<0.0.0.0:50001>)'],
    ['200 (10,0,0,7,195,81)', `200 (<${HERE}>)`],
    [' (10,0,0,7,195,81)', ` (<${HERE}>)`],
    ['(10,0,0,7,195,81)', `(<${HERE}>)`],
    ['100,0,0,7,195,81', '<100.0.0.7:50001>'],
  ])('%s', (line, expected) => {
    expect(mark227(line)).toBe(expected);
  });

  test.each([
    '',
    '227',
    '227 Response to PASV command',
    '227 ok (10,0,0,7,195)',
    '227 ok (10,0,0,7)',
    '227 ok (10.0.0.7:50001)',
    '227 ok (256,0,0,7,195,81)',
    '227 ok (10,0,0,7,195,256)',
    '227 ok (10,0,0,7,0,0)',
    '227 ok (10,0,0,7,-129,81)',
    '227 ok (10,0,0,-7,195,81)',
    '227 ok (1000010,0,0,7,195,81)',
    '227 ok (10,0,0,7,195,00000000000000000000810)',
    '227 ok 2, 10,0,0,7,195,81',
    '227 ok (10,0,0,7,195,81,1)',
    '227 ok (10,,0,0,7,195,81)',
    '227 ok (|||50001|)',
  ])('nothing in %j', (line) => {
    expect(parse227(line)).toBeNull();
  });
});

describe('229', () => {
  test.each([
    ['229 Entering Extended Passive Mode (|||50001|)', '229 Entering Extended Passive Mode (|||<50001>|)'],
    ['229 Entering Extended Passive Mode (|||50001|).', '229 Entering Extended Passive Mode (|||<50001>|).'],
    ['229 (!!!50001!)', '229 (!!!<50001>!)'],
    ['229 (xxx50001x)', '229 (xxx<50001>x)'],
    ['229 ((((50001()', '229 ((((<50001>()'],
    ['229 ()))50001))', '229 ()))<50001>))'],
    ['229 (|||50001| )', '229 (|||<50001>| )'],
    ['229 (|||50001|', '229 (|||<50001>|'],
    ['229 (EPSV) (|||50001|)', '229 (EPSV) (|||<50001>|)'],
    ['229 (a) (b (|||50001|)', '229 (a) (b (|||<50001>|)'],
    ['229 2 ports (|||50001|)', '229 2 ports (|||<50001>|)'],
    ['229 (|1|10.0.0.7|50001|)', '229 (|1|10.0.0.7|<50001>|)'],
    ['229 (|2|2001:db8::1|50001|)', '229 (|2|2001:db8::1|<50001>|)'],
    ['229 (|||00021|)', '229 (|||<21>|)'],
    ['200 EPSV ok (|||50001|)', '200 EPSV ok (|||<50001>|)'],
    [' (|||50001|)', ' (|||<50001>|)'],
  ])('%s', (line, expected) => {
    expect(mark229(line)).toBe(expected);
  });

  test.each([
    '',
    '229',
    '229 ok',
    '229 ok ()',
    '229 ok (||||)',
    '229 ok (|||0|)',
    '229 ok (|||65536|)',
    '229 ok (|||123456|)',
    '229 ok (|||-1|)',
    '229 ok (|||50001)',
    '229 ok (||50001|)',
    '229 ok (||||50001|)',
    '229 ok (|||50001!)',
    '229 ok |||50001|',
    '229 ok (111500011)',
    '229 ok (   50001 )',
    '229 ok (|||50001|x)',
    '229 ok (10,0,0,7,195,81)',
    '229 (so) set s50001s)',
    '229 (sas) is50001s)',
    '229 ok (\xa7\xa7\xa750001\xa7)',
  ])('nothing in %j', (line) => {
    expect(parse229(line)).toBeNull();
  });

  test('any delimiter from 33 to 126 that is no digit', () => {
    for (let code = 0; code < 256; code += 1) {
      const mark = String.fromCharCode(code);
      const may = code >= 33 && code <= 126 && !/\d/.test(mark);
      expect(parse229(`229 ok (${mark}${mark}${mark}50001${mark})`)?.port, `delimiter ${code}`).toBe(
        may ? 50001 : undefined,
      );
    }
  });
});

describe('written', () => {
  test.each([
    ['10.0.0.7', HERE_IN_NUMBERS, '|1|10.0.0.7|50001|'],
    ['::ffff:10.0.0.7', HERE_IN_NUMBERS, '|1|10.0.0.7|50001|'],
  ])('%s', (address, port, eprt) => {
    expect(formatPortArgument({ address, port: 50001 })).toBe(port);
    expect(formatEprtArgument({ address, port: 50001 })).toBe(eprt);
  });

  test.each([
    ['2001:db8::1', '|2|2001:db8::1|50001|'],
    ['fe80::1%eth0', '|2|fe80::1|50001|'],
  ])('%s', (address, eprt) => {
    expect(formatEprtArgument({ address, port: 50001 })).toBe(eprt);
  });
});

describe('properties', () => {
  const ports = fc.integer({ min: 1, max: 65535 });
  const ipv4 = fc.record({ address: fc.ipV4(), port: ports });
  const ipv6 = fc.record({ address: fc.ipV6(), port: ports });
  const words = fc.stringMatching(/^[A-Za-z .]{0,20}$/);

  test('PORT and 227: parse(format(x)) = x, whatever stands around it', () => {
    fc.assert(
      fc.property(ipv4, words, words, (endpoint, before, after) => {
        const argument = formatPortArgument(endpoint);
        expect(parsePortArgument(argument)).toEqual(endpoint);
        const start = `227 ${before}`.length;
        expect(parse227(`227 ${before}${argument}${after}`)).toEqual({ endpoint, start, end: start + argument.length });
      }),
    );
  });

  test('EPRT: parse(format(x)) = x, and x once more when x came as IPv6 in any spelling', () => {
    fc.assert(
      fc.property(fc.oneof(ipv4, ipv6), (endpoint) => {
        const parsed = parseEprtArgument(formatEprtArgument(endpoint));
        if (parsed === null || parsed === 'unknownFamily') throw new Error(`not read back: ${endpoint.address}`);
        expect(parsed.port).toBe(endpoint.port);
        if (!endpoint.address.includes(':')) expect(parsed).toEqual(endpoint);
        expect(parseEprtArgument(formatEprtArgument(parsed))).toEqual(parsed);
      }),
    );
  });

  test('229: the span holds the port and nothing else', () => {
    fc.assert(
      fc.property(ports, words, (port, text) => {
        const line = `229 ${text}(|||${port}|)`;
        const found = parse229(line);
        expect(found?.port).toBe(port);
        expect(line.slice(found?.start, found?.end)).toBe(`${port}`);
      }),
    );
  });

  test('any string gives a result or null, and what is found can be replaced in its place', () => {
    const likely = fc.array(fc.oneof(fc.constantFrom(',', ' ', '(', ')', '|', '-', '.', '227 '), fc.nat(70_000)));
    const strings = fc.oneof(
      fc.string({ unit: 'binary' }),
      likely.map((parts) => parts.join('')),
    );
    fc.assert(
      fc.property(strings, (text) => {
        const other = { address: '192.0.2.1', port: 4242 };
        parsePortArgument(text);
        parseEprtArgument(text);
        const in227 = parse227(text);
        const in229 = parse229(text);
        if (in227 !== null) {
          const line = text.slice(0, in227.start) + formatPortArgument(other) + text.slice(in227.end);
          expect(parse227(line)?.endpoint).toEqual(other);
        }
        if (in229 !== null) {
          expect(parse229(`${text.slice(0, in229.start)}4242${text.slice(in229.end)}`)?.port).toBe(4242);
        }
      }),
      { numRuns: 1000 },
    );
  });

  test.each([
    ['parentheses', '('],
    ['numbers', '1,'],
    ['spaces behind numbers', '1       '],
    ['open announcements', '(|a'],
  ])('a long line of %s takes no long time', (_name, part) => {
    const line = `229 ${part.repeat(100_000)}`;
    const begun = performance.now();
    expect([parse227(line), parse229(line), parsePortArgument(line), parseEprtArgument(line)]).toEqual(
      Array(4).fill(null),
    );
    expect(performance.now() - begun).toBeLessThan(2000);
  });
});

describe('real captures', () => {
  test('all PASV replies of cwd-navigation', () => {
    const lines = trueLines('cwd-navigation', 'S').filter((line) => line.startsWith('227'));
    const hosts = new Set(lines.map((line) => parse227(line)?.endpoint.address));
    expect([lines.length, hosts.size, hosts.has(undefined)]).toEqual([689, 1, false]);
    for (const line of lines) {
      expect(mark227(line)).toMatch(/^227 Entering Passive Mode \(<[0-9.]+:\d+>\)\.$/);
    }
  });

  test.each([
    ['ipv4', 'S', [56666, 56667]],
    ['ipv6', 'S', [57086, 57087, 57088]],
    ['bigtransfer', 'S', [63988, 37150]],
    ['retr', 'S', [38141]],
  ] as const)('%s', (capture, side, expected) => {
    const lines = trueLines(capture, side).filter((line) => /^22[79] /.test(line));
    expect(lines.map((line) => parse227(line)?.endpoint.port ?? parse229(line)?.port)).toEqual(expected);
  });

  test.each(['ipv4', 'ipv6'])('every PORT and EPRT of %s', (capture) => {
    const lines = trueLines(capture, 'C').filter((line) => /^(PORT|EPRT) /.test(line));
    expect(lines.length).toBeGreaterThan(0);
    for (const line of lines) {
      const argument = line.slice('PORT '.length);
      const endpoint = parsePortArgument(argument) ?? parseEprtArgument(argument);
      if (endpoint === null || endpoint === 'unknownFamily') throw new Error(line);
      expect(line.startsWith('PORT') ? formatPortArgument(endpoint) : formatEprtArgument(endpoint)).toBe(argument);
    }
  });
});
