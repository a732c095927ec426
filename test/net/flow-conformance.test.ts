// What a data link does with its bytes is the same whether they go through this process or through the kernel: one suite for both.
import { execFileSync } from 'node:child_process';
import { closeSync, openSync, readdirSync } from 'node:fs';
import { connect } from 'node:net';
import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import { KernelPump } from '../../src/net/linux/kernel-pump.js';
import { descriptorLimit } from '../../src/net/open-files.js';
import type { Pump } from '../../src/net/pump.js';
import type { Direction } from '../../src/protocol/verbs.js';
import { killPumpThreads } from '../support/pump-thread.js';
import { hasPython } from '../support/python.js';
import { CountedPump, openLink, type PeeredLink, peeredLink } from './piped-links.js';
import { summary } from './raw-peer.js';
import { poll } from './watched-proxy.js';

const KIBIBYTE = 1024;
const MEBIBYTE = 1024 * KIBIBYTE;
/** More than a flow carries before it asks for a pump. */
const BEGINNING = MEBIBYTE;
/** What four sockets and a pipe may hold. */
const MOST_ON_THE_WAY = 40 * MEBIBYTE;

const MOST_MEMORY = 16 * MEBIBYTE;

const kernel = new KernelPump({ threads: 1, streams: 100 });
const hasKernelPump = (await kernel.state()).kind === 'kernel';
const directions: readonly Direction[] = ['download', 'upload'];

beforeAll(() => kernel.warmUp());
afterAll(() => kernel.close());

const descriptors = () => readdirSync('/proc/self/fd').length;

/** Checked when all of the test's own is closed. */
function leavesNoDescriptor(): void {
  const before = descriptors();
  onTestFinished(() => poll(() => descriptors() <= before, 'all descriptors to be closed'));
}

/** Opens files until the process may open no more. What is returned closes them. */
function takeAllDescriptors(): () => void {
  const limitTo = (soft: number) => {
    const script = `import resource as r; n = r.RLIMIT_NOFILE; r.prlimit(${process.pid}, n, (${soft}, r.prlimit(${process.pid}, n)[1]))`;
    execFileSync('python3', ['-c', script], { stdio: 'ignore' });
  };
  const limit = descriptorLimit() ?? 0;
  limitTo(descriptors() + 50);
  const taken: number[] = [];
  try {
    for (;;) taken.push(openSync('/dev/null', 'r'));
  } catch {
    // There is none left.
  }
  return () => {
    for (const fd of taken) closeSync(fd);
    limitTo(limit);
  };
}

const flows: readonly { readonly name: string; readonly pump: Pump | null; readonly isThere: boolean }[] = [
  { name: 'the portable flow', pump: null, isThere: true },
  { name: 'the kernel pump', pump: kernel, isThere: hasKernelPump },
];

