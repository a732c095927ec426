// How sessions end: who ended them, what the client is told, and that nothing is left hanging.
import { describe } from 'vitest';
import { type Playbook, SERVER_HOST, scene } from '../support/playbook.js';

function flowing(p: Playbook, verb: 'RETR' | 'STOR'): Playbook {
  p.greets().passive(1).legStands(1, 'client');
  p.says('client', `${verb} a`).hears('server', `${verb} a`).says('server', '150 ok').hears('client', '150 ok');
  return p.flows(1, verb === 'RETR' ? 'download' : 'upload', verb, 'a');
}

describe('the server cannot be used', () => {
  scene('it cannot be reached', (p) => {
    p.happens({ kind: 'server-unreachable', reason: 'connection refused' });
    p.hears('client', '421 Cannot reach the server ftp.example.com:21: connection refused').isOver();
    p.sees({ kind: 'session-opened' }).sees({ kind: 'reply', code: 421, by: 'proxy' });
    p.sees({
      kind: 'session-closed',
      by: 'server',
      reason: 'cannot reach the server ftp.example.com:21: connection refused',
    });
  });

  scene('it is silent', (p) => {
    p.serverConnects().passes(30_000);
    p.hears(
      'client',
      '421 The server ftp.example.com:21 is silent: no greeting within 30 s (a server of implicit FTPS waits for TLS in silence)',
    ).isOver();
  });

  scene('it closes without a word', (p) => {
    p.serverConnects().happens({ kind: 'control-ended', from: 'server' });
    p.hears('client', '421 The server closed the connection without a greeting').isOver();
    p.sees({ kind: 'session-closed', by: 'server', reason: 'the server closed the connection without a greeting' });
  });

  for (const [what, bytes, how] of [
    ['SSH', 'SSH-2.0-OpenSSH_9.2\r\n', 'it speaks SSH'],
    ['HTTP', 'HTTP/1.1 400 Bad Request\r\n', 'it speaks HTTP'],
    ['TLS', '\x15\x03\x01\x00\x02\x02\x46', 'it speaks TLS'],
    ['SSH behind a notice', 'keep out\r\nSSH-2.0-OpenSSH_9.2\r\n', 'it speaks SSH'],
  ] as const) {
    scene(`it is no FTP server: ${what}`, (p) => {
      const [line = '', ...notice] = bytes.trimEnd().split('\r\n').reverse();
      p.serverConnects().saysBytes('server', bytes);
      p.hears('client', ...notice, `421 The server ftp.example.com:21 does not speak FTP: ${how}`).isOver();
      p.sees({ kind: 'noise', from: 'server', line });
      p.sees({ kind: 'violation', side: 'server', code: 'not-ftp' });
    });
  }

  scene('it says something else and never greets', (p) => {
    p.serverConnects().says('server', 'hello').hears('client', 'hello').passes(30_000);
    p.hears('client', '421 The server ftp.example.com:21 does not speak FTP: no greeting within 30 s').isOver();
  });

  scene('its line never ends', (p) => {
    p.greets().saysBytes('server', `220 ${'x'.repeat(64 * 1024)}`);
    p.hears('client', '421 The server ftp.example.com:21 sent a line of more than 65536 bytes').isOver();
  });
});

describe('the client is no FTP client', () => {
  for (const [what, bytes] of [
    ['TLS', '\x16\x03\x01\x02\x00\x01\x00'],
    ['HTTP', 'GET / HTTP/1.1\r\nHost: x\r\n\r\n'],
    ['SSH', 'SSH-2.0-PuTTY\r\n'],
  ] as const) {
    scene(what, (p) => {
      p.greets()
        .saysBytes('client', bytes)
        .sees({ kind: 'noise', from: 'client', line: bytes.split('\r\n')[0] });
      p.hears('client', `421 This is an FTP port, and the client does not speak FTP: it speaks ${what}`).isOver();
      p.sees({ kind: 'violation', side: 'client', code: 'not-ftp' });
      p.sees({ kind: 'session-closed', by: 'client' });
    });
  }
});

