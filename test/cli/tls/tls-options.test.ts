// The options on encryption: files that are not what they must be, an authority that cannot be had, the key log.
import { generateKeyPairSync } from 'node:crypto';
import { chmodSync, mkdirSync, readFileSync, rmSync, statSync, symlinkSync, writeFileSync } from 'node:fs';
import { connect } from 'node:net';
import { join } from 'node:path';
import * as tls from 'node:tls';
import { describe, expect, onTestFinished, test } from 'vitest';
import { UsageError } from '../../../src/cli/program/errors.js';
import { clientCertificates } from '../../../src/cli/tls/client-certificates.js';
import { chooseTls, type TlsOptions } from '../../../src/cli/tls/tls-options.js';
import { startSampleServer } from '../../../src/demo/sample-server.js';
import { openAuthority } from '../../../src/net/tls/authority.js';
import { LeafCertificates } from '../../../src/net/tls/leaf-certificates.js';
import { ownAuthority } from '../../net/tls/own-authority.js';
import { Peer } from '../../support/scripted-server.js';
import { temporaryFolder } from '../../transcript/temporary-folder.js';
import { runProgram, type Surroundings, startProgram } from '../program.js';

const own = ownAuthority();
const USUAL: TlsOptions = { tls: 'inspect', serverTls: 'same', clientTls: 'off' };
const PLACES = { listen: [{ address: '127.0.0.1', port: 0 }], upstream: { address: '127.0.0.1', port: 21 } };
/** No folder can be there, whoever asks. */
const NOWHERE = '/dev/null/data';

interface Files {
  readonly cert: string;
  readonly key: string;
  readonly otherKey: string;
  readonly rubbish: string;
  readonly missing: string;
}

async function files(): Promise<Files> {
  const folder = temporaryFolder();
  const leaf = await new LeafCertificates(own().authority).issue({ names: ['ftp.example.com'] });
  const other = generateKeyPairSync('ec', { namedCurve: 'P-256' }).privateKey;
  const write = (name: string, text: string | Buffer) => {
    writeFileSync(join(folder, name), text, { mode: 0o600 });
    return join(folder, name);
  };
  return {
    cert: write('cert.pem', leaf.cert),
    key: write('key.pem', leaf.key),
    otherKey: write('other.pem', other.export({ type: 'pkcs8', format: 'pem' })),
    rubbish: write('rubbish.pem', 'sesame'),
    missing: join(folder, 'missing.pem'),
  };
}

function choose(options: Partial<TlsOptions>) {
  return chooseTls({ ...USUAL, ...options }, PLACES, () => {});
}

describe('files that are not what they must be', () => {
  const cases: readonly [string, (files: Files) => Partial<TlsOptions>, RegExp][] = [
    ['a certificate alone', ({ cert }) => ({ cert }), /^--cert and --key go together; give both$/],
    ['a key alone', ({ key }) => ({ clientKey: key }), /^--client-cert and --client-key go together; give both$/],
    [
      'a foreign key',
      ({ cert, otherKey }) => ({ cert, key: otherKey }),
      /^--key \S+other\.pem: it is not the key of \S+cert\.pem$/,
    ],
    [
      'a foreign key towards the server',
      ({ cert, otherKey }) => ({ clientCert: cert, clientKey: otherKey }),
      /^--client-key \S+other\.pem: it is not the key of/,
    ],
    [
      'a missing file',
      ({ missing, key }) => ({ cert: missing, key }),
      /^--cert \S+missing\.pem: cannot read it: no such file/,
    ],
    ['rubbish for a certificate', ({ rubbish, key }) => ({ cert: rubbish, key }), /holds no certificate in PEM form$/],
    ['rubbish for a key', ({ cert, rubbish }) => ({ cert, key: rubbish }), /holds no private key in PEM form$/],
    [
      'a key for an authority',
      ({ key }) => ({ serverCa: key }),
      /^--server-ca \S+: it holds no certificate in PEM form$/,
    ],
    [
      'a key log that cannot be',
      () => ({ keylog: NOWHERE }),
      /^--keylog \/dev\/null\/data: cannot write it: not a directory$/,
    ],
  ];

  test.each(cases)('%s', async (_, options, message) => {
    const error = await choose(options(await files())).catch((reason: unknown) => reason);
    expect(error).toBeInstanceOf(UsageError);
    expect(error).toMatchObject({ message: expect.stringMatching(message) });
    expect(String(error)).not.toMatch(/sesame|BEGIN/);
  });

  test.skipIf(process.platform === 'win32').each([0o640, 0o604])('a key with mode %o', async (mode) => {
    const { cert, key } = await files();
    chmodSync(key, mode);
    const octal = `0${mode.toString(8)}`;
    await expect(choose({ cert, key })).rejects.toThrow(
      `--key ${key}: it is open to other users (mode ${octal}); say: chmod 600 '${key}'`,
    );
  });

  test.skipIf(process.platform === 'win32')('a key log that is a link', async () => {
    const { cert, missing } = await files();
    symlinkSync(cert, missing);
    await expect(choose({ keylog: missing })).rejects.toThrow(
      `--keylog ${missing}: cannot write it: it is a link: name the file itself`,
    );
  });

  test('the right ones', async () => {
    const { cert, key } = await files();
    const { tls: chosen } = await choose({ cert, key, clientTls: 'require' });
    const [shown] = await chosen.certificatesFor(['a.example']);
    expect(shown).toEqual({ cert: readFileSync(cert, 'utf8'), key: readFileSync(key, 'utf8') });
    expect(chosen.client).toBe('require');
  });
});

