// Data connections that do not come about, or break: which leg, and what that proves.
import { describe, expect, test } from 'vitest';
import type { LinkClosed } from '../../src/dialogue/observation.js';
import { observed } from '../transcript/observations.js';
import { type Trace, trace } from './trace.js';

const HOST = '198.51.100.7';
const GOOD_227 = '227 Entering Passive Mode (198,51,100,7,195,81)';
const PROXY = { address: '192.0.2.1', port: 40_001 };
const loggedIn = () => trace().opened().connected(HOST).client('USER a').server('230 ok');
const asked = () => loggedIn().client('PASV').server(GOOD_227);
const passive = () => asked().link('passive', HOST);
const captured = () =>
  trace()
    .opened('192.0.2.10', HOST, 'capture')
    .client('PASV')
    .server(GOOD_227)
    .linkDialled('passive', HOST, 50_001, 'captured');
const failed = (facts: Partial<LinkClosed>) => ({ outcome: 'failed', ...facts }) as const;

describe('the port of the server', () => {
  test.each([
    ['timed-out', 'data-passive-timeout', 'network'],
    ['refused', 'data-passive-refused', 'server'],
    ['unreachable', 'data-passive-unreachable', 'network'],
  ] as const)('%s', (failure, diagnosis, fault) => {
    const session = asked()
      .linkDialled('passive', HOST)
      .linkClosed(failed({ cause: 'server-unreachable', failure }));
    const { findings } = session.proxy('425 Cannot open a data connection');
    expect(findings).toMatchObject([
      { diagnosis, severity: 'error', confidence: 'certain', leg: 'server', fault, link: 1 },
    ]);
    expect(findings[0]?.title).toContain('198.51.100.7:50001');
    expect(findings[0]?.title).toContain('this proxy');
    expect(findings[0]?.fix.server).toContain('pasv_min_port');
  });

  test('names the ports that were announced', () => {
    const session = loggedIn();
    for (const port of [50_007, 50_001, 50_004])
      session.client('PASV').server(GOOD_227).linkDialled('passive', HOST, port);
    const { findings } = session.linkClosed(failed({ cause: 'server-unreachable', failure: 'timed-out' }));
    expect(findings[0]?.fix.network).toContain('50001 to 50007');
  });

  test('in a capture: the block is between the client and the server', () => {
    const session = captured()
      .client('LIST')
      .server('425 no')
      .linkClosed(failed({ cause: 'failed-by-server', failure: 'timed-out' }));
    expect(session.findings).toMatchObject([{ diagnosis: 'data-passive-timeout', leg: 'server' }]);
    expect(session.findings[0]?.title).toContain('between the client and the server');
  });

  test('that nobody waited for is no finding', () => {
    const hasty = asked()
      .linkDialled('passive', HOST)
      .linkClosed(failed({ cause: 'session-ended', failure: 'timed-out' }));
    expect(hasty.found).toEqual([]);
    const patient = asked()
      .linkDialled('passive', HOST)
      .after(10_000)
      .linkClosed(failed({ cause: 'session-ended', failure: 'timed-out' }));
    expect(patient.found).toEqual(['error server data-passive-timeout']);
  });

  test('of EPSV is blocked, and that of PASV is not', () => {
    const session = loggedIn().client('EPSV').server('229 ok (|||50001|)').linkDialled('passive', HOST);
    session
      .linkClosed(failed({ cause: 'server-unreachable', failure: 'timed-out' }))
      .client('PASV')
      .server(GOOD_227);
    session.link('passive', HOST).client('LIST').server('150 ok').server('226 ok').linkClosed({ durationMs: 5 });
    expect(session.found).toEqual([
      'error server data-passive-timeout',
      'warning server epsv-port-unreachable-but-pasv-works',
    ]);
  });

  test('works before TLS, and not behind it', () => {
    const session = passive().client('LIST').server('150 ok').server('226 ok').linkClosed({ durationMs: 5 });
    session
      .client('AUTH TLS')
      .server('234 ok')
      .tls('server')
      .client('PASV')
      .server(GOOD_227)
      .linkDialled('passive', HOST, 50_002);
    session.linkClosed(failed({ cause: 'server-unreachable', failure: 'timed-out' }));
    expect(session.found).toEqual(['error server alg-blinded-by-tls']);
  });

  test('is the one that was just used', () => {
    const session = passive().client('LIST').server('150 ok').server('226 ok').linkClosed({ durationMs: 5 });
    session.client('PASV').server(GOOD_227).linkDialled('passive', HOST);
    session.linkClosed(failed({ cause: 'server-unreachable', failure: 'refused' }));
    expect(session.found).toEqual(['warning server passive-port-reused-quickly', 'error server data-passive-refused']);
  });

  describe('refuses, and the proxy has other ways', () => {
    // The trace lets replies answer the oldest command that is open: the client's PASV is the first.
    const tries = (reply: string) => {
      const link = loggedIn().client('PASV').proxyAsks('EPSV').link('passive', HOST, 50_001);
      const ended = link.linkClosed(failed({ cause: 'server-unreachable', failure: 'refused' }));
      return ended.proxy(reply).found;
    };

    test('one of which works', () => {
      expect(tries('227 Entering Passive Mode (192,0,2,1,156,65)')).toEqual(['warning server data-passive-refused']);
    });

    test('none of which works', () => {
      expect(tries('425 The server opens no data connection')).toEqual(['error server data-passive-refused']);
    });
  });

  test('was closed before the client came back to it', () => {
    const session = passive()
      .after(60_000)
      .linkClosed(failed({ cause: 'server-broke', failure: 'closed' }));
    const { findings } = session.client('LIST').proxy('425 Cannot open a data connection');
    expect(findings).toMatchObject([
      { diagnosis: 'pasv-listener-expired', leg: 'server', fault: 'client', confidence: 'certain' },
    ]);
  });
});

