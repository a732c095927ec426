// Payloads of a capture go to the store: whole, in order, in the direction of the transfer, and never half without a word.
import { describe, expect, test } from 'vitest';
import type { PayloadSink, PayloadStore, TransferName } from '../../../src/dialogue/payload-sink.js';
import { CLIENT, inShort, of, PlayedCapture, type PlayedConnection, SERVER } from './played-capture.js';

/** Keeps payloads in memory, each byte only a turn of the event loop after it was asked for. */
class MemoryStore implements PayloadStore {
  readonly files = new Map<string, { bytes: string; finished: boolean }>();

  async open({ session, link, verb, path }: TransferName): Promise<PayloadSink> {
    await later();
    const name = `${session}-${link}-${verb}-${path}`;
    const file = { bytes: '', finished: false };
    this.files.set(name, file);
    return {
      soFar: { file: name, sha256: '' },
      write: async (chunk) => {
        await later();
        file.bytes += chunk.toString('latin1');
      },
      finish: async () => {
        await later();
        file.finished = true;
        return { file: name, sha256: '' };
      },
    };
  }
}

function later(): Promise<void> {
  return new Promise((resolve) => setImmediate(resolve));
}

function transferring(capture: PlayedCapture, command: string): { control: PlayedConnection; data: PlayedConnection } {
  const control = capture
    .control()
    .server('220 FTP')
    .client('EPSV')
    .server('229 (|||50000|)')
    .client(command)
    .server('150 ok');
  return { control, data: capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`) };
}

describe('a payload', () => {
  test.each([
    ['RETR a.txt', 'responder'],
    ['STOR a.txt', 'initiator'],
  ] as const)('of %s is kept', async (command, from) => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const { control, data } = transferring(capture, command);
    data.sends(from, 'hel').sends(from, 'lo').closes(from);
    control.server('226 done').closes();
    const told = await capture.ends();
    const file = `1-1-${command.slice(0, 4)}-a.txt`;
    expect([...store.files]).toEqual([[file, { bytes: 'hello', finished: true }]]);
    expect(of(told, 'link-closed')).toMatchObject([{ payload: file, outcome: 'complete' }]);
  });

  test('of an empty file is an empty file', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const { control, data } = transferring(capture, 'RETR nothing');
    data.closes('responder');
    control.server('226 done').closes();
    await capture.ends();
    expect([...store.files.values()]).toEqual([{ bytes: '', finished: true }]);
  });

  test('whose command was captured behind its first bytes is whole', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const control = capture.control().server('220 FTP').client('EPSV');
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`).sends('initiator', 'one ');
    control.server('229 (|||50000|)');
    data.sends('initiator', 'two ');
    control.client('STOR x').server('150 ok');
    data.sends('initiator', 'three').closes();
    control.server('226 done').closes();
    await capture.ends();
    expect([...store.files.values()]).toEqual([{ bytes: 'one two three', finished: true }]);
  });

  test('whose connection ended before its transfer was known is whole, and named', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const control = capture.control().server('220 FTP').client('PASV').server('227 ok (192,168,1,1,195,80)');
    control.client('RETR a').server('150 ok');
    // NAT changed the port: only the 226 tells that there was a connection.
    capture.opens(`${CLIENT}:41000`, `${SERVER}:33333`).sends('responder', 'by time').closes('responder');
    control.server('226 done').client('EPSV');
    const early = capture.opens(`${CLIENT}:41001`, `${SERVER}:50001`);
    early.sends('responder', 'before ').sends('responder', 'its command').closes('responder');
    control.server('229 (|||50001|)').client('RETR b').server('150 ok', '226 done', '221 bye').closes();
    const told = await capture.ends();
    expect([...store.files]).toEqual([
      ['1-1-RETR-a', { bytes: 'by time', finished: true }],
      ['1-2-RETR-b', { bytes: 'before its command', finished: true }],
    ]);
    expect(of(told, 'link-closed').map(({ payload }) => payload)).toEqual(['1-1-RETR-a', '1-2-RETR-b']);
  });

  test('with a hole in it is kept as far as it goes, and the reason says so', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const { control, data } = transferring(capture, 'RETR a');
    data.sends('responder', 'he').loses('responder', 1).sends('responder', 'lo').closes('responder');
    control.server('226 done').closes();
    const told = await capture.ends();
    expect([...store.files.values()]).toEqual([{ bytes: 'helo', finished: true }]);
    expect(told.map(inShort)).toContain('link 1 RETR a 4 complete: 1 byte is missing from the capture');
  });

  test('that the capture cuts off is finished', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const { control, data } = transferring(capture, 'RETR a');
    data.sends('responder', 'hello').falls('capture-end');
    control.falls('capture-end');
    await capture.ends();
    expect([...store.files.values()]).toEqual([{ bytes: 'hello', finished: true }]);
  });
});

