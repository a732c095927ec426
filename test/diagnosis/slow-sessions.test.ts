// What sessions are slow for.
import { describe, expect, test } from 'vitest';
import { endpoint, observed } from '../transcript/observations.js';
import { type Trace, trace } from './trace.js';

const connectedOver = (durationMs: number) =>
  trace()
    .opened()
    .add(
      observed('server-connected', {
        remote: endpoint('198.51.100.7', 21),
        local: endpoint('192.0.2.1', 40_000),
        durationMs,
      }),
    );

describe('a transfer that stands still', () => {
  const still = (on: 'client' | 'server', why: 'sends-nothing' | 'takes-nothing', ms: number) =>
    trace().opened().link('passive', '198.51.100.7').linkProgress({ stillness: { on, why, ms }, bytes: 5 });

  test('is the fault of a sender that is silent', () => {
    const { findings } = still('server', 'sends-nothing', 15_000);
    expect(findings).toMatchObject([
      { diagnosis: 'stalled-transfer', severity: 'warning', leg: 'server', fault: 'server' },
    ]);
    expect(findings[0]?.title).toContain('the server sends nothing');
  });

  test('is the fault of a receiver that does not read', () => {
    const { findings } = still('client', 'takes-nothing', 20_000);
    expect(findings).toMatchObject([{ leg: 'client', fault: 'client' }]);
    expect(findings[0]?.title).toContain('the client reads nothing');
  });

  test('is nothing while it is short', () => expect(still('client', 'takes-nothing', 14_000).found).toEqual([]));

  test('is said once', () => {
    const session = still('server', 'sends-nothing', 15_000).linkProgress({
      stillness: { on: 'server', why: 'sends-nothing', ms: 16_000 },
    });
    expect(session.found).toHaveLength(1);
  });
});

describe('many small files', () => {
  function batch(files: number, roundTripMs: number, bytes: number, flowMs: number): Trace {
    const session = connectedOver(roundTripMs);
    let number = 0;
    const asks = (line: string, code: number) => {
      number += 1;
      session
        .client(line)
        .after(roundTripMs)
        .add(observed('reply', { code, lines: [`${code} ok`], answers: number, latencyMs: roundTripMs }));
    };
    for (let file = 1; file <= files; file += 1) {
      asks('PASV', 200);
      session.link('passive', '198.51.100.7');
      asks(`RETR ${file}`, 226);
      session.after(flowMs).linkClosed({ verb: 'RETR', bytes, durationMs: flowMs, direction: 'download' });
    }
    return session.closed();
  }

  test('are bound by round trips', () => {
    const { findings } = batch(25, 80, 1000, 5);
    expect(findings).toMatchObject([{ diagnosis: 'round-trip-bound', severity: 'note', fault: 'client' }]);
    expect(findings[0]?.title).toMatch(/^25 small files, 2\.0 commands each over 80 ms/);
  });

  test('not where they are few, near, large, or slow by themselves', () => {
    for (const session of [
      batch(5, 80, 1000, 5),
      batch(25, 1, 1000, 5),
      batch(25, 80, 1e6, 5),
      batch(25, 80, 1000, 500),
    ])
      expect(session.found).toEqual([]);
  });
});

describe('a rate', () => {
  const moved = (bytes: number, durationMs: number, roundTripMs: number) =>
    connectedOver(roundTripMs)
      .link('passive', '198.51.100.7')
      .linkClosed({ verb: 'RETR', bytes, durationMs, direction: 'download' }).found;

  test('of just a window for each round trip', () =>
    expect(moved(65_536 * 200, 200 * 100, 100)).toEqual(['note server window-limited']));
  test('above that', () => expect(moved(65_536 * 200, 200 * 60, 100)).toEqual([]));
  test('of a near server says nothing', () => expect(moved(65_536 * 200, 200 * 2, 2)).toEqual([]));
});

describe('a transfer that begins late', () => {
  const begins = (latencyMs: number) =>
    trace()
      .opened()
      .client('PASV')
      .server('227 (198,51,100,7,195,81)')
      .link('passive', '198.51.100.7')
      .client('LIST')
      .add(observed('reply', { code: 150, lines: ['150 ok'], answers: 2, preliminary: true, latencyMs }));

  test('because of the server', () => expect(begins(2500).found).toEqual(['note server slow-data-setup']));
  test('in time', () => expect(begins(300).found).toEqual([]));
});