describe.skipIf(!hasPython || process.platform !== 'linux').each(flows)('$name', ({ pump, isThere }) => {
  /** A transfer that runs: its beginning is through, and the rest is the pump's where there is one. */
  async function running(direction: Direction): Promise<PeeredLink> {
    const counted = pump && new CountedPump(pump);
    const peered = await peeredLink(counted, direction);
    const [, read] = await Promise.all([peered.sender.send(BEGINNING), peered.receiver.read(BEGINNING)]);
    expect(read).toBe(`read ${summary(BEGINNING)}`);
    if (counted !== null) expect(counted.carried).toBe(1);
    return peered;
  }

  describe.skipIf(!isThere).each(directions)('%s', (direction) => {
    test('every byte and the end go through, and are counted', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended, link } = await running(direction);
      const all = receiver.readAll();
      await sender.send(7 * MEBIBYTE + 4);
      expect(await sender.end()).toBe('ended');
      expect(await all).toBe(`end ${summary(8 * MEBIBYTE + 4)}`);
      expect(await ended).toMatchObject({ bytes: 8 * MEBIBYTE + 4, end: { kind: 'drained' } });
      expect(link.progress.bytes).toBe(8 * MEBIBYTE + 4);
    });

    test('a slow reader slows the sender, and gets everything', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended, link } = await running(direction);
      const sent = sender.send(63 * MEBIBYTE);
      const memory = process.memoryUsage().rss;
      let before = -1;
      await poll(
        () => {
          const stalled = link.progress.bytes === before && before > BEGINNING;
          before = link.progress.bytes;
          return stalled;
        },
        'the flow to stall',
        10_000,
      );
      expect(before).toBeLessThan(MOST_ON_THE_WAY);
      expect(process.memoryUsage().rss - memory).toBeLessThan(MOST_MEMORY);
      expect(link.progress.receiverEnded).toBe(false);
      const all = receiver.readAll();
      await sent;
      await sender.end();
      expect(await all).toBe(`end ${summary(64 * MEBIBYTE)}`);
      expect(await ended).toMatchObject({ bytes: 64 * MEBIBYTE, end: { kind: 'drained' } });
    });

    test('a slow sender: what comes is there at once', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended } = await running(direction);
      for (let piece = 1; piece <= 20; piece += 1) {
        await sender.send(100);
        expect(await receiver.read(100)).toBe(`read ${summary(BEGINNING + piece * 100)}`);
      }
      await sender.end();
      expect(await receiver.readAll()).toBe(`end ${summary(BEGINNING + 2000)}`);
      expect(await ended).toMatchObject({ bytes: BEGINNING + 2000 });
    });

    test('what stands still is not counted as progress', async () => {
      const { link } = await running(direction);
      expect(link.progress.bytes).toBe(BEGINNING);
      expect(await link.progress).toMatchObject({ bytes: BEGINNING, receiverEnded: false });
    });

    test('a reset of the sender is no end', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended } = await running(direction);
      await sender.send(MEBIBYTE);
      const all = receiver.readAll();
      await sender.reset();
      const side = direction === 'download' ? 'server' : 'client';
      expect((await ended).end).toMatchObject({ kind: 'broken', side, cause: `${side}-broke` });
      // The client of a download may keep what it got; its reply says that it is not all.
      expect(await all).toMatch(direction === 'download' ? /^end / : /^reset /);
    });

    test('a reset of the sender while the receiver does not read', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended, link } = await running(direction);
      sender.sendOn(63 * MEBIBYTE);
      await poll(() => link.progress.bytes > 2 * MEBIBYTE, 'some bytes to be on their way');
      await receiver.read(MEBIBYTE);
      void sender.reset();
      const all = receiver.readAll();
      await Promise.all([all, ended]);
      // The sender's script resets when it has sent all: the whole may arrive, and is then no success either.
      expect((await ended).end.kind).toBe('broken');
      if (direction === 'upload') expect(await all).toMatch(/^reset /);
    });

    test('a reset of the receiver', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended } = await running(direction);
      await receiver.reset();
      const sent = sender.send(63 * MEBIBYTE);
      const side = direction === 'download' ? 'client' : 'server';
      expect((await ended).end).toMatchObject({ kind: 'broken', side, cause: `${side}-broke` });
      expect(await sent).not.toBe('sent');
    });

    test('a receiver that ends its own side gets the rest all the same', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended, link } = await running(direction);
      await receiver.end();
      await poll(() => link.progress.receiverEnded, "the receiver's end to be seen");
      const all = receiver.readAll();
      await sender.send(MEBIBYTE);
      await sender.end();
      expect(await all).toBe(`end ${summary(2 * MEBIBYTE)}`);
      expect((await ended).end.kind).toBe('drained');
    });

    test('an end before the first byte', async () => {
      leavesNoDescriptor();
      const { sender, receiver, ended } = await peeredLink(pump, direction);
      await sender.end();
      expect(await receiver.readAll()).toBe(`end ${summary(0)}`);
      expect(await ended).toMatchObject({ bytes: 0, end: { kind: 'drained' } });
    });

    test('broken off by the proxy', async () => {
      leavesNoDescriptor();
      const { sender, receiver, link } = await running(direction);
      link.drop(false);
      expect(await receiver.readAll()).toMatch(direction === 'download' ? /^end / : /^reset /);
      if (direction === 'upload') expect(await sender.readAll()).toMatch(/^reset /);
    });

    test('broken off by the proxy while the receiver does not read', async () => {
      leavesNoDescriptor();
      const { sender, receiver, link } = await running(direction);
      sender.sendOn(63 * MEBIBYTE);
      await poll(() => link.progress.bytes > 2 * MEBIBYTE, 'some bytes to be on their way');
      const { bytes } = link.progress;
      link.drop(false);
      expect(link.progress.bytes).toBeGreaterThanOrEqual(bytes);
      expect(await receiver.readAll()).toMatch(direction === 'download' ? /^end / : /^reset /);
    });
  });

  test.skipIf(!isThere)('a connection that stays for the next transfer', async () => {
    leavesNoDescriptor();
    const { sender, receiver, ended, link } = await running('download');
    link.endFlow();
    expect(await ended).toMatchObject({ bytes: BEGINNING, end: { kind: 'kept' } });
    link.serveNext(2);
    await link.start('download', null, { session: 1, link: 2, verb: 'RETR', path: 'g' });
    await Promise.all([sender.send(BEGINNING), receiver.read(BEGINNING)]);
    await sender.send(MEBIBYTE);
    await sender.end();
    expect(await receiver.readAll()).toBe(`end ${summary(3 * MEBIBYTE)}`);
    expect(link.progress.bytes).toBe(2 * MEBIBYTE);
  });

  test.skipIf(!isThere)(
    'hundreds at once',
    async () => {
      leavesNoDescriptor();
      const threads = pump && new KernelPump({ threads: 2, streams: 200 });
      onTestFinished(() => threads?.close());
      await threads?.warmUp();
      const counted = threads && new CountedPump(threads);
      const content = Buffer.alloc(2 * MEBIBYTE, 'every byte counts, ');
      const carry = async (): Promise<void> => {
        const { ports, flows: start, ended } = await openLink(counted);
        const [sender, receiver] = [connect(ports.server, '127.0.0.1'), connect(ports.client, '127.0.0.1')];
        onTestFinished(() => void [sender, receiver].map((socket) => socket.destroy()));
        const pieces: Buffer[] = [];
        receiver.on('data', (piece) => pieces.push(piece));
        const closed = new Promise((resolve) => receiver.once('close', resolve));
        await start('download');
        sender.end(content);
        expect(await ended).toMatchObject({ bytes: content.length, end: { kind: 'drained' } });
        await closed;
        expect(Buffer.concat(pieces).equals(content)).toBe(true);
      };
      await Promise.all(Array.from({ length: 200 }, carry));
      if (counted !== null) expect(counted.carried).toBe(200);
    },
    60_000,
  );
});