describe('certificates signed by the authority', () => {
  const wishes = { own: null, policy: undefined, passthrough: false, listen: PLACES.listen };

  test('are made for the names asked for, one with each kind of key', async () => {
    const chosen = await clientCertificates({ ...wishes, folder: own().folder });
    expect(chosen).toMatchObject({ policy: 'offer', problem: null });
    chosen.prepare();
    expect(await chosen.certificatesFor(['ftp.example.com'])).toHaveLength(2);
  });

  test('come from the folder that is named', async () => {
    const caFolder = temporaryFolder();
    const { authority } = await openAuthority(caFolder);
    const { tls: chosen } = await chooseTls({ tls: 'inspect', serverTls: 'same', caFolder }, PLACES, () => {});
    const [shown] = await chosen.certificatesFor(['ftp.example.com']);
    expect(shown?.cert).toContain(authority.certificate.toString());
  });

  test('cannot be had, and were not asked for: no TLS is offered', async () => {
    const chosen = await clientCertificates({ ...wishes, folder: NOWHERE });
    expect(chosen).toMatchObject({
      policy: 'off',
      problem: expect.stringMatching(
        /^clients are offered no TLS: cannot read \/dev\/null\/data\/ca\/\S+: not a directory$/,
      ),
    });
  });

  test.each([
    ['asked for', { policy: 'offer' }],
    ['required', { policy: 'require' }],
    ['needed by a listener', { listen: [{ address: '127.0.0.1', port: 0, implicitTls: true }] }],
  ] as const)('cannot be had, and are %s: no start', async (_, more) => {
    const chosen = clientCertificates({ ...wishes, ...more, folder: NOWHERE });
    await expect(chosen).rejects.toThrow(UsageError);
    await expect(chosen).rejects.toThrow(/^no certificate for clients: cannot read .* \(or give --cert and --key\)$/);
  });

  test.each([
    ['switched off', { policy: 'off' }],
    ['passed by', { passthrough: true }],
  ] as const)('are %s: no authority is looked for', async (_, more) => {
    expect(await clientCertificates({ ...wishes, ...more, folder: NOWHERE })).toMatchObject({ problem: null });
  });
});

describe('what contradicts itself', () => {
  const implicit = { address: '127.0.0.1', port: 990, implicitTls: true };

  test('no TLS towards clients that come with it', async () => {
    const chosen = chooseTls(USUAL, { ...PLACES, listen: [implicit] }, () => {});
    await expect(chosen).rejects.toThrow(/^--client-tls off and --listen ftps:\/\/\.\.\. contradict each other/);
  });

  test('what is unseen cannot change between implicit and explicit', async () => {
    const chosen = chooseTls({ tls: 'passthrough', serverTls: 'same' }, { ...PLACES, listen: [implicit] }, () => {});
    await expect(chosen).rejects.toThrow(
      /^--tls passthrough: server and --listen must be ftps:\/\/ both, or ftp:\/\/ both$/,
    );
  });

  test.each([
    ['--client-tls', { clientTls: 'require' }],
    ['--server-tls', { serverTls: 'auto' }],
    ['--server-ca', { serverCa: '/nowhere' }],
    ['--insecure', { insecure: true }],
    ['--client-tls-min', { clientTlsMin: 'TLSv1' }],
    ['--keylog', { keylog: '/nowhere' }],
  ] as const)('what is unseen cannot be had by %s in another way', async (flag, more) => {
    const chosen = chooseTls({ tls: 'passthrough', serverTls: 'same', ...more }, PLACES, () => {});
    await expect(chosen).rejects.toThrow(
      `--tls passthrough leaves TLS to client and server; leave ${flag} out, or --tls passthrough`,
    );
  });

  test('a server of implicit FTPS without TLS', async () => {
    const upstream = { ...PLACES.upstream, implicitTls: true };
    const chosen = chooseTls({ ...USUAL, serverTls: 'off' }, { ...PLACES, server: upstream }, () => {});
    await expect(chosen).rejects.toThrow(/^--server-tls off and a server at ftps:\/\/ contradict each other/);
  });
});

