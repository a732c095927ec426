// What it costs that clients know nothing of the proxy: sessions that the kernel redirects to it, beside sessions of clients that
// go there by themselves, on a network of namespaces (client, router with both proxies, server).
import { join } from 'node:path';
import { startProxy, tellKernel, withServer } from '../e2e/namespaces/machines.js';
import { noNetwork, ROUTER_AT_CLIENT, SERVER, withNetwork } from '../e2e/namespaces/network.js';
import { vsftpd } from '../e2e/servers/vsftpd.js';
import type { Address } from './control-line.js';
import { CURL, downloadSpeed, timesToFetch, urlAt } from './curl.js';
import { gigabytes, milliseconds, type Row } from './report.js';
import { laySparseFile } from './stage.js';
import { inTurn, median, medianRatio } from './statistics.js';

const BYTES = 256 * 1024 ** 2;
const ROUNDS = 31;
const SESSIONS = 150;
const SMALL_BYTES = 1024;
const LEAST = 0.9;
const MOST = 1.1;

const REDIRECT = ['--transparent', 'redirect', '--listen', '0.0.0.0:2121', '--data-ports', '50000-50999'];
const REVERSE = ['--listen', '0.0.0.0:2122'];
const redirected: Address = { host: SERVER[4], port: 21 };
const reverse: Address = { host: ROUTER_AT_CLIENT[4], port: 2122 };

export async function measureRedirection(): Promise<Row[]> {
  const absent = noNetwork([...vsftpd.needs, CURL]);
  if (absent !== undefined) return [{ what: 'redirection', skipped: absent }];
  return withNetwork(({ client, router, server }) =>
    withServer(server, { server: vsftpd }, null, async ({ pub }) => {
      await startProxy(router, REDIRECT);
      await startProxy(router, [`ftp://${SERVER[4]}`, ...REVERSE]);
      await tellKernel(router, ...REDIRECT);
      const onClient = { by: ['ip', 'netns', 'exec', client.name] };
      await laySparseFile(join(pub, 'big'), BYTES);
      await laySparseFile(join(pub, 'small'), SMALL_BYTES);
      return [
        await measureDownload((way) => downloadSpeed(urlAt(way, 'pub/big'), BYTES, pub, onClient)),
        await measureSession(async (way) => 1000 * median(await timesToFetch(urlAt(way, 'pub/small'), pub, onClient))),
      ];
    }),
  );
}

async function measureDownload(speed: (way: Address) => Promise<number>): Promise<Row> {
  const { ours, others } = await inTurn(
    ROUNDS,
    () => speed(redirected),
    () => speed(reverse),
  );
  const ratio = medianRatio(ours, others);
  return {
    what: 'download 256 MiB, redirected',
    ours: gigabytes(median(ours)),
    compared: `${ratio.toFixed(2)} x reverse (${gigabytes(median(others))})`,
    target: { text: `>= ${LEAST} x reverse`, met: ratio >= LEAST },
  };
}

/** From the client's connecting to its having the file. */
async function measureSession(ms: (way: Address) => Promise<number>): Promise<Row> {
  const { ours, others } = await inTurn(
    SESSIONS,
    () => ms(redirected),
    () => ms(reverse),
  );
  const ratio = medianRatio(ours, others);
  return {
    what: `session with a file of 1 KiB, redirected (median of ${SESSIONS})`,
    ours: milliseconds(median(ours)),
    compared: `${ratio.toFixed(2)} x reverse (${milliseconds(median(others))})`,
    target: { text: `<= ${MOST} x reverse`, met: ratio <= MOST },
  };
}
