// No address gets past the proxy: neither a port of the server's to the client, nor a port of a third host's to the server, however
// they are spelled, whenever they come. Judged by readers of the test's own, as lenient as the most lenient peers.
import fc from 'fast-check';
import { describe, expect, test } from 'vitest';
import { AddressGate } from '../../src/relay/address-gate.js';
import { Relay } from '../../src/relay/relay.js';
import { CLIENT_HOST, POLICY, SERVER_HOST, scene } from '../support/playbook.js';

function withoutTelnet(line: string): string {
  return line.replace(/\xff[\xfb-\xfe][\s\S]|\xff[\xf0-\xff]/g, '');
}

function visible(line: string): string {
  return [...line].filter((one) => one >= ' ' && one <= '~').join('');
}

/** What ProFTPD makes of a command line: Telnet sequences and control characters vanish, blanks in front are skipped. */
function asLenientServer(line: string): string {
  return visible(withoutTelnet(line).replaceAll('\t', ' ')).trimStart();
}

/** What Python's ftplib makes of a server's bytes: CR, LF and CR LF end lines. */
function asLenientClient(bytes: string): string[] {
  return bytes.split(/\r\n|\r|\n/).map((line) => visible(withoutTelnet(line)).trimStart());
}

const SERVERS_PORT = ['10,2,0,7,195,80', '(|||50000|)', '10, 2, 0, 7, 195, 80', '(|1|10.2.0.7|50000|)'];
const THIRD_PARTY = ['9,9,9,9,200,7', '|1|9.9.9.9|51207|', '9,9,9,9,200,7 x'];
const JUNK = [
  '\r',
  '\0',
  '\xff\xf1',
  '\xff\xf2',
  '\xff',
  '\xff\xfbO',
  ' ',
  '\t',
  '\x0b',
  '\x1b',
  '\xef\xbb\xbf',
  '"',
  '\x08',
  'x\r',
  '.',
];

/** A word with junk in front, inside and behind. */
const spelled = (words: readonly string[]) =>
  fc
    .tuple(
      fc.constantFrom(...words),
      fc.constantFrom('', ...JUNK),
      fc.constantFrom('', ...JUNK),
      fc.nat(4),
      fc.boolean(),
    )
    .map(([word, before, inside, at, lower]) => {
      const split = word.slice(0, at) + inside + word.slice(at);
      return before + (lower ? split.toLowerCase() : split);
    });

const clientLine = fc.oneof(
  fc.constantFrom(
    'NOOP',
    'PASV',
    'EPSV',
    'USER a',
    'PASS b',
    'LIST',
    'RETR f',
    'EPSV ALL',
    'QUI',
    'PORT 10,1,0,2,195,80',
    '\xff\xf4ABOR',
  ),
  fc
    .tuple(
      spelled(['PORT', 'EPRT', 'LPRT', 'NOOP\rPORT', 'NOOP\0EPRT', 'SPOR']),
      fc.constantFrom(' ', '\t', '\r'),
      fc.constantFrom(...THIRD_PARTY),
    )
    .map((parts) => parts.join('')),
  spelled(['PASV', 'EPSV', 'P@SW']),
);

const serverLine = fc.oneof(
  fc.constantFrom(
    '200 ok',
    '150 here',
    '226 done',
    '250 done',
    '331 pw',
    '230 in',
    '500 no',
    '214-help',
    '214 end',
    '227-one',
    '227 end',
    '229-x',
  ),
  fc
    .tuple(spelled(['227', '229', '227-', '200 ok\r227', '200', '214-\r229']), fc.constantFrom(...SERVERS_PORT))
    .map(([code, port]) => `${code} Entering ${port}`),
  fc.constantFrom(...SERVERS_PORT),
);

/** Plays both peers' lines, in turns as drawn; opens every port that is asked for. Gives what each was sent. */
function play(turns: readonly (readonly ['client' | 'server', string])[]) {
  const local = { address: '10.1.0.1', port: 2121 };
  const remote = { address: CLIENT_HOST, port: 40_000 };
  const identity = {
    session: 1,
    client: remote,
    server: { address: SERVER_HOST, port: 21 },
    how: 'reverse',
    listener: local,
    openedAt: 0,
  } as const;
  const relay = new Relay(identity, { local, remote }, POLICY);
  const sent = { client: '', server: '' };
  const handle = (input: Parameters<Relay['handle']>[0]): void => {
    for (const effect of relay.handle(input)) {
      if (effect.kind === 'send') sent[effect.to] += effect.bytes.toString('latin1');
      if (effect.kind !== 'open-data-port') continue;
      const address = effect.facing === 'client' ? '10.1.0.1' : '10.3.0.1';
      handle({
        kind: 'data-port-open',
        at: 0,
        link: effect.link,
        side: effect.facing,
        endpoint: { address, port: 4097 },
      });
    }
  };
  handle({
    kind: 'server-connected',
    at: 0,
    local: { address: '10.3.0.1', port: 50_001 },
    remote: { address: SERVER_HOST, port: 21 },
  });
  for (const [from, line] of turns)
    handle({ kind: 'control-bytes', at: 0, from, bytes: Buffer.from(`${line}\r\n`, 'latin1') });
  return sent;
}