describe('the key log', () => {
  test("is its owner's alone, and is appended to", async () => {
    const keylog = join(temporaryFolder(), 'keys.log');
    for (const line of ['CLIENT_RANDOM 1 2\n', 'CLIENT_RANDOM 3 4\n']) {
      const { tls: chosen } = await choose({ keylog });
      chosen.onKeyLog?.(Buffer.from(line));
    }
    expect(readFileSync(keylog, 'utf8')).toBe('CLIENT_RANDOM 1 2\nCLIENT_RANDOM 3 4\n');
    if (process.platform !== 'win32') expect(statSync(keylog).mode & 0o777).toBe(0o600);
  });

  test('that can no longer be written is told once, and breaks no handshake', async () => {
    const keylog = join(temporaryFolder(), 'keys.log');
    const told: string[] = [];
    const { tls: chosen } = await chooseTls({ ...USUAL, keylog }, PLACES, (line) => told.push(line));
    rmSync(keylog);
    mkdirSync(keylog);
    for (const line of ['one\n', 'two\n']) chosen.onKeyLog?.(Buffer.from(line));
    expect(told).toEqual([`--keylog ${keylog}: keys are missing from it: it is a folder`]);
  });
});

describe('`ftpscope proxy`', () => {
  async function started(options: readonly string[], environment: Surroundings['environment'] = {}) {
    const server = await startSampleServer();
    onTestFinished(() => server.close());
    const upstream = `ftp://${server.address.address}:${server.address.port}`;
    const program = startProgram(['proxy', upstream, '--listen', '127.0.0.1:0', ...options], { environment });
    const [, port = ''] = await program.told(/^listening on 127\.0\.0\.1:(\d+)\n/);
    const socket = connect(Number(port), '127.0.0.1');
    onTestFinished(() => void socket.destroy());
    const client = new Peer(socket);
    expect(await client.readReply()).toMatch(/^220/);
    return { program, client };
  }

  test('starts without an authority, with a warning, and offers no TLS', async () => {
    const { program, client } = await started([], { XDG_DATA_HOME: NOWHERE });
    await program.told(/\nftpscope: warning: clients are offered no TLS: cannot read .*: not a directory\n/);
    expect(await client.ask('AUTH TLS')).toBe('502 AUTH does not pass this proxy: encryption is switched off');
    expect(await client.ask('FEAT')).not.toContain('AUTH');
  });

  test('does not start without it when TLS is asked for: one line, exit 2', async () => {
    const argv = ['proxy', 'ftp://127.0.0.1', '--listen', '127.0.0.1:0', '--client-tls', 'offer'];
    const { status, stdout, stderr } = await runProgram(argv, { environment: { XDG_DATA_HOME: NOWHERE } });
    expect([status, stdout]).toEqual([2, '']);
    expect(stderr).toMatch(
      /^ftpscope: no certificate for clients: cannot read .*: not a directory \(or give --cert and --key\)\n$/,
    );
  });

  test('a certificate and a key that do not match: one line, exit 2', async () => {
    const { cert, otherKey } = await files();
    const { status, stderr } = await runProgram(['proxy', 'ftp://127.0.0.1', '--cert', cert, '--key', otherKey]);
    expect(status).toBe(2);
    expect(stderr).toMatch(/^ftpscope: --key \S+ it is not the key of \S+\n$/);
  });

  test('says in its help what happens without an authority', async () => {
    const { stdout } = await runProgram(['proxy', '--help-all']);
    expect(stdout.replace(/\s+/g, ' ')).toContain('where the authority of `ca` can be neither opened nor made');
  });

  test('shows a certificate of the authority, and logs the keys, its own alone', async () => {
    const keylog = join(temporaryFolder(), 'keys.log');
    const { client } = await started(['--server-tls', 'off', '--keylog', keylog], {
      XDG_DATA_HOME: xdgOf(own().folder),
    });
    expect(await client.ask('AUTH TLS')).toMatch(/^234 /);
    const ca = readFileSync(join(xdgOf(own().folder), 'ftpscope', 'ca', 'ftpscope-ca.pem'), 'utf8');
    const socket = tls.connect({ socket: client.detach(), host: '127.0.0.1', ca });
    await new Promise((resolve, reject) => socket.once('secureConnect', resolve).once('error', reject));
    client.goOnIn(socket);
    expect(await client.ask('NOOP')).toMatch(/^200/);
    expect(readFileSync(keylog, 'utf8')).toMatch(/^CLIENT_TRAFFIC_SECRET_0 /m);
    if (process.platform !== 'win32') expect(statSync(keylog).mode & 0o777).toBe(0o600);
  });
});

/** A data folder in which `ftpscope` makes its own. */
function xdgOf(folder: string): string {
  return join(folder, 'xdg');
}
