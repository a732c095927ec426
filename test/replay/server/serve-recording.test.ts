// A recording as a server: what clients hear, whatever their order and mode.
import { describe, expect, onTestFinished, test } from 'vitest';
import { type ServedRecording, type ServeOptions, serveRecording } from '../../../src/replay/server/serve-recording.js';
import { countLines, countsAsData } from '../../../src/replay/server/served-counts.js';
import { hasFamily } from '../../e2e/servers/server.js';
import { connectPeer, listenForPeers, type Peer } from '../../support/scripted-server.js';
import { recordingOf, sha256 } from '../recorded-dialogue.js';

const hasIpv6 = await hasFamily(6);

const LOGIN = ['< 220 Recorded', '> USER me', '< 331 P', '> PASS ****', '< 230 W'];
const SESSION = [
  ...[...LOGIN, '> PWD', '< 257 "/"', '> PASV', '< 227 Passive it is (1,2,3,4,5,6).', '> RETR a'],
  ...[
    '< 150 Here',
    '== recorded bytes',
    '< 226 That was it',
    '> EPSV',
    '< 229 Extended (|||9|)',
    '> STOR up',
    '< 150 Go',
  ],
  ...['== sent', '< 226 Got it', '> SIZE a', '< 213 14', '> DELE b', '< 550 No', '> QUIT', '< 221 Recorded bye'],
];

async function serve(
  dialogues: readonly (readonly string[])[],
  options: Partial<Omit<ServeOptions, 'listen'>> = {},
  recording = recordingOf(...dialogues),
): Promise<ServedRecording> {
  const served = await serveRecording(recording, {
    listen: { address: '127.0.0.1', port: 0 },
    only: null,
    speed: Number.POSITIVE_INFINITY,
    onUnknown: '550',
    data: { range: null, timeoutMs: 3000 },
    ...options,
  });
  onTestFinished(() => served.close());
  return served;
}

async function connected(served: ServedRecording): Promise<Peer> {
  const peer = await connectPeer(served.address);
  await peer.readReply();
  return peer;
}

/** Asks for a port in passive mode, and connects to it. */
async function passive(peer: Peer): Promise<Peer> {
  const reply = await peer.ask('EPSV');
  return connectPeer({ address: '127.0.0.1', port: Number(/\|(\d+)\|/.exec(reply)?.[1]) });
}

async function download(peer: Peer, line: string): Promise<readonly string[]> {
  const data = await passive(peer);
  const said = [await peer.ask(line)];
  if (said[0]?.startsWith('1')) {
    await data.over();
    said.push(await peer.readReply());
  }
  return [...said, data.received];
}

test('the recorded dialogue, word for word', async () => {
  const peer = await connectPeer((await serve([SESSION])).address);
  expect(await peer.readReply()).toBe('220 Recorded');
  const asked = ['USER me', 'PASS anything', 'PWD', 'SIZE a', 'DELE b'];
  const heard: string[] = [];
  for (const line of asked) heard.push(await peer.ask(line));
  expect(heard).toEqual(['331 P', '230 W', '257 "/"', '213 14', '550 No']);
  expect(await peer.ask('QUIT')).toBe('221 Recorded bye');
  expect(await peer.over()).toBe('ended');
});

