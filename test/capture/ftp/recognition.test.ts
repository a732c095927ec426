// Which conversations are FTP, and which only look like it. Each is written as it was said: `S` the end that was dialled, `C`
// the end that dialled.
import { describe, expect, test } from 'vitest';
import type { ConnectionEnd } from '../../../src/capture/connection-event.js';
import { Recognition, type RecognitionVerdict } from '../../../src/capture/ftp/recognition.js';
import { inShort, PlayedCapture } from './played-capture.js';

type Said = readonly string[];

function judge(said: Said, { port = 12_345, sawHandshake = true, finished = true } = {}): RecognitionVerdict {
  const recognition = new Recognition({ sawHandshake, initiator: { port: 40_000 }, responder: { port } });
  let verdict: RecognitionVerdict = { kind: 'undecided' };
  for (const line of said) {
    const from: ConnectionEnd = line.startsWith('C') ? 'initiator' : 'responder';
    verdict = recognition.take(from, Buffer.from(`${line.slice(2)}\r\n`, 'latin1'));
    if (verdict.kind !== 'undecided') return verdict;
  }
  return finished ? recognition.finish() : verdict;
}

const FTP: RecognitionVerdict = { kind: 'ftp', server: 'responder' };
const FTP_OTHER_WAY: RecognitionVerdict = { kind: 'ftp', server: 'initiator' };
const other = (protocol: string | null): RecognitionVerdict => ({ kind: 'other', protocol });

describe('FTP is recognised', () => {
  test.each<[string, Said]>([
    ['by a greeting that names it', ['S 220 (vsFTPd 3.0.5)']],
    ['by a long greeting', ['S 220-Welcome', 'S 220-', 'S 220 ProFTPD Server ready.']],
    ['by USER behind a plain greeting', ['S 220 ready', 'C USER ann']],
    ['by AUTH TLS', ['S 220 ready', 'C AUTH TLS']],
    ['by FEAT first', ['S 220 hello', 'C FEAT']],
    ['by commands before the greeting', ['C USER a', 'C PASS b', 'S 220 late']],
    ['by lower-case commands', ['S 220 ready', 'C user ann']],
    ['behind a delay', ['S 120 in a minute', 'S 220 ready', 'C USER a']],
    ['by its refusal', ['S 421 Too many connections, this FTP server is full']],
    ['where an FTP host greets, once a command is sent', ['S 220 ftp.example.com ready', 'C USER x']],
    ['after QUIT has been passed over', ['S 220 ready', 'C NOOP', 'S 200 ok', 'C SYST']],
    ['by what the server says alone', ['S 220 x', 'S 331 Password please', 'S 230 in']],
    ['by what the client says alone', ['C USER a', 'C PASS b', 'C PASV']],
    ['by its consent to TLS', ['S 220 ready', 'S 234 go on']],
    ['by a login, whatever its greeting names', ['S 220 mail.example.com ESMTP', 'C USER ann', 'S 331 Password?']],
    ['by its consent to TLS on a mail host', ['S 220 postfix.example.com', 'C AUTH TLS', 'S 234 go on']],
    ['by a 227 alone', ['S 227 Entering Passive Mode (10,0,0,1,4,1)']],
  ])('%s', (_name, said) => {
    expect(judge(said)).toEqual(FTP);
  });

  test('from the middle, whoever dialled', () => {
    const said = ['C 226 done', 'S SIZE a', 'C 213 7', 'S PASV'];
    expect(judge(said, { sawHandshake: false })).toEqual(FTP_OTHER_WAY);
    expect(judge(['S rest of a line', 'C RETR x', 'S 150 ok'], { sawHandshake: false })).toEqual(FTP);
  });

  test('on its own port by less, when nothing more comes', () => {
    expect(judge(['S 220 hello'], { port: 21 })).toEqual(FTP);
    expect(judge(['S 220 hello'])).toEqual(other(null));
    expect(judge(['C USER x'], { port: 21 })).toEqual(FTP);
  });
});

