// Time and size: timeouts, backpressure, lines and replies without end, and secrets that must not be seen.
import { describe, expect, test } from 'vitest';
import { MAX_GATHERED_BYTES } from '../../src/dialogue/reply-lines.js';
import { MAX_OUTSTANDING_COMMANDS, MAX_WAITING_BYTES } from '../../src/relay/relay.js';
import { Playbook, SERVER_HOST, scene } from '../support/playbook.js';

describe('time', () => {
  scene('an idle session is ended, and told so', (p) => {
    p.greets().passes(899_999).expectNothing().exchanges('NOOP', '200 ok').passes(899_999).expectNothing();
    p.passes(1).hears('client', '421 Idle for 900 s').isOver().sees({ kind: 'session-closed', by: 'proxy' });
  });

  const quick = { policy: { loginTimeoutMs: 60_000 } };
  scene(
    'a client that does not log in is ended, however busily it talks',
    (p) => {
      p.greets().passes(59_000).exchanges('USER anna', '331 ok').exchanges('PASS no', '530 no').expectNothing();
      p.passes(1000).hears('client', '421 No login within 60 s').isOver();
      p.sees({ kind: 'session-closed', by: 'proxy', cause: 'no-login' });
    },
    quick,
  );

  scene(
    'one that has logged in has all the time',
    (p) => {
      p.greets().exchanges('USER anna', '331 ok').exchanges('PASS yes', '230 in').passes(100_000).expectNothing();
    },
    quick,
  );

  scene('the idle time rests while data moves', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a');
    for (let bytes = 1; bytes <= 10; bytes += 1)
      p.passes(200_000).happens({ kind: 'data-progress', link: 1, bytes, payload: null, receiverEnded: false });
    p.expectNothing()
      .dataEnds(1, 10)
      .says('server', '226 done')
      .hears('client', '226 done')
      .passes(899_999)
      .expectNothing();
    p.passes(1).hears('client', '421 Idle for 900 s').isOver();
  });

  scene('the idle time rests while the server owes a reply, which has a time of its own', (p) => {
    p.greets().says('client', 'HASH big').hears('server', 'HASH big').passes(7_199_999).expectNothing();
    p.says('server', '213 SHA-1 00').hears('client', '213 SHA-1 00').passes(899_999).expectNothing();
    p.says('client', 'HASH big').hears('server', 'HASH big').passes(7_000_000);
    // What the client says meanwhile is not what the server owes.
    p.says('client', 'NOOP').hears('server', 'NOOP').passes(199_999).expectNothing().passes(1);
    p.hears('client', '421 The server ftp.example.com:21 did not answer HASH within 7200 s').isOver();
  });

  scene('a server that works on a long list of commands is given the time for each', (p) => {
    p.greets().says('client', 'HASH a', 'HASH b').hears('server', 'HASH a', 'HASH b').passes(7_000_000);
    p.says('server', '213 00').hears('client', '213 00').passes(7_000_000).expectNothing();
    p.says('server', '213 01').hears('client', '213 01').passes(900_000).hears('client', '421 Idle for 900 s').isOver();
  });

  scene('a transfer without a byte is given up, and its success not believed', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a').passes(300_000).wants({ kind: 'drop-link', link: 1 });
    p.says('server', '226 done').hears('client', '426 Data connection lost, transfer aborted: no data for 300 s');
  });

  scene('a data connection that nobody makes is given up', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').passes(300_000);
    p.wants({ kind: 'drop-link', link: 1 }).says('server', '425 no route').hears('client', '425 no route');
    p.sees({ kind: 'link-closed', outcome: 'failed' });
  });
});

