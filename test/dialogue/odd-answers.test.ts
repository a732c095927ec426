// Replies that cannot answer the command that waits: late, unasked, or for another. They answer nothing, and the next still finds its
// command. The codes are the verb table's (RFC 959 section 5.4 and later RFCs).

import { describe, expect, test } from 'vitest';
import { Dialogue } from '../../src/dialogue/dialogue.js';
import { Exchange } from '../../src/dialogue/exchange.js';
import { canAnswer, ownAnswers } from '../../src/protocol/answers.js';
import { KNOWN_VERBS } from '../../src/protocol/verbs.js';
import { scene } from '../support/playbook.js';

describe('the codes that can answer a verb', () => {
  test.each([
    ['USER', [230, 331, 332, 200, 530, 421], [220, 221, 227, 250, 257]],
    ['PASS', [230, 202, 332, 530], [226, 250, 257]],
    ['PWD', [257, 250, 550], [221, 226, 227, 230, 331]],
    ['CWD', [250, 200, 257, 550], [226, 230, 213]],
    ['PASV', [227, 229, 200, 421, 425, 500], [221, 226, 230, 250, 257]],
    ['EPSV', [229, 227, 200, 522], [226, 250]],
    ['PORT', [200, 500, 501], [221, 226, 227, 250]],
    ['TYPE', [200, 250, 504], [213, 226, 230, 257]],
    ['SIZE', [213, 550], [226, 257]],
    ['RETR', [226, 250, 332, 425, 550], [200, 213, 230, 257]],
    ['STAT', [211, 212, 213, 450], [226, 230]],
    ['QUIT', [221, 226, 200], [230, 331]],
    ['AUTH', [234, 334, 504], [220, 227, 230]],
    ['RNFR', [350, 550], [226, 257]],
    ['SITE', [200, 211, 214, 250, 500], []],
    ['XUNHEARD', [200, 213, 250, 257, 500], [221, 226, 227, 229, 230]],
  ])('%s', (verb, can, cannot) => {
    expect(can.filter((code) => !canAnswer(code, verb))).toEqual([]);
    expect(cannot.filter((code) => canAnswer(code, verb))).toEqual([]);
  });
});

test('every verb of the table has a row', () => {
  expect(KNOWN_VERBS.filter((verb) => ownAnswers(verb) === undefined)).toEqual([]);
});

describe('in the queue', () => {
  /** `PWD,TYPE < 200,257`: what each reply answers, and what is left waiting. */
  function answers(commands: string, replies: string): string {
    const dialogue = new Dialogue();
    for (const [index, verb] of commands.split(',').entries()) dialogue.ask(new Exchange(index + 1, verb, 0));
    const found = replies.split(',').map((code) => dialogue.answer(Number(code))?.verb ?? '-');
    return `${found.join(',')} | ${dialogue.unanswered.map(({ verb }) => verb).join(',')}`;
  }

  test.each([
    // what cannot be the answer is none, and the answer still comes
    ['PASV', '250,227', '-,PASV | '],
    ['PWD', '230,257', '-,PWD | '],
    ['PORT', '221,200', '-,PORT | '],
    ['RETR', '200,150,226', '-,RETR,RETR | '],
    // a command that got such a reply, and no other, holds up nothing
    ['PWD,TYPE', '230,200', '-,TYPE | '],
    ['NOOP,PWD', '227,257', '-,PWD | '],
    // servers answer in order: a mere okay is not for a command behind one that it cannot answer
    ['RETR,USER', '200,331', '-,USER | '],
    // ... but for one that only follows while a transfer runs
    ['RETR,NOOP', '150,200,226', 'RETR,NOOP,RETR | '],
    // a 227 goes to who asked for it, in either form; to nobody when nobody asked
    ['NOOP,EPSV', '227,200', 'EPSV,NOOP | '],
    ['PWD', '227,257', '-,PWD | '],
    // whatever is said to QUIT is said to QUIT, if nothing else waits
    ['QUIT', '230', 'QUIT | '],
    ['RETR,QUIT', '225,221', '-,QUIT | '],
    // every command can be refused
    ['PASV,PWD', '500,550', 'PASV,PWD | '],
  ])('%s < %s', (commands, replies, expected) => {
    expect(answers(commands, replies)).toBe(expected);
  });
});

describe('through the relay', () => {
  scene('a server that is one reply late', (p) => {
    p.greets().exchanges('CWD a', '200 ok').exchanges('CWD b', '250 a');
    p.says('client', 'PASV').hears('server', 'PASV').says('server', '250 b').hears('client', '250 b');
    p.sees({ kind: 'violation', code: 'unexpected-reply', action: 'relayed unchanged' });
    p.says('server', '227 Entering Passive Mode (10,2,0,7,195,80).');
    p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
    p.dials(1, 'server', { address: '10.2.0.7', port: 50_000 }).legStands(1, 'server');
    p.portOpens(1, { address: '10.1.0.1', port: 40_960 });
    p.hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
    p.sees({ kind: 'reply', code: 227, answers: 3 });
  });

  for (const [what, asked] of [
    ['unasked', null],
    ['in answer to NOOP', 'NOOP'],
    ['in answer to EPSV ALL', 'EPSV ALL'],
  ] as const) {
    scene(`a 227 ${what} is relayed with an address of the proxy, and works`, (p) => {
      p.greets();
      if (asked !== null) p.says('client', asked).hears('server', asked);
      p.says('server', '227 Entering Passive Mode (10,2,0,7,195,80).');
      p.wants({ kind: 'open-data-port', link: 1, facing: 'client', admit: ['10.1.0.2'] });
      p.dials(1, 'server', { address: '10.2.0.7', port: 50_000 }).legStands(1, 'server');
      p.portOpens(1, { address: '10.1.0.1', port: 40_960 });
      p.hears('client', '227 Entering Passive Mode (10,1,0,1,160,0).');
      p.says('client', 'STOR a').hears('server', 'STOR a').says('server', '150 ok').hears('client', '150 ok');
      p.legStands(1, 'client').flows(1, 'upload', 'STOR', 'a');
    });
  }

  scene('a 227 that nobody asked for and that names no port is relayed as it is', (p) => {
    p.greets().says('client', 'NOOP').hears('server', 'NOOP').says('server', '227 no').hears('client', '227 no');
  });

  scene('answers of the proxy do not wait for a command that was answered oddly', (p) => {
    p.greets().says('client', 'PWD').hears('server', 'PWD').says('server', '230 what').hears('client', '230 what');
    p.says('client', 'LPRT x').hears('client', '502 LPRT does not pass this proxy; use EPSV, PASV, EPRT or PORT');
    p.exchanges('TYPE I', '200 ok');
  });

  scene('a transfer that is confirmed, and went past the proxy', (p) => {
    p.greets().says('client', 'STOR a').hears('server', 'STOR a');
    p.says('server', '150 ok', '226 done').hears('client', '150 ok', '226 done');
    p.sees({ kind: 'violation', side: 'server', code: 'unseen-transfer' });
  });
});