describe('downloads', () => {
  test('have the recorded bytes and words', async () => {
    const peer = await connected(await serve([SESSION]));
    expect(await download(peer, 'RETR a')).toEqual(['150 Here', '226 That was it', 'recorded bytes']);
  });

  test('from the middle', async () => {
    const peer = await connected(await serve([SESSION]));
    expect(await peer.ask('REST 9')).toBe('350 Restarting at 9.');
    expect((await download(peer, 'RETR a')).at(-1)).toBe('bytes');
    expect((await download(peer, 'RETR a')).at(-1)).toBe('recorded bytes');
  });

  test('that were confirmed without a 1yz get one, as clients wait for it', async () => {
    const peer = await connected(
      await serve([[...LOGIN, '> EPSV', '< 229 (|||9|)', '> RETR a', '< 226 All', '== whole']]),
    );
    expect(await download(peer, 'RETR a')).toEqual(['150 Here it comes.', '226 All', 'whole']);
  });

  test('that were refused are refused', async () => {
    const peer = await connected(await serve([[...LOGIN, '> RETR no', '< 550 None']]));
    expect(await download(peer, 'RETR no')).toEqual(['550 None', '']);
  });

  test('without a data port', async () => {
    const peer = await connected(await serve([SESSION]));
    expect(await peer.ask('RETR a')).toMatch(/^425 /);
  });

  test('that the capture has no data connection of', async () => {
    const absent = '=- its data connection is not in the capture';
    const served = await serve([[...LOGIN, '> RETR a', '< 125 H', '< 226 D', absent]]);
    const peer = await connected(served);
    expect(await download(peer, 'RETR a')).toEqual(['450 The recording does not hold the bytes of this transfer.', '']);
    expect(served.downloadsWithoutBytes).toBe(1);
    expect([...served.counts.withoutPayload]).toEqual([['RETR a', 1]]);
  });

  test('that were empty are empty', async () => {
    const peer = await connected(await serve([[...LOGIN, '> RETR a', '< 150 H', '== ', '< 226 D']]));
    expect(await download(peer, 'RETR a')).toEqual(['150 H', '226 D', '']);
  });

  test.each([[['=~ the first half']], [['=~ the first half', '< 226 All']]])(
    'that the recording ends within go as far as it goes, and no further: %j',
    async (end) => {
      const served = await serve([[...LOGIN, '> RETR a', '< 150 H', ...end]]);
      const peer = await connected(served);
      const cut = '426 The recording of this transfer ends here.';
      expect(await download(peer, 'RETR a')).toEqual(['150 H', cut, 'the first half']);
      expect([...served.counts.cut]).toEqual([['RETR a', 1]]);
    },
  );

  test('whose payload was changed since are broken off', async () => {
    const recorded = recordingOf([...LOGIN, '> RETR a', '< 150 H', '== recorded', '< 226 D']);
    const other = recordingOf([...LOGIN, '> RETR a', '< 150 H', '== replaced', '< 226 D']);
    const peer = await connected(await serve([], {}, { ...recorded, payload: other.payload }));
    const data = await passive(peer);
    expect(await peer.ask('RETR a')).toBe('150 H');
    expect(await peer.readReply()).toBe('426 the payload 0001-0001-DATA is not the one that was recorded');
    await data.over();
  });

  test('whose bytes were not kept', async () => {
    const served = await serve([[...LOGIN, '> RETR a', '< 150 H', '< 226 D']]);
    const peer = await connected(served);
    expect((await download(peer, 'RETR a'))[0]).toMatch(/^450 /);
    expect([...served.counts.withoutPayload]).toEqual([['RETR a', 1]]);
    expect(served.downloadsWithoutBytes).toBe(1);
    expect((await serve([SESSION])).downloadsWithoutBytes).toBe(0);
  });
});

