// In which order, and under which headings, the help shows options. One table for all commands: an option of the same name means the
// same in each.

interface HelpGroup {
  readonly heading: string;
  /** Long flags. */
  readonly flags: string;
}

/** The first group is what most people need; `--help-all` shows the others as well. */
const GROUPS: readonly HelpGroup[] = [
  {
    heading: 'Options:',
    flags:
      '--listen --to --serve --filter --speed --session --sessions --transfers --findings --pcapng --stay --dry-run --allow-writes ' +
      '--user --password-file --only --skip --try-write --server-mode --data-ports --advertise --folder --undo --transcript --payloads --plain --json --pem --force --quiet --verbose ' +
      '--color --version',
  },
  { heading: 'Servers that clients name:', flags: '--forward --allow-server --proxy-user' },
  { heading: 'Transparent mode (Linux):', flags: '--transparent --spoof-client --ftp-port' },
  { heading: 'Load balancers:', flags: '--accept-proxy-protocol --data-proxy-header --send-proxy-protocol' },
  {
    heading: 'Data connections:',
    flags:
      '--mode --active-source-port --server-source-address --pasv-address --allow-foreign-port --require-data-resumption --pump',
  },
  {
    heading: 'TLS:',
    flags:
      '--tls --client-tls --server-tls --cert --key --ca-folder --server-ca --insecure --server-name --client-cert --client-key ' +
      '--client-tls-min --keylog',
  },
  {
    heading: 'Limits:',
    flags:
      '--connect-timeout --login-timeout --idle-timeout --reply-timeout --data-timeout --timeout --max-sessions ' +
      '--max-sessions-per-client --max-line --concurrency',
  },
  { heading: 'Sent recordings (--to):', flags: '--password --matters --mend --strict --junit' },
  { heading: 'Served recordings (--serve):', flags: '--on-unknown' },
  {
    heading: 'Recordings:',
    flags:
      '--rotate --on-recording-error --port --leg --by-session --tsv --max-pause --embed-keys --show-secrets --anonymise',
  },
  { heading: 'Watching:', flags: '--dashboard --keep-sessions --admin-socket --fail-on --no-findings' },
];

/** Where an option is that no group names. */
const REST = 'More options:';

export const COMMON_HEADING = 'Options:';

const HEADINGS: ReadonlyMap<string, string> = new Map(
  GROUPS.flatMap(({ heading, flags }) => flags.split(' ').map((flag) => [flag, heading])),
);
const ORDER: ReadonlyMap<string, number> = new Map([...HEADINGS.keys()].map((flag, index) => [flag, index]));

/** The heading of an option; `--help` itself is among the common ones. */
export function headingOf(longFlag: string): string {
  return longFlag.startsWith('--help') ? COMMON_HEADING : (HEADINGS.get(longFlag) ?? REST);
}

/** For sorting: the place of an option in the help. */
export function placeOf(longFlag: string): number {
  return ORDER.get(longFlag) ?? (longFlag.startsWith('--help') ? (ORDER.get('--version') ?? 0) : ORDER.size);
}
