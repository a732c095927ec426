// Who answers what: pipelining, ABOR with its one or two replies, STAT during a transfer, replies that nobody asked for.
import { describe, expect, test } from 'vitest';
import type { Observation } from '../../src/dialogue/observation.js';
import { Playbook, SERVER_HOST, scene } from '../support/playbook.js';

/** A download whose bytes flow. */
function flowing(p: Playbook): Playbook {
  p.greets().passive(1).legStands(1, 'client');
  p.says('client', 'RETR a').hears('server', 'RETR a').says('server', '150 ok').hears('client', '150 ok');
  return p.flows(1, 'download', 'RETR', 'a');
}

/** `code -> the line that it answers`, as observed. */
function pairs(observations: readonly Observation[]): string[] {
  const lines = new Map<number | null, string>();
  for (const one of observations) if (one.kind === 'command') lines.set(one.number, one.line);
  return observations.flatMap((one) => (one.kind === 'reply' ? [`${one.code} ${lines.get(one.answers) ?? '-'}`] : []));
}

describe('pipelining', () => {
  test('replies go to commands first in, first out', () => {
    const p = new Playbook().greets();
    p.says('client', 'USER a', 'PASS b', 'PWD').hears('server', 'USER a', 'PASS b', 'PWD');
    p.says('server', '331 ok', '230-hello', ' there', '230 in', '257 "/"');
    p.hears('client', '331 ok', '230-hello', ' there', '230 in', '257 "/"');
    expect(pairs(p.observations)).toEqual(['220 -', '331 USER a', '230 PASS ****', '257 PWD']);
  });

  test('everything may be sent before the greeting', () => {
    const p = new Playbook().serverConnects().says('client', 'USER a', 'QUIT').hears('server', 'USER a', 'QUIT');
    p.says('server', '120 soon', '220 ready', '331 ok', '221 bye').hears(
      'client',
      '120 soon',
      '220 ready',
      '331 ok',
      '221 bye',
    );
    expect(pairs(p.observations)).toEqual(['120 -', '220 -', '331 USER a', '221 QUIT']);
  });

  test('a whole active transfer in one chunk', () => {
    const p = new Playbook().greets().says('client', 'PORT 10,1,0,2,195,80', 'NLST', 'NOOP');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'server', admit: [SERVER_HOST] });
    p.portOpens(1, { address: '10.2.0.1', port: 40_960 }).hears('server', 'PORT 10,2,0,1,160,0', 'NLST', 'NOOP');
    p.legStands(1, 'server').dials(1, 'client', { address: '10.1.0.2', port: 50_000 });
    p.says('server', '200 ok', '150 ok', '226 done', '200 noop').hears('client', '200 ok', '150 ok');
    p.legStands(1, 'client').flows(1, 'download', 'NLST', '');
    p.dataEnds(1, 1).hears('client', '226 done', '200 noop');
    expect(pairs(p.observations).slice(1)).toEqual(['200 PORT 10,1,0,2,195,80', '150 NLST', '226 NLST', '200 NOOP']);
  });
});