describe('data ports, in any mode', () => {
  test('PASV and EPSV with the recorded words and a port of ours', async () => {
    const peer = await connected(await serve([SESSION]));
    expect(await peer.ask('PASV')).toMatch(/^227 Passive it is \(127,0,0,1,\d+,\d+\)\.$/);
    expect(await peer.ask('EPSV')).toMatch(/^229 Extended \(\|\|\|\d+\|\)$/);
    expect(await peer.ask('EPSV ALL')).toMatch(/^200 /);
  });

  test.each(['PORT', 'EPRT'])('%s, though it was never recorded', async (verb) => {
    const peer = await connected(await serve([SESSION]));
    const data = await listenForPeers();
    const argument = verb === 'PORT' ? data.hostPort : `|1|127.0.0.1|${data.endpoint.port}|`;
    expect(await peer.ask(`${verb} ${argument}`)).toBe(`200 ${verb} command successful`);
    expect(await peer.ask('RETR a')).toBe('150 Here');
    const leg = await data.accept();
    await leg.over();
    expect(leg.received).toBe('recorded bytes');
    expect(await peer.readReply()).toBe('226 That was it');
  });

  test.each([
    ['PORT 192,0,2,1,200,1', '500 Data connections go to the client only'],
    ['EPRT |1|192.0.2.1|5000|', '500 Data connections go to the client only'],
    ['PORT 127,0,0,1,0,22', '500 Data ports below 1024 are refused'],
    ['PORT nonsense', '501 That names no data port'],
    ['EPRT |7|127.0.0.1|5000|', '522 Network protocol not supported, use (1,2)'],
    ['SPSV', '502 Not supported by a replay.'],
  ])('%s', async (line, reply) => {
    expect(await (await connected(await serve([SESSION]))).ask(line)).toBe(reply);
  });

  test.each([
    ['EPSV', 'EPSV'],
    ['PASV', 'PASV'],
    ['EPRT |1|10.0.0.1|5000|', 'EPRT |1|127.0.0.1|5001|'],
    ['PORT 10,0,0,1,19,136', 'PORT 127,0,0,1,19,137'],
  ])('%s was refused, and is refused whenever it is asked for', async (recorded, asked) => {
    const served = await serve([[...LOGIN, '> PWD', '< 257 "/"', `> ${recorded}`, '< 500 What?']]);
    const peer = await connected(served);
    for (const line of [asked, 'PWD', asked]) {
      expect(await peer.ask(line)).toBe(line === 'PWD' ? '257 "/"' : '500 What?');
    }
  });

  test('a mode that was refused once, and granted later', async () => {
    const refusal = ['> PORT 10,0,0,1,19,136', '< 530 Log in first'];
    const peer = await connected(
      await serve([['< 220 R', ...refusal, ...LOGIN.slice(1), '> PORT 10,0,0,1,19,137', '< 200 Ok']]),
    );
    const asked = ['PORT 127,0,0,1,200,1', 'USER me', 'PASS x', 'PORT 127,0,0,1,200,2', 'PORT 127,0,0,1,200,3'];
    const heard: string[] = [];
    for (const line of asked) heard.push(await peer.ask(line));
    expect(heard).toEqual(['530 Log in first', '331 P', '230 W', '200 Ok', '200 Ok']);
  });

  test.skipIf(!hasIpv6)('over IPv6, PASV has no words', async () => {
    const served = await serveRecording(recordingOf(SESSION), {
      listen: { address: '::1', port: 0 },
      ...{ only: null, speed: 1e9, onUnknown: '502', data: { range: null, timeoutMs: 3000 } },
    });
    onTestFinished(() => served.close());
    expect(await (await connected(served)).ask('PASV')).toMatch(/^425 /);
  });
});

describe('uploads', () => {
  async function upload(served: ServedRecording, line: string, bytes: string): Promise<string> {
    const peer = await connected(served);
    const data = await passive(peer);
    const preliminary = await peer.ask(line);
    data.socket.end(bytes);
    return `${preliminary} / ${await peer.readReply()}`;
  }

  test('are accepted, and compared with the recorded', async () => {
    const served = await serve([SESSION]);
    expect(await upload(served, 'STOR up', 'sent')).toBe('150 Go / 226 Got it');
    expect(await upload(served, 'STOR up', 'else')).toBe('150 Go / 226 Got it');
    expect(served.counts.uploads).toEqual([
      { line: 'STOR up', bytes: 4, sha256: sha256('sent'), same: true },
      { line: 'STOR up', bytes: 4, sha256: sha256('else'), same: false },
    ]);
  });

  test('are accepted where none was recorded, with nothing to compare them with', async () => {
    const served = await serve([LOGIN]);
    expect(await upload(served, 'STOR up', 'sent')).toBe('150 Ok to send data. / 226 Transfer complete.');
    expect(served.counts.uploads).toMatchObject([{ same: null }]);
    expect(countLines(served.counts).at(-1)).toContain('nothing recorded to compare it with');
  });
});