describe('an ordinary end', () => {
  scene('without QUIT: the server may say goodbye all the same', (p) => {
    p.greets().happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.says('server', '221 You could at least say goodbye.').hears('client', '221 You could at least say goodbye.');
    p.happens({ kind: 'control-ended', from: 'server' }).isOver().doesNotSee({ kind: 'violation' });
  });

  scene('QUIT', (p) => {
    p.greets().exchanges('QUIT', '221 Goodbye').happens({ kind: 'control-ended', from: 'server' }).isOver();
    p.sees({ kind: 'session-closed', by: 'client', reason: 'QUIT', commands: 1 });
  });

  scene('QUIT and no more from the client: the server still answers', (p) => {
    p.greets().says('client', 'QUIT').hears('server', 'QUIT').happens({ kind: 'control-ended', from: 'client' });
    p.wants({ kind: 'end-control', side: 'server' }).says('server', '221 bye').hears('client', '221 bye');
    p.happens({ kind: 'control-ended', from: 'server' }).isOver();
  });

  scene('QUIT during a transfer: its data and both replies come through', (p) => {
    flowing(p, 'RETR').says('client', 'QUIT').hears('server', 'QUIT');
    p.says('server', '226 done', '221 bye').happens({ kind: 'control-ended', from: 'server' }).expectNothing();
    p.dataEnds(1, 8).hears('client', '226 done', '221 bye').isOver();
    p.sees({ kind: 'session-closed', by: 'client', reason: 'QUIT', bytesDown: 8 });
  });

  scene('a last line without its end is still relayed', (p) => {
    p.greets().saysBytes('client', 'QUIT').happens({ kind: 'control-ended', from: 'client' });
    p.hears('server', 'QUIT')
      .wants({ kind: 'end-control', side: 'server' })
      .sees({ kind: 'violation', code: 'no-line-end' });
  });

  scene("Telnet's interrupt as the last word, as lftp gives up, is no line without an end", (p) => {
    p.greets().saysBytes('client', '\xff\xf4\xff').happens({ kind: 'control-ended', from: 'client' });
    p.wants({ kind: 'end-control', side: 'server' })
      .sees({ kind: 'noise', from: 'client', what: 'telnet', line: '\xff\xf4\xff' })
      .doesNotSee({ kind: 'violation' });
  });

  scene('a server that does not care that the client is done is left after a while', (p) => {
    p.greets().happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.passes(10_000)
      .isOver()
      .sees({ kind: 'session-closed', by: 'client', reason: 'the client closed the connection' });
  });
});

describe('a reply that never ends', () => {
  const LINES = ['211-Features:', ' SIZE', '226 End'];

  scene('is told as far as it came when the server goes away', (p) => {
    p.greets()
      .says('client', 'FEAT', 'NOOP')
      .hears('server', 'FEAT', 'NOOP')
      .says('server', ...LINES, '200 ok');
    p.happens({ kind: 'control-ended', from: 'server' }).hears('client', '421 The server closed the connection');
    p.isOver().sees({ kind: 'reply', code: 211, lines: [...LINES, '200 ok'], answers: 1, by: 'server' });
    const detail = 'a reply 211 without an end: no line began with "211 "';
    p.sees({ kind: 'violation', side: 'server', code: 'unfinished-reply', detail, action: 'not relayed' });
    p.sees({ kind: 'reply', code: 421, answers: 1, by: 'proxy' }).sees({ kind: 'session-closed' });
  });

  scene('is told when the client goes away, and was relayed unchanged', (p) => {
    p.greets()
      .says('client', 'HELP')
      .hears('server', 'HELP')
      .says('server', '214-Commands:')
      .hears('client', '214-Commands:');
    p.happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' }).isOver();
    p.sees({ kind: 'reply', code: 214, lines: ['214-Commands:'] });
    p.sees({ kind: 'violation', code: 'unfinished-reply', action: 'relayed as far as it was received' });
  });

  scene('of a transfer, when the server goes away', (p) => {
    flowing(p, 'RETR').says('server', '226-Statistics:').dataEnds(1, 8);
    p.happens({ kind: 'control-ended', from: 'server' });
    p.hears('client', '421 The server closed the connection').isOver();
    const reason = 'no final reply to RETR; the server closed the connection';
    p.sees({ kind: 'link-closed', outcome: 'failed', reason });
  });

  scene('ends all the same while the server may still speak', (p) => {
    p.greets().says('client', 'FEAT').hears('server', 'FEAT').says('server', '211-Features:');
    p.happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.says('server', '211 End').hears('client', '211-Features:', '211 End');
    p.sees({ kind: 'reply', code: 211, lines: ['211-Features:', '211 End'] });
  });
});

