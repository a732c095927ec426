// Telnet bytes in front of a command, in the forms in which Node gets them (measured), and never behind the verb.
import { describe, expect, test } from 'vitest';
import { parseCommandLine } from '../../src/protocol/command.js';
import { telnetPrefixLength } from '../../src/protocol/telnet.js';
import { wire } from '../support/every-cut.js';

const IP = '\xff\xf4';
const DATA_MARK = '\xff\xf2';

describe('what is Telnet at the head of a line', () => {
  test.each([
    ['nothing', 'ABOR', 0],
    ['an empty line', '', 0],
    ['IP and Synch, whole', `${IP}${DATA_MARK}ABOR`, 4],
    ['IP and Synch, the urgent DM lost', `${IP}\xffABOR`, 3],
    ['IP and Synch, the urgent IAC lost', `${IP}\xf2ABOR`, 3],
    ['an orphan IAC', '\xffABOR', 1],
    ['an orphan DM', '\xf2ABOR', 1],
    ['an orphan DM in front of what is no option', '\xf2\xfbABOR', 2],
    ['twice', `${IP}${DATA_MARK}${IP}${DATA_MARK}ABOR`, 8],
    ['Telnet bytes alone', `${IP}${DATA_MARK}`, 4],
    ['WILL', '\xff\xfb\x18USER', 3],
    ['WONT, DO and DONT', '\xff\xfc\x01\xff\xfd\x03\xff\xfe\x05USER', 9],
    ['an option that is a letter', '\xff\xfdUUSER', 3],
    ['an option that is missing', '\xff\xfb', 2],
    ['subnegotiation', '\xff\xfa\x18\x00XTERM\xff\xf0USER', 11],
    ['subnegotiation that does not end', '\xff\xfa\x18\x00XTERM', 2],
    ['the highest byte that is none', '\xefUSER', 0],
    ['the lowest byte that is one', '\xf0USER', 1],
  ])('%s', (_name, line, length) => {
    expect(telnetPrefixLength(wire(line))).toBe(length);
  });
});

describe('commands behind Telnet bytes', () => {
  test.each([
    [`${IP}${DATA_MARK}ABOR\r\n`, 'ABOR', ''],
    [`${IP}\xffABOR\r\n`, 'ABOR', ''],
    [`${IP}\xf2abor\r\n`, 'ABOR', ''],
    ['\xff\xfb\x18RETR \xff\xff\xf2name\r\n', 'RETR', '\xff\xff\xf2name'],
  ])('%j', (line, verb, argument) => {
    const { command, telnet, raw } = parseCommandLine(wire(line), '\r\n');
    expect(command).toMatchObject({ verb, argument });
    expect(Buffer.concat([telnet, raw])).toEqual(wire(line));
    expect(raw[0]).toBeLessThan(0x80);
  });

  test.each([
    ['0xFF, which is a letter in Latin-1', 'RETR \xff'],
    ['0xFF doubled, as Telnet asks', 'RETR a\xff\xffb'],
    ['what looks like a command of Telnet', `RETR ${IP}${DATA_MARK}`],
  ])('in a file name nothing is touched: %s', (_name, line) => {
    const { command, telnet } = parseCommandLine(wire(`${line}\r\n`), '\r\n');
    expect(telnet).toHaveLength(0);
    expect(command?.raw).toEqual(wire(`${line}\r\n`));
    expect(command?.argument).toBe(line.slice('RETR '.length));
  });

  test.each(['\xff\xf4\xff\xf2\r\n', '\xff\xfb\r\n', '\xff\r\n'])('the line end is never Telnet: %j', (line) => {
    expect(parseCommandLine(wire(line), '\r\n')).toMatchObject({
      command: null,
      telnet: wire(line.slice(0, -2)),
      raw: wire('\r\n'),
    });
  });
});
