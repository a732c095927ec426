// Time and size: timeouts, backpressure, lines and replies without end, and secrets that must not be seen.
import { describe, expect, test } from 'vitest';
import { MAX_GATHERED_BYTES } from '../../src/dialogue/reply-lines.js';
import { MAX_OUTSTANDING_COMMANDS, MAX_WAITING_BYTES } from '../../src/relay/relay.js';
import { Playbook, SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };

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
    p.greets().passive(1).legStands(1, 'client').dials(1, 'server', SERVER_PORT).legStands(1, 'server');
    p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'download', 'RETR', 'a');
    for (let bytes = 1; bytes <= 10; bytes += 1)
      p.passes(200_000).happens({ kind: 'data-progress', link: 1, bytes, payload: null });
    p.expectNothing()
      .dataEnds(1, 10)
      .says('server', '226 done')
      .hears('client', '226 done')
      .passes(899_999)
      .expectNothing();
    p.passes(1).hears('client', '421 Idle for 900 s').isOver();
  });

  scene('a transfer without a byte is given up, and its success not believed', (p) => {
    p.greets().passive(1).legStands(1, 'client').dials(1, 'server', SERVER_PORT).legStands(1, 'server');
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
    p.says('server', ...Array.from({ length: MAX_WAITING_BYTES / 512 }, () => `200 ${'x'.repeat(506)}`));
    expect(p.relay.mayRead('server')).toBe(false);
  });

  scene("a client's line over the bound is answered 500 and dropped", (p) => {
    p.greets()
      .saysBytes('client', `STAT ${'x'.repeat(2000)}`)
      .hears('client', '500 Line too long; the limit is 1024 bytes');
    p.saysBytes('client', 'yyy\r\nNOOP\r\n').hears('server', 'NOOP').sees({ kind: 'violation', code: 'line-too-long' });
  });

  test('a reply that never ends is relayed line by line, and kept up to a bound', () => {
    const p = new Playbook().greets().says('client', 'STAT').hears('server', 'STAT');
    const line = ` ${'x'.repeat(999)}`;
    p.says('server', '211-status').hears('client', '211-status');
    for (let bytes = 0; bytes <= MAX_GATHERED_BYTES + 2000; bytes += 1000) p.says('server', line).hears('client', line);
    p.sees({ kind: 'violation', code: 'reply-too-long' }).says('server', '211 end').hears('client', '211 end');
    const reply = p.observations.find((one) => one.kind === 'reply' && one.code === 211);
    expect(reply).toMatchObject({ answers: 1, omittedLines: 4 });
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