test('whatever either peer says, and whenever', () => {
  const turn = fc.oneof(
    clientLine.map((line) => ['client', line] as const),
    serverLine.map((line) => ['server', line] as const),
  );
  fc.assert(
    fc.property(fc.array(turn, { maxLength: 30 }), (turns) => {
      const { client, server } = play([['server', '220 hi'], ...turns]);
      for (const line of asLenientClient(client)) {
        if (/^22[79]/.test(line)) expect(line).not.toMatch(/10, ?2, ?0, ?7|\D50000\D/);
      }
      for (const line of server
        .split(/[\r\n\0]/)
        .map(asLenientServer)
        .concat(server.split('\n').map(asLenientServer))) {
        if (/^(PORT|EPRT|LPRT|SPOR)\b/i.test(line)) expect(line).not.toMatch(/9[,.]9[,.]9[,.]9/);
      }
    }),
    { numRuns: 1500 },
  );
});

describe('what is held back', () => {
  function passed(to: 'client' | 'server', text: string) {
    const heldBack: string[] = [];
    const gate = new AddressGate(to, (line) => heldBack.push(line));
    return { passed: gate.pass(Buffer.from(text, 'latin1')).toString('latin1'), heldBack };
  }

  test.each([
    '227 Entering Passive Mode (10,2,0,7,195,80)',
    '229 (|||50000|)',
    ' 227 ok 10,2,0,7,195,80',
    '2\xff\xf127 ok 10,2,0,7,195,80',
    '200 ok\r227 ok 10,2,0,7,195,80',
    '227-10, 2, 0, 7, 195, 80',
  ])('to the client: %j', (line) => {
    expect(passed('client', `200 a\r\n${line}\r\n200 b\r\n`)).toEqual({
      passed: '200 a\r\n200 b\r\n',
      heldBack: [line],
    });
  });

  test.each(['227 no port', '200 (10,2,0,7,195,80)', '226 done', ' 227 files', '2270 (1,2,3,4,5,6)', ''])(
    'not: %j',
    (line) => {
      expect(passed('client', `${line}\r\n`)).toEqual({ passed: `${line}\r\n`, heldBack: [] });
    },
  );

  test.each([
    'PORT 9,9,9,9,200,7',
    'eprt |1|9.9.9.9|51207|',
    '\rPORT 9',
    'PO\xff\xf1RT 9',
    'NOOP\rPORT 9',
    'SPOR 9',
    'LPRT 9',
  ])('to the server: %j', (line) => {
    expect(passed('server', `NOOP\r\n${line}\r\n`)).toEqual({ passed: 'NOOP\r\n', heldBack: [line] });
  });

  test.each(['PORTAL 1', 'RETR PORT', 'SITE PORT 1', 'STOR a port', 'PASV'])('not: %j', (line) => {
    expect(passed('server', `${line}\r\n`).heldBack).toEqual([]);
  });
});

describe('spellings that some servers obey', () => {
  scene('PASV behind a CR: relayed unchanged, and the answer is rewritten', (p) => {
    p.greets()
      .says('client', '\rPASV')
      .hears('server', '\rPASV')
      .sees({ kind: 'violation', code: 'disguised-command' });
    p.says('server', '227 ok (10,2,0,7,195,80)');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: [CLIENT_HOST] });
    p.dials(1, 'server', { address: SERVER_HOST, port: 50_000 }).legStands(1, 'server');
    p.portOpens(1, { address: '10.1.0.1', port: 40_960 }).hears('client', '227 ok (10,1,0,1,160,0)');
  });

  scene('or it refuses', (p) => {
    p.greets().exchanges('PASV\0', '500 what').exchanges('PA\xff\xf2SV', '500 what').exchanges('NOOP', '200 ok');
  });

  scene('PORT behind a CR: to a foreign host it is refused, to its own it is rewritten', (p) => {
    p.greets().says('client', '\rPORT 9,9,9,9,200,7');
    p.hears('client', `500 Data connections go to ${CLIENT_HOST} only, not to 9.9.9.9`);
    p.says('client', '\rPORT 10,1,0,2,195,80');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] });
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', '\rPORT 10,2,0,1,160,0');
  });

  for (const line of ['P\xff\xfbORT 9,9,9,9,200,7', 'NOOP\rPORT 9,9,9,9,200,7', 'USER a\0EPRT |1|9.9.9.9|51207|']) {
    scene(`not relayed: ${JSON.stringify(line)}`, (p) => {
      p.greets().says('client', line).hears('client', '500 This line is not understood here, and not relayed');
      p.sees({ kind: 'violation', side: 'client', code: 'unseen-address' });
    });
  }

  scene(
    'a login in disguise is one: refused in the clear where TLS is required',
    (p) => {
      p.greets().says('client', '\rUSER anna').hears('client', '530 This proxy requires AUTH TLS before a login');
      p.says('client', '\0PASS sesame').hears('client', '530 This proxy requires AUTH TLS before a login');
      p.sees({ kind: 'command', verb: 'PASS', argument: '****' });
    },
    { tls: { client: 'require' } },
  );
});
