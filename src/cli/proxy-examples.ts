// What `ftpscope proxy --help` ends with.
import { examplesText, paragraph } from './options/help-page.js';

export function proxyExamples(call: string): string {
  const examples = examplesText([
    [`${call} proxy ftp://ftp.gnu.org`, 'and in another terminal: curl ftp://127.0.0.1:2121/'],
    [
      `${call} proxy ftp://192.0.2.7:2100 --listen :2221 -w session.ndjson --payloads kept`,
      'records the sessions in a file, and the transferred files in a folder',
    ],
    [
      `${call} proxy --listen :2221 --to ftp://192.0.2.7 --listen :2222 --to ftps://192.0.2.8`,
      'serves two servers at once',
    ],
    [
      `${call} proxy --forward --allow-server '*.example.com' --allow-server 10.0.0.0/8:21-2121`,
      'lets clients name their servers',
    ],
    [
      `${call} proxy ftp://192.0.2.7 --json | jq -r 'select(.kind == "reply") | .lines[]'`,
      'picks the replies out of the observations',
    ],
  ]);
  const units = paragraph('Times take ms, s, m and h (seconds when bare), sizes B, KiB and MiB.');
  return [examples, '', units, paragraph('Stdout holds the sessions, stderr everything else.')].join('\n');
}
