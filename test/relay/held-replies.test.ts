// A reply that does not go to the client as it comes is reported as held, with why, and again when it is known what became of it.
import { describe } from 'vitest';
import { SERVER_HOST, scene } from '../support/playbook.js';

const SERVER_PORT = { address: SERVER_HOST, port: 50_000 };
const BROKEN = { kind: 'broken', side: 'server', cause: 'server-broke', reason: 'connection reset' } as const;

describe('a final reply that waits for its data', () => {
  scene('is held, and delivered with the end', (p) => {
    p.greets().passive(1).legStands(1, 'client').says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a').says('server', '226 done');
    p.sees({ kind: 'reply', code: 226, held: 'data', at: 1000 });
    p.passes(150).doesNotSee({ kind: 'held-reply', code: 226 });
    p.passes(50).sees({ kind: 'held-reply', state: 'waiting', code: 226, answers: 2, held: 'data', heldMs: 200 });
    p.passes(800).dataEnds(1, 99).hears('client', '226 done');
    p.sees({ kind: 'held-reply', state: 'delivered', code: 226, answers: 2, at: 2000, heldMs: 1000 });
  });

  scene('is held, and replaced by a 426', (p) => {
    p.greets().passive(1).legStands(1, 'client').says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a').says('server', '226 done');
    p.sees({ kind: 'reply', code: 226, held: 'data' });
    p.dataEnds(1, 5, BROKEN).wants({ kind: 'drop-link', link: 1 });
    p.hears('client', '426 Data connection lost, transfer aborted: connection reset');
    p.sees({ kind: 'held-reply', state: 'replaced', code: 226 });
    p.sees({ kind: 'reply', code: 426, by: 'proxy', replaces: 226, relayed: true });
  });

  scene('is not held behind the end; a 426 says what it replaces', (p) => {
    p.greets().passive(1).legStands(1, 'client').says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a');
    p.dataEnds(1, 5, BROKEN).wants({ kind: 'drop-link', link: 1 });
    p.says('server', '226 done').hears('client', '426 Data connection lost, transfer aborted: connection reset');
    p.doesNotSee({ kind: 'reply', held: 'data' }).sees({ kind: 'reply', code: 226 });
    p.sees({ kind: 'reply', code: 426, replaces: 226 }).doesNotSee({ kind: 'held-reply' });
  });

  scene("is not held when it is an upload's, or a refusal", (p) => {
    p.greets().passive(1).legStands(1, 'client').says('client', 'RETR a').hears('server', 'RETR a');
    p.says('server', '550 no').wants({ kind: 'watch-leg', link: 1, side: 'server' }).hears('client', '550 no');
    p.says('client', 'STOR a').hears('server', 'STOR a').says('server', '150 ok').hears('client', '150 ok');
    p.flows(1, 'upload', 'STOR', 'a').says('server', '226 done').hears('client', '226 done');
    p.doesNotSee({ kind: 'reply', held: 'data' });
  });

  scene('holds up what comes behind it', (p) => {
    p.greets().passive(1).legStands(1, 'client');
    p.says('client', 'RETR a', 'PWD').hears('server', 'RETR a', 'PWD');
    p.says('server', '150 ok', '226 done', '257 "/"').hears('client', '150 ok').flows(1, 'download', 'RETR', 'a');
    p.sees({ kind: 'reply', code: 226, held: 'data' }).sees({ kind: 'reply', code: 257, held: 'order' });
    p.dataEnds(1, 99).hears('client', '226 done', '257 "/"');
    p.sees({ kind: 'held-reply', state: 'delivered', code: 226 });
    p.sees({ kind: 'held-reply', state: 'delivered', code: 257, held: 'order' });
  });
});

describe('other replies that are held', () => {
  scene('an announcement, until its port is known', (p) => {
    p.greets().passiveInDoubt(1);
    p.sees({ kind: 'reply', code: 227, held: 'data-port' });
    p.sees({ kind: 'held-reply', state: 'waiting', code: 227, held: 'data-port' }).sees({ kind: 'rewrite' });
    p.sees({ kind: 'held-reply', state: 'delivered', code: 227, heldMs: 1500 });
  });

  scene('an announcement whose port refuses connections is replaced', (p) => {
    p.greets().says('client', 'PASV').hears('server', 'PASV');
    p.says('server', '227 Entering Passive Mode (10,2,0,7,195,80).');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] }).dials(1, 'server', SERVER_PORT);
    p.portOpens(1, { address: '10.1.0.1', port: 40_960 }).legFails(1, 'server', 'connection refused');
    p.wants({ kind: 'drop-link', link: 1, unused: true });
    p.hears('client', '425 Cannot open a data connection: connection refused');
    p.sees({ kind: 'held-reply', state: 'replaced', code: 227 }).sees({ kind: 'reply', code: 425, replaces: 227 });
  });

  scene(
    'the greeting, until the server is encrypted',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS');
      p.sees({ kind: 'reply', code: 220, held: 'tls' });
      p.says('server', '234 go').wants({ kind: 'secure-control', side: 'server' });
      p.happens({ kind: 'control-lost', from: 'server', reason: 'connection reset' });
      p.hears('client', '421 The connection to the server broke: connection reset').isOver();
      p.sees({ kind: 'held-reply', state: 'dropped', code: 220 }).sees({ kind: 'reply', code: 421 });
    },
    { tls: { server: 'require' } },
  );
});

describe('replies that the client does not get', () => {
  scene('what the server still says of a transfer that the proxy has answered', (p) => {
    p.greets().active(1).says('client', 'RETR a').hears('server', 'RETR a').legStands(1, 'server');
    p.dials(1, 'client', { address: '10.1.0.2', port: 50_000 }).legFails(1, 'client', 'connection refused');
    p.wants({ kind: 'drop-link', link: 1 }).hears('client', '425 Cannot open a data connection: connection refused');
    p.sees({ kind: 'reply', code: 425, by: 'proxy', relayed: true });
    p.says('server', '426 broken').sees({ kind: 'reply', code: 426, by: 'server', unheard: true });
  });

  scene(
    'what the proxy asked, and answers alone',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '234 go');
      p.sees({ kind: 'reply', code: 234, unheard: true }).secures('server').hears('server', 'PBSZ 0');
      p.says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok').hears('client', '220 ready');
      p.says('client', 'PBSZ 0').hears('client', '503 PBSZ comes after AUTH (RFC 4217 section 8)');
      p.sees({ kind: 'reply', code: 503, by: 'proxy' }).doesNotSee({ kind: 'reply', relayed: true });
    },
    { tls: { server: 'require' } },
  );
});