describe('a transfer whose final reply never comes', () => {
  scene('is told of when the client gives up', (p) => {
    flowing(p, 'RETR').dataEnds(1, 8).passes(30_000).happens({ kind: 'control-ended', from: 'client' });
    p.wants({ kind: 'end-control', side: 'server' }).happens({ kind: 'control-ended', from: 'server' });
    p.hears('client', '426 Transfer aborted: the server closed the connection').isOver();
    const reason = 'no final reply to RETR; the client closed the connection';
    p.sees({ kind: 'link-closed', outcome: 'failed', bytes: 8, reason });
  });

  scene('is told of when it is waited for no longer', (p) => {
    const late = 'he server ftp.example.com:21 did not answer STOR within 7200 s';
    flowing(p, 'STOR').dataEnds(1, 8).passes(7_200_000).hears('client', `421 T${late}`).isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', reason: `no final reply to STOR; t${late}` });
  });
});

describe('the server goes away', () => {
  scene('between commands: nothing is invented', (p) => {
    p.greets().happens({ kind: 'control-ended', from: 'server' }).isOver();
  });

  scene('between commands, by a fault: the client is told which', (p) => {
    p.greets().happens({ kind: 'control-lost', from: 'server', reason: 'connection reset' });
    p.hears('client', '421 The connection to the server broke: connection reset').isOver();
  });

  scene('by a fault behind its answer to QUIT: nothing is added', (p) => {
    p.greets().exchanges('QUIT', '221 Bye');
    p.happens({ kind: 'control-lost', from: 'server', reason: 'connection reset' }).isOver();
  });

  scene('with commands unanswered: 421, once', (p) => {
    p.greets().says('client', 'PWD', 'NOOP').hears('server', 'PWD', 'NOOP');
    p.happens({ kind: 'control-ended', from: 'server' })
      .hears('client', '421 The server closed the connection')
      .isOver();
  });

  scene('in the middle of a transfer: 426, never 226', (p) => {
    flowing(p, 'RETR').says('client', 'NOOP').hears('server', 'NOOP');
    p.happens({ kind: 'control-lost', from: 'server', reason: 'connection reset' }).expectNothing();
    p.passes(20_000).dataMoves(1, 5).expectNothing().dataEnds(1, 8);
    p.hears(
      'client',
      '426 Transfer aborted: the connection to the server broke: connection reset',
      '421 The connection to the server broke: connection reset',
    ).isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'no-final-reply', bytes: 8 });
    p.sees({ kind: 'session-closed', by: 'server', bytesDown: 8 });
  });

  scene('in the middle of an upload that the client ends: it is handed on whole', (p) => {
    flowing(p, 'STOR').happens({ kind: 'control-ended', from: 'server' }).expectNothing().dataEnds(1, 8);
    p.hears('client', '426 Transfer aborted: the server closed the connection').isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'no-final-reply' });
  });

  scene('before the data of a transfer flows: 426 at once', (p) => {
    p.greets().passive(1).says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').happens({ kind: 'control-ended', from: 'server' });
    p.wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '426 Transfer aborted: the server closed the connection').isOver();
  });

  scene('while a 227 waits for its port: the port is still given, and closed', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,80)');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(1, 'server', { address: SERVER_HOST, port: 50_000 }).legStands(1, 'server');
    p.happens({ kind: 'control-ended', from: 'server' }).expectNothing();
    p.portOpens(1, { address: '10.1.0.1', port: 40_960 });
    p.hears('client', '227 (10,1,0,1,160,0)').wants({ kind: 'drop-link', link: 1 }).isOver();
  });
});