describe('what is not FTP is not taken for it', () => {
  test.each<[string, Said, string | null]>([
    ['SMTP', ['S 220 mx.example.com ESMTP Postfix', 'C EHLO me', 'S 250 hi', 'C QUIT'], 'SMTP'],
    ['SMTP with a plain greeting', ['S 220 mx ready', 'C HELO me', 'S 250 hi', 'C MAIL FROM:<a@b>'], 'SMTP'],
    ['SMTP of an FTP host', ['S 220 ftp.example.com ESMTP', 'C EHLO me'], 'SMTP'],
    ['SMTP that only quits', ['S 220 mx ready', 'C NOOP', 'S 250 ok', 'C QUIT', 'S 221 bye'], null],
    ['SMTP that greets and no more', ['S 220 mx.example.com ESMTP Postfix'], 'SMTP'],
    ['SMTP that only helps', ['S 220 mx ESMTP', 'C HELP', 'S 214 see RFC 5321', 'C QUIT', 'S 221 bye'], 'SMTP'],
    [
      'SMTP whose password is guessed at',
      ['S 220 mx ESMTP', 'C USER root', 'S 500 what?', 'C PASS x', 'S 500 what?'],
      'SMTP',
    ],
    ['LMTP', ['S 220 store LMTP ready', 'C LHLO me'], 'SMTP'],
    ['POP3', ['S +OK ready', 'C USER ann', 'S +OK', 'C PASS x', 'S +OK', 'C LIST', 'C RETR 1'], 'POP3'],
    ['POP3 of which the client alone was captured', ['C USER a', 'C PASS b', 'C RETR 1', 'C RETR 2'], null],
    ['IRC', ['C NICK ann', 'C USER ann 0 * :Ann', 'S :irc.example.net 001 ann :Welcome'], 'IRC'],
    ['IRC, USER first', ['C USER ann 0 * :Ann', 'S :irc.example.net NOTICE * :*** Looking up'], 'IRC'],
    ['HTTP', ['C GET / HTTP/1.1', 'C Host: x', 'C ', 'S HTTP/1.1 200 OK'], 'HTTP'],
    ['SSH', ['S SSH-2.0-OpenSSH_9.2'], 'SSH'],
    ['NNTP', ['S 200 news.example.com NNTP ready', 'C MODE READER', 'S 200 ok', 'C GROUP a.b'], 'NNTP'],
    ['NNTP with a plain greeting', ['S 200 ready', 'C LIST', 'S 215 list follows', 'C GROUP a.b'], 'NNTP'],
    ['Telnet', ['S \xff\xfd\x18\xff\xfd\x20'], 'Telnet'],
    ['IMAP', ['S * OK ready', 'C a LOGIN x y'], 'IMAP'],
    ['a load balancer', ['C PROXY TCP4 10.0.0.1 10.0.0.2 40000 21'], 'behind a header of the PROXY protocol'],
    ['TLS', ['C \x16\x03\x01\x02\x00\x01'], 'TLS'],
    [
      'a file that begins with a number',
      ['S 220 is my favourite number', 'S and 331 is not', 'S x', 'S y', 'S z'],
      null,
    ],
    ['text', ['C hello', 'C world', 'C and', 'C so', 'C on'], null],
    ['a listing', ['S drwxr-xr-x 2 0 0 4096 a', 'S b', 'S c', 'S d', 'S e'], null],
    ['binary data', ['C \x00\x01\x02\x03'], null],
    ['nothing', [], null],
  ])('%s', (_name, said, protocol) => {
    expect(judge(said)).toEqual(other(protocol));
  });

  test('SMTP on the FTP port', () => {
    expect(judge(['S 220 mx.example.com ESMTP Postfix', 'C QUIT', 'S 221 bye'], { port: 21 })).toEqual(other('SMTP'));
    expect(judge(['S 220 mx.example.com ESMTP Postfix', 'C USER root'], { port: 21 })).toEqual(other('SMTP'));
  });

  test('Telnet on the FTP port', () => {
    expect(judge(['S \xff\xfa%\x02\x02\xff\xf0'], { port: 21 })).toEqual(other('Telnet'));
  });
});

test('a 220 alone decides nothing as long as more may come', () => {
  expect(judge(['S 220 ready'], { finished: false })).toEqual({ kind: 'undecided' });
});

test('however the bytes are cut, the verdict is the same', () => {
  const recognition = new Recognition({ sawHandshake: true, initiator: { port: 1 }, responder: { port: 2 } });
  let verdict: RecognitionVerdict = { kind: 'undecided' };
  for (const byte of Buffer.from('220-hello\r\n220 ProFTPD\r\n')) {
    expect(verdict.kind).toBe('undecided');
    verdict = recognition.take('responder', Buffer.from([byte]));
  }
  expect(verdict).toEqual(FTP);
});

describe("on FTP's own port", () => {
  const shown = async (play: (control: ReturnType<PlayedCapture['control']>) => void) => {
    const capture = new PlayedCapture();
    const control = capture.control();
    play(control);
    control.falls('capture-end');
    const told = await capture.ends();
    return { lines: told.filter(({ kind }) => kind === 'command' || kind === 'reply').map(inShort), capture };
  };

  test.each([
    ['a farewell alone', ['221 Goodbye.'], ['QUIT']],
    ['a timeout', ['421 Timeout.'], []],
    ['a data connection that failed', ['425 Failed to establish connection.'], []],
    ['one command', [], ['NOOP']],
  ])('%s is shown', async (_, server, client) => {
    const { lines } = await shown((control) => {
      for (const line of client) control.client(line);
      for (const line of server) control.server(line);
    });
    expect(lines).toHaveLength(server.length + client.length);
  });

  test('a cut banner is shown', async () => {
    const { capture } = await shown((control) => control.sends('responder', '220 (vsF'));
    expect(capture.traffic.sessionCount).toBe(1);
  });

  test('what is not shown is counted with the reason', async () => {
    const silent = await shown(() => {});
    expect([...silent.capture.traffic.notShown]).toEqual([['nothing was said', 1]]);
    const telnet = await shown((control) => control.sends('responder', '\xff\xfd\x18'));
    expect([...telnet.capture.traffic.notShown]).toEqual([['Telnet', 1]]);
  });
});