describe('what clients cannot do without', () => {
  test.each([
    ['USER any', /^331 /],
    ['PASS any', /^230 /],
    ['TYPE I', /^200 /],
    ['TYPE A', /^200 /],
    ['MODE S', /^200 /],
    ['STRU F', /^200 /],
    ['NOOP', /^200 /],
    ['REST 0', /^350 /],
    ['AUTH TLS', /^534 /],
    ['PROT P', /^503 /],
    ['TYPE E', /^502 /],
    ['MODE Z', /^502 /],
    ['FEAT', /^502 /],
    ['SYST', /^502 /],
    ['\u0001', /^500 /],
  ])('%j', async (line, reply) => {
    expect(await (await connected(await serve([['< 220 R', '> STAT', '< 211 S']]))).ask(line)).toMatch(reply);
  });
});

describe('what was never recorded', () => {
  test('502, and it is told', async () => {
    const served = await serve([SESSION]);
    const peer = await connected(served);
    expect(await peer.ask('FEAT')).toBe('502 That is not in the recording.');
    await peer.ask('FEAT');
    expect(countsAsData(served.counts)).toMatchObject({ clients: 1, commands: 2, unknown: { FEAT: 2 } });
    expect(countLines(served.counts)).toContain('  FEAT   2 times');
  });

  test('close', async () => {
    const peer = await connected(await serve([SESSION], { onUnknown: 'close' }));
    expect(await peer.ask('FEAT')).toBe('421 That is not in the recording.');
    expect(await peer.over()).toBe('ended');
  });

  test('next, of what is neither a data port nor a transfer; files are another matter', async () => {
    const peer = await connected(await serve([SESSION], { onUnknown: 'next' }));
    for (const line of ['USER me', 'PASS x', 'PWD']) await peer.ask(line);
    expect(await peer.ask('FEAT')).toBe('213 14');
    expect(await download(peer, 'RETR other')).toEqual(['550 That is not in the recording.', '']);
  });

  test.each([
    ['550', [550, 550, 550, 550, 550, 550, 502]],
    ['502', [502, 502, 502, 502, 502, 502, 502]],
    ['500', [500, 500, 500, 500, 500, 500, 500]],
  ] as const)('no file or folder is answered with the words for another: %s', async (onUnknown, codes) => {
    const served = await serve([SESSION], { onUnknown });
    const peer = await connected(served);
    const asked = ['RETR b', 'SIZE b', 'MDTM b', 'LIST', 'NLST sub', 'CWD sub', 'FEAT'];
    const heard: string[] = [];
    for (const line of asked) heard.push((await download(peer, line))[0] ?? '');
    expect(heard).toEqual(codes.map((code) => `${code} That is not in the recording.`));
    expect([...served.counts.unknown.keys()]).toEqual(asked);
  });

  test.each([
    [[], ['< 150 Here', '== file', '< 226 Done'], '213 4'],
    [['> REST 2', '< 350 From there'], ['< 150 Here', '== le', '< 226 Done'], '550 That is not in the recording.'],
    [[], ['< 150 Here', '=~ fi', '< 426 Broken'], '550 That is not in the recording.'],
  ])('the size of a file is known when it was downloaded whole (%j %j)', async (before, got, answer) => {
    const retr = [...LOGIN, ...before, '> EPSV', '< 229 (|||50000|)', '> RETR a', ...got];
    const peer = await connected(await serve([retr]));
    expect(await peer.ask('SIZE a')).toBe(answer);
    expect(await peer.ask('SIZE b')).toBe('550 That is not in the recording.');
  });

  test('a folder that is known is named', async () => {
    const peer = await connected(await serve([[...LOGIN, '> PWD', '< 257 "/"', '> SIZE a/b', '< 213 5']]));
    await peer.ask('CWD a');
    expect(await peer.ask('PWD')).toBe('257 "/a" is the current directory.');
  });

  test('passwords are not told', async () => {
    const served = await serve([['< 220 R', '> STAT', '< 211 S']]);
    await (await connected(served)).ask('SITE PSWD secret');
    expect(countsAsData(served.counts).unknown).toEqual({ 'SITE PSWD ****': 1 });
    expect(JSON.stringify(countsAsData(served.counts))).not.toContain('secret');
  });
});

test('another command of the same verb is told', async () => {
  const served = await serve([SESSION]);
  const peer = await connected(served);
  expect(await peer.ask('DELE other')).toBe('550 No');
  expect([...served.counts.substituted]).toEqual([['DELE other, answered as DELE b', 1]]);
});

