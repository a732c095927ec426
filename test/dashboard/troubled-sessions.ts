// Thirty sessions, six of them in trouble, for the troubles view: findings as diagnosis derives them.
import { Diagnosed } from '../../src/diagnosis/diagnosed.js';
import type { Observation } from '../../src/dialogue/observation.js';
import { NOON } from '../transcript/observations.js';
import { ObservedSession } from './session.js';

const MINUTE_MS = 60_000;

export function troubledSessions(): readonly Observation[] {
  const diagnosed = new Diagnosed();
  const all = Array.from({ length: 30 }, (_none, index) => sessionOf(index + 1)).flatMap(
    ({ observations }) => observations,
  );
  return all.toSorted((left, right) => left.at - right.at).flatMap((observation) => diagnosed.of(observation));
}

function sessionOf(number: number): ObservedSession {
  const one = new ObservedSession(number, `10.0.0.${number % 7}`, NOON + number * MINUTE_MS);
  if (number % 10 === 3) {
    one.greeted('220 (vsFTPd 3.0.5)').says('USER bob', '331 go on').says('PASS ****', '530 Login incorrect.');
    return one.closed('client', 'closed', 'the client closed the connection');
  }
  if (number % 10 === 7) {
    const chroot = '500 OOPS: vsftpd: refusing to run with writable root inside chroot()';
    one.greeted('220 (vsFTPd 3.0.5)').says('USER anna', '331 go on').says('PASS ****', chroot);
    return one.closed('server', 'closed', 'the server closed the connection');
  }
  one.login(number % 2 === 0 ? 'carol' : 'dave').says('SIZE nothing.txt', '550 No such file');
  return number % 3 === 0 ? one : one.says('QUIT', '221 bye').closed('client', 'quit', 'QUIT');
}