describe('size', () => {
  test('the client is read no further while too many commands wait', () => {
    const p = new Playbook();
    expect(p.relay.mayRead('client')).toBe(false);
    p.greets();
    expect(p.relay.mayRead('client')).toBe(true);
    const noops = Array.from({ length: MAX_OUTSTANDING_COMMANDS }, () => 'NOOP');
    p.says('client', ...noops).hears('server', ...noops);
    expect(p.relay.mayRead('client')).toBe(false);
    p.says('server', '200 ok').hears('client', '200 ok');
    expect(p.relay.mayRead('client')).toBe(true);
  });

  test('the server is read no further while too much waits behind a held reply', () => {
    const p = new Playbook()
      .greets()
      .says('client', 'PASV')
      .hears('server', 'PASV')
      .says('server', '227 (10,2,0,7,195,80)');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(1, 'server', { address: SERVER_HOST, port: 50_000 });
    p.says('server', ...Array.from({ length: MAX_WAITING_BYTES / 512 }, () => `200 ${'x'.repeat(506)}`));
    expect(p.relay.mayRead('server')).toBe(false);
  });

  describe('a reply that is held until it is whole may be bigger than what else may wait:', () => {
    const line = ` ${'x'.repeat(500)}`;
    const lines = Array.from({ length: Math.ceil((3 * MAX_WAITING_BYTES) / line.length) }, () => line);

    /** The server goes on and on, and is read all the while. */
    function goesOn(p: Playbook, code: number): void {
      p.says('server', `${code}-here it comes`);
      for (const one of lines) {
        expect(p.relay.mayRead('server')).toBe(true);
        p.says('server', one);
      }
      expect(p.relay.mayRead('server')).toBe(true);
    }

    scene('FEAT', (p) => {
      p.greets().says('client', 'FEAT').hears('server', 'FEAT');
      goesOn(p, 211);
      p.says('server', '211 end').hears('client', '211-here it comes', ...lines, '211 end');
    });

    scene('FEAT of very many lines', (p) => {
      p.greets().says('client', 'FEAT').hears('server', 'FEAT');
      const reply = `211-\r\n${'\r\n'.repeat(MAX_GATHERED_BYTES / 2 - 10)}211 end\r\n`;
      p.saysBytes('server', reply).hearsBytes('client', reply);
    });

    scene('227', (p) => {
      p.greets().says('client', 'PASV').hears('server', 'PASV');
      goesOn(p, 227);
      p.says('server', '227 that was (10,2,0,7,195,80)');
      p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
      p.dials(1, 'server', { address: '10.2.0.7', port: 50_000 }).legStands(1, 'server');
      p.portOpens(1, { address: '10.1.0.1', port: 40_960 });
      p.hears('client', '227-here it comes', ...lines, '227 that was (10,1,0,1,160,0)');
    });

    scene('226', (p) => {
      p.greets().passive(1).legStands(1, 'client');
      p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
      p.flows(1, 'download', 'RETR', 'a');
      goesOn(p, 226);
      p.dataEnds(1, 10)
        .says('server', '226 done')
        .hears('client', '226-here it comes', ...lines, '226 done');
    });

    scene(
      'the greeting, until the server has taken TLS or not',
      (p) => {
        p.serverConnects();
        goesOn(p, 220);
        p.says('server', '220 ready').hears('server', 'AUTH TLS');
        expect(p.relay.mayRead('server')).toBe(true);
        p.says('server', '500 no').hears('client', '220-here it comes', ...lines, '220 ready');
      },
      { tls: { server: 'auto' } },
    );

    scene('but not without end', (p) => {
      p.greets().says('client', 'FEAT').hears('server', 'FEAT');
      const half = '\r\n'.repeat(MAX_GATHERED_BYTES / 4);
      p.saysBytes('server', `211-\r\n${half}`).expectNothing().saysBytes('server', half);
      p.sees({ kind: 'violation', code: 'reply-too-long' });
      p.hearsAnything('client').isOver().sees({ kind: 'session-closed', by: 'server', cause: 'reply-too-long' });
    });
  });

  scene("a client's line over the bound is answered 500 and dropped", (p) => {
    p.greets()
      .saysBytes('client', `STAT ${'x'.repeat(2000)}`)
      .hears('client', '500 Line too long; the limit is 1024 bytes');
    p.saysBytes('client', 'yyy\r\nNOOP\r\n').hears('server', 'NOOP').sees({ kind: 'violation', code: 'line-too-long' });
  });

  scene('a reply line may have 64 KiB, whatever the bound for commands', (p) => {
    const line = (bytes: number) => `200 ${'x'.repeat(bytes - 6)}`;
    p.greets().exchanges('NOOP', line(64 * 1024));
    p.says('client', 'NOOP')
      .hears('server', 'NOOP')
      .saysBytes('server', line(64 * 1024 + 1).slice(0, 3));
    p.saysBytes('server', `${line(64 * 1024 + 1).slice(3)}\r\n`)
      .hearsAnything('client')
      .isOver();
    p.sees({ kind: 'session-closed', by: 'server', cause: 'line-too-long' });
  });

  test('a reply that never ends is relayed line by line, and kept up to a bound', () => {
    const p = new Playbook().greets().says('client', 'STAT').hears('server', 'STAT');
    const line = ` ${'x'.repeat(999)}`;
    p.says('server', '211-status').hears('client', '211-status');
    for (let bytes = 0; bytes <= MAX_GATHERED_BYTES + 2000; bytes += 1000) p.says('server', line).hears('client', line);
    p.sees({ kind: 'violation', code: 'reply-too-long' }).says('server', '211 end').hears('client', '211 end');
    const reply = p.observations.find((one) => one.kind === 'reply' && one.code === 211);
    expect(reply).toMatchObject({ answers: 1, omittedLines: 6 });
  });

  scene('oddities are told once and relayed as they came', (p) => {
    p.greets().saysBytes('client', 'NOOP\nNOOP\n').hearsBytes('server', 'NOOP\nNOOP\n');
    p.saysBytes('client', 'STAT a\0b\r\n').hearsBytes('server', 'STAT a\0b\r\n');
    p.sees({ kind: 'violation', code: 'bare-line-feed' }).sees({ kind: 'violation', code: 'nul-byte' });
    expect(p.observations.filter((one) => one.kind === 'violation')).toHaveLength(2);
  });
});