test('several clients at once, each on its own way', async () => {
  const session = ['< 220 R', '> PWD', '< 257 "/"', '> CWD a', '< 250 Ok', '> PWD', '< 257 "/a"'];
  const served = await serve([session]);
  const [one, other] = [await connected(served), await connected(served)];
  for (const line of ['PWD', 'CWD a']) await one.ask(line);
  expect(await other.ask('PWD')).toBe('257 "/"');
  expect(await one.ask('PWD')).toBe('257 "/a"');
});

test('commands that were sent ahead are answered in order', async () => {
  const peer = await connected(await serve([SESSION]));
  peer.say(`${'NOOP\r\n'.repeat(200)}PWD\r\n`);
  for (let count = 0; count < 200; count += 1) expect(await peer.readReply()).toBe('200 NOOP ok.');
  expect(await peer.readReply()).toBe('257 "/"');
});

test('ABOR ends a transfer', async () => {
  const big = 'x'.repeat(30_000_000);
  const peer = await connected(await serve([[...LOGIN, '> RETR big', '< 150 H', `== ${big}`, '< 226 D']]));
  const data = await passive(peer);
  data.socket.pause();
  expect(await peer.ask('RETR big')).toBe('150 H');
  expect(await peer.ask('ABOR')).toBe('426 Transfer aborted.');
  expect(await peer.readReply()).toBe('226 Abort successful.');
  expect(await peer.ask('PWD')).toMatch(/^550 /);
});

test('ABOR before anybody has connected', async () => {
  const peer = await connected(await serve([SESSION]));
  await peer.ask('EPSV');
  expect(await peer.ask('RETR a')).toBe('150 Here');
  expect(await peer.ask('ABOR')).toBe('426 Transfer aborted.');
  expect(await peer.readReply()).toBe('226 Abort successful.');
  expect((await download(peer, 'RETR a')).at(-1)).toBe('recorded bytes');
});

test('nobody connects, for as long as a peer is waited for', async () => {
  const peer = await connected(await serve([SESSION], { data: { range: null, timeoutMs: 50 } }));
  await peer.ask('EPSV');
  expect(await peer.ask('RETR a')).toBe('150 Here');
  expect(await peer.readReply()).toBe('426 no one connected to the data port');
});

test('ABOR without its end, as urgent data loses it', async () => {
  const peer = await connected(await serve([[...LOGIN, '> ABOR', '< 225 Nothing to abort']]));
  peer.say('ABOR\r');
  expect(await peer.readReply()).toBe('225 Nothing to abort');
});

test('a transfer that was cut short when it was recorded ends with the recorded words', async () => {
  const peer = await connected(await serve([[...LOGIN, '> RETR a', '< 150 H', '== part', '< 426 Broken']]));
  const data = await passive(peer);
  expect(await peer.ask('RETR a')).toBe('150 H');
  expect(await peer.readReply()).toBe('426 Broken');
  await data.over();
  expect(data.received).toBe('part');
});

test('with the recorded timing, when that is asked for', async () => {
  const started = performance.now();
  const peer = await connected(await serve([['< 220 R', '> PWD', '< 257 "/"']], { speed: 0.05 }));
  await peer.ask('PWD');
  // 10 ms, twenty times as slow; timers may be a millisecond early.
  expect(performance.now() - started).toBeGreaterThan(190);
});

describe('what cannot be served', () => {
  test.each([
    ['no session', [], null, 'there is nothing to serve: no session in it says anything'],
    [
      'a payload that is gone',
      [[...LOGIN, '> RETR a', '< 150 H', '== x', '< 226 D']],
      null,
      'no payload 0001-0001-DATA',
    ],
    ['no such session', [SESSION, SESSION], 3, 'there is no session 3 in it; it has 1, 2'],
  ] as const)('%s', async (what, dialogues, only, message) => {
    const { payload } = what === 'a payload that is gone' ? recordingOf() : recordingOf(...dialogues);
    await expect(serve(dialogues, { only }, { ...recordingOf(...dialogues), payload })).rejects.toThrow(message);
  });
});
