// What reads words from the wire or from the command line: any bytes are either understood or refused, never an error of ours.
import { parseFilter } from '../../src/filter/parse-filter.js';
import { parseAddressRange } from '../../src/protocol/address-range.js';
import { maskedLine, maskedNoise, parseCommandLine } from '../../src/protocol/command.js';
import { parse227, parse229, parseEprtArgument, parsePortArgument } from '../../src/protocol/host-port.js';
import { mayAnnouncePort, mayNamePort, readLeniently } from '../../src/protocol/lenient-reading.js';
import { LineSplitter } from '../../src/protocol/line-splitter.js';
import { otherProtocol } from '../../src/protocol/other-protocols.js';
import { parseProxyHeader, startsProxyHeader } from '../../src/protocol/proxy-protocol.js';
import { leadsTo } from '../../src/protocol/remote-path.js';
import { ReplyReader } from '../../src/protocol/reply.js';
import { parseServerName } from '../../src/protocol/server-name.js';
import { parseServerPattern } from '../../src/protocol/server-pattern.js';
import { escapeForTerminal, readableText, utf8Reading } from '../../src/protocol/wire-text.js';
import { hasRawBytes } from './observations.js';
import { must, type Target } from './target.js';

const PIECES = [
  ...[
    'PORT 1,2,3,4,5,6',
    '227 (1,2,3,4,5,6)',
    '229 (|||50|)',
    'EPRT |2|::1|5|',
    '220-x\r\n220 y\r\n',
    'PROXY TCP4 1.2.3.4 5.6.7.8 1 2\r\n',
  ],
  ...[
    '\r\n\r\n\0\r\nQUIT\n',
    '\xff\xf4\xff\xf2',
    'ftp://a:b@[::1]:21/',
    '10.0.0.0/8',
    '*.example.com:21-30',
    'RETR and (not 226 or "x")',
  ],
  ...[
    '/../a//b',
    '((((',
    '"\\',
    '\xc3\xa4\xff',
    '99999999999999999999',
    '::ffff:1.2.3.4',
    '\x1b[2J',
    '2001:db8::/129',
    'SSH-2.0',
    '\x16\x03\x01',
  ],
];

export const parserTarget: Target = {
  name: 'parsers',
  make: (chance) => {
    const parts = Array.from({ length: 1 + chance.below(6) }, () =>
      chance.oneIn(2) ? Buffer.from(chance.from(PIECES), 'latin1') : chance.bytes(chance.below(20)),
    );
    const bytes = Buffer.concat(parts);
    if (bytes.length > 0 && chance.oneIn(2)) bytes[chance.below(bytes.length)] = chance.below(256);
    return bytes;
  },
  run: async (input) => {
    const text = input.toString('latin1');
    readLines(input);
    for (const read of [
      parsePortArgument,
      parse227,
      parseEprtArgument,
      parse229,
      readLeniently,
      mayNamePort,
      mayAnnouncePort,
    ])
      read(text);
    for (const read of [parseAddressRange, parseServerName, parseServerPattern, parseFilter, utf8Reading, readableText])
      read(text);
    leadsTo('/a/b', 'CWD', text);
    otherProtocol(input);
    if (startsProxyHeader(input)) parseProxyHeader(input);
    must(!hasRawBytes(escapeForTerminal(text)), 'escaped text holds raw bytes');
  },
};

/** Cut anywhere, the same lines come. */
function readLines(input: Buffer): void {
  const whole = linesOf([input]);
  const cut = Math.floor(input.length / 2);
  const halves = linesOf([input.subarray(0, cut), input.subarray(cut)]);
  must(whole.join('|') === halves.join('|'), 'cut in halves, other lines come');
}

function linesOf(chunks: readonly Buffer[]): string[] {
  const splitter = new LineSplitter(64);
  const replies = new ReplyReader();
  const cut = chunks.flatMap((chunk) => splitter.push(chunk));
  const rest = splitter.flush();
  return [...cut, ...(rest === null ? [] : [rest])].map((line) => {
    if (line.kind === 'too-long') return line.head.toString('latin1');
    const { command } = parseCommandLine(line.raw, line.end);
    const masked = command === null ? maskedNoise(line.text.toString('latin1')) : maskedLine(command);
    return JSON.stringify([masked, replies.read(line.text.toString('latin1'))]);
  });
}