describe('the client does not come', () => {
  const waits = () => passive().client('RETR f').server('150 ok');

  test('and the time is over', () => {
    const { findings } = waits().linkClosed(failed({ verb: 'RETR', cause: 'client-did-not-connect' }));
    expect(findings).toMatchObject([
      { diagnosis: 'data-never-connected', leg: 'client', fault: 'network', confidence: 'certain' },
    ]);
    expect(findings[0]?.title).toContain('192.0.2.1:40001');
  });

  test('and gives up after a while', () => {
    const { findings } = waits()
      .after(8000)
      .linkClosed(failed({ verb: 'RETR', cause: 'session-ended' }));
    expect(findings).toMatchObject([{ diagnosis: 'data-never-connected', confidence: 'likely' }]);
  });

  test('and was in a hurry: nothing', () => {
    expect(waits().linkClosed(failed({ verb: 'RETR', cause: 'session-ended' })).found).toEqual([]);
  });

  test('somebody else came in its place', () => {
    const { found } = waits()
      .violation('client', 'foreign-data-peer')
      .linkClosed(failed({ cause: 'client-did-not-connect' }));
    expect(found).toEqual(['error client data-peer-ip-mismatch']);
  });

  test('the server says that somebody else came', () => {
    expect(passive().client('RETR f').server('425 Security: Bad IP connecting.').found).toEqual([
      'error server data-peer-ip-mismatch',
    ]);
  });
});

describe('a data connection that stood', () => {
  const runs = (verb = 'RETR') => passive().client(`${verb} f`).server('150 ok');
  const flowed = (facts: Partial<LinkClosed>) =>
    failed({ bytes: 10, durationMs: 500, client: { mode: 'passive', local: PROXY, remote: PROXY }, ...facts });

  test('is reset by the server', () => {
    const { findings } = runs().linkClosed(flowed({ direction: 'download', cause: 'server-broke', failure: 'reset' }));
    expect(findings).toMatchObject([{ diagnosis: 'data-reset-mid-transfer', leg: 'server', severity: 'error' }]);
    expect(findings[0]?.title).toContain('after 10 bytes');
  });

  test('is reset by a client that uploads', () => {
    const upload = runs('STOR').linkClosed(flowed({ direction: 'upload', cause: 'client-broke', failure: 'reset' }));
    expect(upload.found).toEqual(['error client data-reset-mid-transfer']);
  });

  test('is reset by a client that has what it wants: nothing', () => {
    const enough = runs().linkClosed(flowed({ direction: 'download', cause: 'client-broke', failure: 'reset' }));
    expect(enough.found).toEqual([]);
    const aborted = {
      outcome: 'aborted',
      direction: 'upload',
      cause: 'aborted-by-client',
      failure: 'reset',
      durationMs: 5,
    } as const;
    expect(runs('STOR').linkClosed(aborted).found).toEqual([]);
  });

  test('brings not one byte: large packets may be lost', () => {
    const stillness = { on: 'server', why: 'sends-nothing', ms: 300_000 } as const;
    const facts = { direction: 'download', cause: 'stalled', stillness, durationMs: 300_000 } as const;
    expect(runs().linkClosed(failed(facts)).found).toEqual([
      'warning server mtu-black-hole',
      'error server stalled-transfer',
    ]);
    expect(runs().linkClosed(failed({ ...facts, bytes: 9 })).found).toEqual(['error server stalled-transfer']);
  });

  test('an upload of which nothing came leaves an empty file', () => {
    const upload = { direction: 'upload', verb: 'STOR', path: 'f', bytes: 0 } as const;
    const broken = runs('STOR').linkClosed(failed({ ...upload, cause: 'failed-by-server' }));
    expect(broken.found).toEqual(['warning server zero-byte-upload']);
    const refused = passive()
      .client('STOR f')
      .server('553 no')
      .linkClosed({ ...upload, outcome: 'refused' });
    expect(refused.found).toEqual([]);
    expect(
      runs('STOR')
        .server('226 ok')
        .linkClosed({ ...upload, durationMs: 3 }).found,
    ).toEqual([]);
  });
});

describe('a 425 that nothing explains', () => {
  const says425 = (session: Trace) => session.client('RETR f').server('425 Failed to establish connection.');

  test('happened between the server and the proxy', () => {
    const { findings } = says425(passive()).linkClosed({ outcome: 'refused', cause: 'refused-by-server' });
    expect(findings).toMatchObject([{ diagnosis: 'data-connection-failed', leg: 'server', fault: 'unknown' }]);
    expect(findings[0]?.cause).toContain('between the server and this proxy');
  });

  test('is explained by what is known', () => {
    const explained = says425(asked().linkDialled('passive', HOST));
    explained.linkClosed(failed({ cause: 'server-unreachable', failure: 'timed-out' }));
    expect(explained.found).toEqual(['error server data-passive-timeout']);
  });

  test('and a note beside it', () => {
    const noted = passive().add(observed('note', { side: 'server', code: 'foreign-address' }));
    expect(noted.client('RETR f').server('150 ok').server('226 ok').linkClosed({ durationMs: 3 }).found).toEqual([]);
  });
});