describe('a last word that is a 1yz', () => {
  /** A download that the client broke off, of which Pure-FTPd says no more than a second 150. */
  function brokenOff(p: Playbook): Playbook {
    flowing(p).dataEnds(1, 5, { kind: 'broken', side: 'client', cause: 'client-broke', reason: 'connection reset' });
    p.wants({ kind: 'drop-link', link: 1 }).says('server', '150 The data connection was broken');
    return p.hears('client', '150 The data connection was broken');
  }

  test('the next transfer keeps its replies and its link', () => {
    const p = brokenOff(new Playbook()).passive(2).legStands(2, 'client');
    p.sees({ kind: 'link-closed', link: 1, outcome: 'failed', cause: 'client-broke', reason: 'connection reset' });
    p.says('client', 'RETR b').hears('server', 'RETR b');
    p.says('server', '150 ok').hears('client', '150 ok').flows(2, 'download', 'RETR', 'b').dataEnds(2, 9);
    p.says('server', '226 done')
      .hears('client', '226 done')
      .sees({ kind: 'link-closed', link: 2, outcome: 'complete' });
    expect(pairs(p.observations).slice(-3)).toEqual(['227 PASV', '150 RETR b', '226 RETR b']);
  });

  test('a reply that transfers get, too, goes to the next command', () => {
    const p = brokenOff(new Playbook()).says('client', 'CWD x').hears('server', 'CWD x');
    p.says('server', '250 ok').hears('client', '250 ok').says('client', 'CWD y').hears('server', 'CWD y');
    p.says('server', '550 no').hears('client', '550 no');
    expect(pairs(p.observations).slice(-2)).toEqual(['250 CWD x', '550 CWD y']);
  });

  test("a final reply is the transfer's own as long as nothing else can get it", () => {
    const p = brokenOff(new Playbook()).says('client', 'NOOP').hears('server', 'NOOP');
    p.says('server', '426 after all', '200 ok').hears('client', '426 after all', '200 ok');
    expect(pairs(p.observations).slice(-2)).toEqual(['426 RETR a', '200 NOOP']);
  });
});

describe('during a transfer', () => {
  for (const [command, reply] of [
    ['STAT', '213 so far so good'],
    ['NOOP', '200 ok'],
    ['PWD', '257 "/"'],
    ['SIZE b', '550 no b'],
  ] as const) {
    test(`${command} is relayed at once, and its ${reply.slice(0, 3)} is its own`, () => {
      const p = flowing(new Playbook()).exchanges(command, reply);
      p.dataEnds(1, 1).says('server', '226 done').hears('client', '226 done');
      expect(pairs(p.observations).slice(-2)).toEqual([`${reply.slice(0, 3)} ${command}`, '226 RETR a']);
    });
  }
});