describe('bytes and secrets', () => {
  scene('file names are relayed byte for byte, 0xFF doubled or not', (p) => {
    const line = 'STAT gr\xfc\xdfe \xc3\xbc \xff\xff \xff';
    p.greets()
      .says('client', line)
      .hears('server', line)
      .sees({ kind: 'command', line, argument: line.slice(5) });
  });

  scene('passwords are masked, and a server that echoes them too', (p) => {
    p.greets().exchanges('USER anna', '331 ok').exchanges('pass s3cret word', "500 'PASS s3cret word' not understood");
    p.sees({ kind: 'command', verb: 'PASS', line: 'pass ****', argument: '****' });
    p.sees({ kind: 'reply', lines: ["500 'PASS ****' not understood"] });
    p.says('client', ' PASS s3cret word').hears('server', ' PASS s3cret word');
    expect(JSON.stringify(p.observations)).not.toContain('s3cret');
  });

  scene('a password is masked for the whole session, whoever says it again, and goes to the peers as it is', (p) => {
    p.greets().exchanges('USER anna', '331 ok').exchanges('PASS  S3cret-Word ', "530 bad password 'S3cret-Word'");
    const echo = ['200-your password is', ' s3cret-word', '200 S3CRET-WORD'];
    p.says('client', 'NOOP')
      .hears('server', 'NOOP')
      .says('server', ...echo)
      .hears('client', ...echo);
    p.exchanges('MKD S3cret-Word.d', '257 "/S3cret-Word.d"').exchanges('S3cret-Word', '500 S3cret-Word?');
    p.says('server', 'S3cret-Word').hears('client', 'S3cret-Word');
    p.sees({ kind: 'reply', lines: ["530 bad password '****'"] });
    p.sees({ kind: 'command', verb: 'MKD', line: 'MKD ****.d' }).sees({ kind: 'noise', line: '****' });
    expect(JSON.stringify(p.observations)).not.toMatch(/s3cret-word/i);
  });

  scene(
    'unless the user wants to see them',
    (p) => {
      p.greets().exchanges('PASS s3cret', '230 in').sees({ kind: 'command', line: 'PASS s3cret', argument: 's3cret' });
    },
    { policy: { showSecrets: true } },
  );
});