describe('the client goes away', () => {
  scene('by a fault, behind the end of its upload: the server gets all of it', (p) => {
    flowing(p, 'STOR').happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' });
    p.wants({ kind: 'end-control', side: 'server' }).dataMoves(1, 5).expectNothing().dataEnds(1, 8);
    p.says('server', '226 done')
      .hears('client', '226 done')
      .happens({ kind: 'control-ended', from: 'server' })
      .isOver();
    p.sees({ kind: 'link-closed', outcome: 'complete', bytes: 8 });
    p.sees({ kind: 'session-closed', by: 'client', reason: 'the connection to the client broke: connection reset' });
  });

  scene('behind a STOR for which the server connects to nobody: it is given up after 10 s', (p) => {
    p.greets()
      .active(1)
      .says('client', 'STOR a')
      .hears('server', 'STOR a')
      .happens({ kind: 'control-ended', from: 'client' });
    p.wants({ kind: 'end-control', side: 'server' }).passes(5000).passes(5000).wants({ kind: 'drop-link', link: 1 });
    p.passes(10_000).isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed' }).sees({ kind: 'session-closed', by: 'client', cause: 'closed' });
  });

  scene('by a fault, before the 150 to an upload that it has sent', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'STOR a').hears('server', 'STOR a');
    p.happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' });
    p.wants({ kind: 'end-control', side: 'server' }).says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a').dataEnds(1, 8).says('server', '226 done').hears('client', '226 done');
  });

  scene('by a fault, in the middle of a download: its data connection tells whether it is still there', (p) => {
    flowing(p, 'RETR').happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' });
    p.wants({ kind: 'end-control', side: 'server' });
    p.dataEnds(1, 5, { kind: 'broken', side: 'client', cause: 'client-broke', reason: 'connection reset' });
    p.wants({ kind: 'drop-link', link: 1 }).happens({ kind: 'control-ended', from: 'server' });
    p.hears('client', '426 Transfer aborted: the server closed the connection').isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'client-broke', reason: 'connection reset' });
  });

  scene('by a fault, while its transfer waits for its data connection: nothing is waited for', (p) => {
    p.greets().passive(1).says('client', 'RETR a').hears('server', 'RETR a');
    p.happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' });
    p.wants({ kind: 'drop-link', link: 1 }).isOver();
    p.sees({ kind: 'link-closed', outcome: 'failed', cause: 'session-ended' });
  });

  scene('before the server stood', (p) => {
    p.happens({ kind: 'control-ended', from: 'client' }).isOver().sees({ kind: 'session-closed', by: 'client' });
  });

  scene('while a 227 waits for its port: the server address never leaks', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV').says('server', '227 (10,2,0,7,195,80)');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(1, 'server', { address: SERVER_HOST, port: 50_000 });
    p.happens({ kind: 'shutdown', cause: 'shutdown', reason: 'the proxy is shutting down' }).wants({
      kind: 'drop-link',
      link: 1,
    });
    p.hears('client', '421 The proxy is shutting down').isOver();
  });
});

describe('the proxy ends it', () => {
  scene('in the middle of a transfer whose 226 is in already', (p) => {
    flowing(p, 'RETR')
      .says('server', '226 done')
      .happens({ kind: 'shutdown', cause: 'shutdown', reason: 'the transcript cannot be written' });
    p.wants({ kind: 'drop-link', link: 1 });
    p.hears(
      'client',
      '426 Data connection lost, transfer aborted: the transcript cannot be written',
      '421 The transcript cannot be written',
    ).isOver();
  });

  scene('what happens after the end is passed over', (p) => {
    p.greets()
      .happens({ kind: 'shutdown', cause: 'shutdown', reason: 'enough' })
      .hears('client', '421 Enough')
      .isOver();
    p.says('server', '200 late')
      .says('client', 'NOOP')
      .happens({ kind: 'control-ended', from: 'client' })
      .expectNothing();
  });
});

describe('a peer that leaves while a transfer is under way is reported then, and not with the end of the session', () => {
  scene('the client', (p) => {
    flowing(p, 'STOR')
      .happens({ kind: 'control-ended', from: 'client' })
      .wants({ kind: 'end-control', side: 'server' });
    const detail = 'the client closed the connection; STOR a is still under way';
    p.sees({ kind: 'note', side: 'client', code: 'left-during-transfer', detail });
    p.doesNotSee({ kind: 'session-closed' }).passes(9000).dataEnds(1, 9).says('server', '226 done');
    p.hears('client', '226 done').happens({ kind: 'control-ended', from: 'server' }).isOver();
    p.doesNotSee({ kind: 'note' });
  });

  scene('the client, whose connection broke', (p) => {
    flowing(p, 'STOR').happens({ kind: 'control-lost', from: 'client', reason: 'connection reset' });
    p.wants({ kind: 'end-control', side: 'server' });
    const detail = 'the connection to the client broke: connection reset; STOR a is still under way';
    p.sees({ kind: 'note', side: 'client', code: 'left-during-transfer', detail });
  });

  scene('the server', (p) => {
    flowing(p, 'RETR').happens({ kind: 'control-ended', from: 'server' });
    const detail = 'the server closed the connection; RETR a is still under way';
    p.sees({ kind: 'note', side: 'server', code: 'left-during-transfer', detail });
    p.dataEnds(1, 9).hears('client', '426 Transfer aborted: the server closed the connection').isOver();
  });

  scene('and not one that leaves when all is done', (p) => {
    p.greets().happens({ kind: 'control-ended', from: 'client' }).wants({ kind: 'end-control', side: 'server' });
    p.happens({ kind: 'control-ended', from: 'server' }).isOver().doesNotSee({ kind: 'note' });
  });
});
