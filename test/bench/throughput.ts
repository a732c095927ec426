// How fast one big file goes through, both ways, passive: directly, through HAProxy copying, through ours. One after the
// other in each round, so that whatever else the machine does meets them alike.
import { join } from 'node:path';
import type { Cleanup } from './cleanup.js';
import { downloadSpeed, uploadSpeed, urlAt } from './curl.js';
import { gigabytes, type Measurement, type Row } from './report.js';
import { laySink, laySparseFile, noVsftpd, openStage, type Stage, type Way } from './stage.js';
import { median, medianRatio } from './statistics.js';

const BYTES = 1024 ** 3;
const ROUNDS = 5;

type Transfer = (way: Way) => Promise<number>;

export async function measureThroughput(cleanup: Cleanup): Promise<Row[]> {
  const absent = noVsftpd();
  if (absent !== undefined) return [{ what: 'throughput', skipped: absent }];
  const stage = await openStage(cleanup);
  const file = join(stage.folder, 'big');
  await laySparseFile(file, BYTES);
  const device = await laySink(join(stage.folder, 'null'));
  const download: Transfer = ({ address }) => downloadSpeed(urlAt(address, 'pub/big'), BYTES, stage.folder);
  const upload: Transfer = ({ address }) =>
    device
      ? uploadSpeed(file, urlAt(address, 'pub/null'), BYTES, 'APPE', stage.folder)
      : uploadSpeed(file, urlAt(address, 'pub/uploaded'), BYTES, 'STOR', stage.folder);
  const rows: Row[] = [
    await measure('download 1 GiB', stage, download),
    await measure(`upload 1 GiB to ${device ? '/dev/null' : 'a file'}`, stage, upload),
  ];
  if (stage.withoutHaproxy !== undefined) rows.push({ what: 'throughput of HAProxy', skipped: stage.withoutHaproxy });
  return rows;
}

async function measure(what: string, { ways }: Stage, transfer: Transfer): Promise<Measurement> {
  const speeds: Record<Way['name'], number[]> = { direct: [], haproxy: [], ours: [] };
  for (const way of ways) await transfer(way); // the first run of each fills caches and is not counted
  for (let round = 0; round < ROUNDS; round += 1) {
    for (const way of ways) speeds[way.name].push(await transfer(way));
  }
  const { direct, haproxy, ours } = speeds;
  const row = { what, direct: gigabytes(median(direct)), ours: gigabytes(median(ours)) };
  if (haproxy.length === 0) return { ...row, compared: `${medianRatio(ours, direct).toFixed(2)} x direct` };
  const ratio = medianRatio(ours, haproxy);
  return {
    ...row,
    haproxy: gigabytes(median(haproxy)),
    compared: `${ratio.toFixed(2)} x HAProxy, ${medianRatio(ours, direct).toFixed(2)} x direct`,
    target: { text: '>= 1 x HAProxy', met: ratio >= 1 },
  };
}