describe('ABOR', () => {
  test('two replies: the first ends the transfer', () => {
    const p = flowing(new Playbook());
    p.says('client', 'ABOR').hears('server', 'ABOR').expectNothing();
    p.says('server', '426 aborted', '226 abort ok')
      .wants({ kind: 'drop-link', link: 1 })
      .hears('client', '426 aborted', '226 abort ok')
      .exchanges('PWD', '257 "/"');
    expect(pairs(p.observations).slice(-3)).toEqual(['426 RETR a', '226 ABOR', '257 PWD']);
    p.sees({ kind: 'link-closed', outcome: 'aborted', reason: 'aborted by the client' });
  });

  test('226 and 226: both are relayed as they come', () => {
    const p = flowing(new Playbook());
    p.says('client', 'ABOR').hears('server', 'ABOR').expectNothing();
    p.says('server', '226 transfer done', '226 abort ok')
      .wants({ kind: 'drop-link', link: 1 })
      .hears('client', '226 transfer done', '226 abort ok');
    expect(pairs(p.observations).slice(-2)).toEqual(['226 RETR a', '226 ABOR']);
  });

  test('one reply only: the next command finds its own', () => {
    const p = flowing(new Playbook());
    p.says('client', 'ABOR').hears('server', 'ABOR').expectNothing();
    p.says('server', '426 aborted')
      .wants({ kind: 'drop-link', link: 1 })
      .hears('client', '426 aborted')
      .exchanges('PWD', '257 "/"');
    expect(pairs(p.observations).slice(-2)).toEqual(['426 RETR a', '257 PWD']);
  });

  test('225 only, and then another transfer', () => {
    const p = flowing(new Playbook());
    p.says('client', 'ABOR').hears('server', 'ABOR').passes(500).wants({ kind: 'drop-link', link: 1 });
    p.says('server', '225 abort ok').hears('client', '225 abort ok');
    p.passive(2).says('client', 'LIST').hears('server', 'LIST');
    p.says('server', '150 ok').hears('client', '150 ok').legStands(2, 'client');
    p.flows(2, 'download', 'LIST', '').dataEnds(2, 4).says('server', '226 done').hears('client', '226 done');
    expect(pairs(p.observations).slice(-2)).toEqual(['150 LIST', '226 LIST']);
  });

  for (const [name, bytes] of [
    ['IP and Synch, the urgent byte gone', Buffer.from('\xff\xf4\xffABOR\r\n', 'latin1')],
    ['the other urgent byte gone', Buffer.from('\xff\xf4\xf2ABOR\r\n', 'latin1')],
    ['nothing gone', Buffer.from('\xff\xf4\xff\xf2ABOR\r\n', 'latin1')],
  ] as const) {
    test(`Telnet bytes in front: ${name}`, () => {
      const p = flowing(new Playbook()).saysBytes('client', bytes).hears('server', 'ABOR');
      p.expectNothing().sees({ kind: 'noise', from: 'client', what: 'telnet' });
    });
  }

  test('sent as urgent data, its LF is gone for ever', () => {
    const p = flowing(new Playbook()).saysBytes('client', 'ABOR\r').passes(199).expectNothing();
    p.passes(1).hears('server', 'ABOR').expectNothing();
    p.saysBytes('client', '\nNOOP\r\n').hears('server', 'NOOP');
  });

  test('a server that does not look at it is woken by the end of its data leg', () => {
    const p = flowing(new Playbook()).says('client', 'ABOR').hears('server', 'ABOR').passes(499).expectNothing();
    p.passes(1).wants({ kind: 'drop-link', link: 1 }).says('server', '426 broken', '225 ok');
    p.hears('client', '426 broken', '225 ok').sees({ kind: 'link-closed', outcome: 'aborted' });
  });

  test('a client that closes its data leg as well has aborted, not failed', () => {
    const p = flowing(new Playbook()).says('client', 'ABOR').hears('server', 'ABOR');
    p.dataEnds(1, 3, { kind: 'broken', side: 'client', cause: 'client-broke', reason: 'reset' }).wants({
      kind: 'drop-link',
      link: 1,
    });
    p.says('server', '226 all sent', '226 ok').hears('client', '226 all sent', '226 ok');
    p.sees({ kind: 'link-closed', outcome: 'aborted', bytes: 3 });
  });

  scene('with nothing to abort, one reply', (p) => {
    p.greets().exchanges('ABOR', '225 nothing to abort').exchanges('PWD', '257 "/"');
  });
});

describe('what nobody asked for', () => {
  scene('421 out of the blue', (p) => {
    p.greets()
      .says('server', '421 Timeout')
      .hears('client', '421 Timeout')
      .sees({ kind: 'reply', code: 421, answers: null });
    p.happens({ kind: 'control-ended', from: 'server' }).isOver();
    p.sees({ kind: 'session-closed', by: 'server', reason: 'the server closed the connection' });
  });

  scene('another reply is relayed and remarked upon', (p) => {
    p.greets()
      .says('server', '200 surprise')
      .hears('client', '200 surprise')
      .sees({ kind: 'violation', code: 'unexpected-reply' });
  });

  scene('a line without a code is relayed as noise', (p) => {
    p.greets()
      .says('server', 'Welcome!')
      .hears('client', 'Welcome!')
      .sees({ kind: 'noise', from: 'server', line: 'Welcome!' });
  });

  test('a line that is no command may be passed over by the server, or answered', () => {
    const p = new Playbook().greets().says('client', '', 'PWD').hears('server', '', 'PWD');
    p.says('server', '257 "/"').hears('client', '257 "/"');
    p.says('client', '!!', 'PWD').hears('server', '!!', 'PWD').says('server', '500 what?', '257 "/"');
    p.hears('client', '500 what?', '257 "/"');
    expect(pairs(p.observations).slice(1)).toEqual(['257 PWD', '500 -', '257 PWD']);
  });
});