test('a store that fails ends the reading', async () => {
  const full: PayloadStore = { open: () => Promise.reject(new Error('no space left')) };
  const capture = new PlayedCapture({ payloads: full });
  transferring(capture, 'RETR a').data.sends('responder', 'hello');
  await expect(capture.ends()).rejects.toThrow('no space left');
});

test('sessions bear the numbers that they have without payloads', async () => {
  const numbers = async (payloads: { payloads?: PayloadStore }) => {
    const capture = new PlayedCapture(payloads);
    const silent = capture.control(39_999);
    capture.control(40_001).server('220 FTP').client('USER a').closes();
    const { control, data } = transferring(capture, 'RETR a');
    data.sends('responder', 'hello').closes('responder');
    control.server('226 done').closes();
    silent.closes();
    return of(await capture.ends(), 'session-opened').map(({ session, client }) => [session, client.port]);
  };
  expect(await numbers({ payloads: new MemoryStore() })).toEqual(await numbers({}));
});

/** No text, and more of it than is looked at to tell what is spoken. */
const BINARY = Buffer.alloc(400_000, '\0\xff\x03data', 'latin1');

describe('a download under way as the capture begins', () => {
  test('is saved whole, although nobody announced it in sight of the capture', async () => {
    const store = new MemoryStore();
    const unsaved: string[] = [];
    const capture = new PlayedCapture({ payloads: store, unsaved: (line) => unsaved.push(line) });
    const control = capture.underWay(`${CLIENT}:40000`, `${SERVER}:21`);
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
    control.client('RETR a.bin').server('150 Opening BINARY mode data connection');
    data.sends('responder', BINARY).closes('responder');
    control.server('226 Transfer complete').client('QUIT').server('221 bye').closes();
    await capture.ends();
    expect([...store.files].map(([name, { bytes }]) => [name, bytes.length])).toEqual([['1-1-RETR-a.bin', 400_000]]);
    expect(unsaved).toEqual([]);
  });

  test('is saved where its data, without a SYN, was captured behind the 226', async () => {
    const store = new MemoryStore();
    const capture = new PlayedCapture({ payloads: store });
    const control = capture.control().server('220 FTP').client('EPSV').server('229 (|||50000|)');
    control.client('RETR a.bin').server('150 ok').server('226 done');
    capture.underWay(`${CLIENT}:41000`, `${SERVER}:50000`).sends('responder', BINARY).closes('responder');
    control.client('QUIT').server('221 bye').closes();
    const told = await capture.ends();
    expect(of(told, 'link-closed')).toMatchObject([{ bytes: 400_000, outcome: 'complete', payload: '1-1-RETR-a.bin' }]);
    expect([...store.files.values()].map(({ bytes }) => bytes.length)).toEqual([400_000]);
  });

  test('that is too much to be held is reported', async () => {
    const unsaved: string[] = [];
    const capture = new PlayedCapture({ payloads: new MemoryStore(), unsaved: (line) => unsaved.push(line) });
    const control = capture.underWay(`${CLIENT}:40000`, `${SERVER}:21`);
    const data = capture.opens(`${CLIENT}:41000`, `${SERVER}:50000`);
    control.client('RETR a.bin').server('150 Opening BINARY mode data connection');
    const piece = Buffer.alloc(4 * 1024 * 1024);
    for (let count = 0; count < 20; count += 1) data.sends('responder', piece);
    data.closes('responder');
    control.server('226 Transfer complete').closes();
    await capture.ends();
    expect(unsaved).toEqual([expect.stringMatching(/^the bytes of RETR a\.bin of 10\.1\.0\.2 could not be saved: /)]);
  });
});

test('a connection from port 20 alone is a data link without its session, and its bytes are saved', async () => {
  const store = new MemoryStore();
  const capture = new PlayedCapture({ payloads: store });
  capture.opens(`${SERVER}:20`, `${CLIENT}:41000`).sends('initiator', BINARY).closes('initiator');
  const told = await capture.ends();
  expect(told.map(inShort)).toEqual([
    'session-opened',
    'link 1 active',
    'link 1 finishing',
    'link 1 complete: its control connection is not in the capture',
    'closed by capture: its control connection is not in the capture',
  ]);
  expect([...store.files.values()].map(({ bytes }) => bytes.length)).toEqual([400_000]);
});