describe.skipIf(!hasKernelPump || !hasPython)('what only the kernel pump can meet', () => {
  test('a thread that ends in the middle takes nothing with it', async () => {
    leavesNoDescriptor();
    const pump = new KernelPump({ threads: 1, streams: 10 });
    onTestFinished(() => pump.close());
    await pump.warmUp();
    const counted = new CountedPump(pump);
    const { sender, receiver, ended, link } = await peeredLink(counted, 'download');
    const sent = sender.send(64 * MEBIBYTE);
    await poll(() => counted.carried === 1, 'the pump to take over');
    await poll(() => link.progress.bytes > 2 * MEBIBYTE, 'the kernel to carry');
    await killPumpThreads();
    const all = receiver.readAll();
    await sent;
    await sender.end();
    expect(await all).toBe(`end ${summary(64 * MEBIBYTE)}`);
    expect(await ended).toMatchObject({ bytes: 64 * MEBIBYTE, end: { kind: 'drained' } });
    await kernel.warmUp();
  });

  test('descriptors that run out: the portable flow carries it', async () => {
    leavesNoDescriptor();
    const counted = new CountedPump(kernel);
    const { sender, receiver, ended } = await peeredLink(counted, 'download');
    const release = takeAllDescriptors();
    try {
      await Promise.all([sender.send(4 * MEBIBYTE), receiver.read(4 * MEBIBYTE)]);
    } finally {
      release();
    }
    expect(counted.carried).toBe(0);
    await Promise.all([sender.send(MEBIBYTE), receiver.read(MEBIBYTE)]);
    expect(counted.carried).toBe(1);
    await sender.end();
    expect(await receiver.readAll()).toBe(`end ${summary(5 * MEBIBYTE)}`);
    expect(await ended).toMatchObject({ bytes: 5 * MEBIBYTE, end: { kind: 'drained' } });
  });

  test('no more streams than it may have: the rest goes the portable way', async () => {
    leavesNoDescriptor();
    const pump = new KernelPump({ threads: 1, streams: 1 });
    onTestFinished(() => pump.close());
    await pump.warmUp();
    const counted = new CountedPump(pump);
    for (const carried of [1, 1]) {
      const { sender, receiver } = await peeredLink(counted, 'upload');
      await Promise.all([sender.send(2 * MEBIBYTE), receiver.read(2 * MEBIBYTE)]);
      expect(counted.carried).toBe(carried);
    }
  });

  test('a pump that is closed gives back what it carries', async () => {
    leavesNoDescriptor();
    const pump = new KernelPump({ threads: 1, streams: 10 });
    await pump.warmUp();
    const counted = new CountedPump(pump);
    const { sender, receiver, ended } = await peeredLink(counted, 'upload');
    await Promise.all([sender.send(BEGINNING), receiver.read(BEGINNING)]);
    expect(counted.carried).toBe(1);
    await pump.close();
    const all = receiver.readAll();
    await sender.send(MEBIBYTE);
    await sender.end();
    expect(await all).toBe(`end ${summary(2 * MEBIBYTE)}`);
    expect(await ended).toMatchObject({ bytes: 2 * MEBIBYTE, end: { kind: 'drained' } });
    expect((await pump.state()).kind).toBe('portable');
  });
});
