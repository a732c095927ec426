// PORT and EPRT that are refused, and data connections towards the client that are blocked.
import { describe, expect, test } from 'vitest';
import { trace } from './trace.js';

const CLIENT = '192.0.2.10';
const PORT = `PORT ${CLIENT.replaceAll('.', ',')},200,0`;
const loggedIn = (client = CLIENT) => trace().opened(client).connected().client('USER a').server('230 ok');
const active = () => loggedIn().client(PORT).server('200 ok').link('active', CLIENT, 51_200).client('RETR f');

describe('PORT', () => {
  test('switched off', () => {
    const { findings } = loggedIn().client(PORT).server('550 Permission denied.');
    expect(findings).toMatchObject([{ diagnosis: 'port-rejected', leg: 'server', fault: 'server' }]);
    expect(findings[0]?.fix.server).toContain('port_enable=YES');
    expect(findings[0]?.fix.proxy).toContain('--server-mode passive');
  });

  test('accepted', () => expect(loggedIn().client(PORT).server('200 ok').found).toEqual([]));
  test('before the login: that is the reason', () => {
    expect(trace().opened().client(PORT).server('530 no').found).toEqual(['error server not-logged-in']);
  });

  test('to a port below 1024: that is the reason, and no other finding', () => {
    const low = loggedIn()
      .client(`PORT ${CLIENT.replaceAll('.', ',')},0,80`)
      .server('500 Illegal PORT command.');
    expect(low.found).toEqual(['error client port-privileged']);
  });

  test('EPRT of another family', () => {
    const other = loggedIn().client('EPRT |2|2001:db8::1|5000|').server('522 Network protocol not supported, use (1)');
    expect(other.found).toEqual(['error client eprt-family-mismatch']);
  });

  test('EPRT that is not known: the client goes on with PORT', () => {
    const session = loggedIn().client(`EPRT |1|${CLIENT}|5000|`).server('500 Unknown command.');
    expect(session.client(PORT).server('200 ok').found).toEqual([]);
  });

  test('LPRT', () => {
    expect(loggedIn().client('LPRT 4,4,192,0,2,10,2,200,0').server('500 no').found).toEqual(['note client lprt-used']);
  });

  test('with a private address from a public one, in the clear: nobody rewrote it', () => {
    const { found } = trace().opened('8.8.8.8', '1.1.1.1', 'capture').client('PORT 10,0,0,9,200,0');
    expect(found).toEqual(['note client conntrack-helper-missing']);
    expect(trace().opened('8.8.8.8', '1.1.1.1', 'capture').tls('server').client('PORT 10,0,0,9,200,0').found).toEqual(
      [],
    );
  });
});

describe('the client cannot be connected to', () => {
  test.each([
    ['timed-out', 'network', 'between this proxy and the client'],
    ['refused', 'client', 'no program listens'],
  ] as const)('%s', (failure, fault, words) => {
    const { findings } = active().linkClosed({ outcome: 'failed', cause: 'client-unreachable', failure });
    expect(findings).toMatchObject([{ diagnosis: 'active-blocked', severity: 'error', leg: 'client', fault }]);
    expect(findings[0]?.title).toContain(words);
  });

  test('in a capture, from another port than 20', () => {
    const session = trace().opened(CLIENT, '198.51.100.7', 'capture').client('USER a').server('230 ok');
    session.client(PORT).server('200 ok').linkDialled('active', CLIENT, 51_200, 'captured').client('RETR f');
    const server = { mode: 'active', local: null, remote: { address: '198.51.100.7', port: 45_000 } } as const;
    const { found } = session.linkClosed({
      outcome: 'failed',
      cause: 'failed-by-server',
      failure: 'timed-out',
      server,
    });
    expect(found).toEqual(['note client active-source-port-not-20', 'error client active-blocked']);
  });
});

test('the server does not connect to the proxy', () => {
  const { findings } = active().linkClosed({ outcome: 'failed', cause: 'server-did-not-connect' });
  expect(findings).toMatchObject([{ diagnosis: 'active-blocked', leg: 'server', fault: 'network' }]);
  expect(findings[0]?.title).toContain('between the server and this proxy');
  expect(findings[0]?.fix.proxy).toContain('--server-mode passive');
});

describe('a client that knows active mode alone', () => {
  test('and fails', () => {
    const failed = active().linkClosed({ outcome: 'failed', cause: 'server-did-not-connect' }).closed();
    expect(failed.found).toEqual(['error server active-blocked', 'note client client-active-only']);
  });

  test('and works: nothing', () =>
    expect(active().linkClosed({ verb: 'RETR', bytes: 10, durationMs: 5 }).closed().found).toEqual([]));
});
