// Sessions that are slow, and what for: round trips, windows, somebody who stands still.
import { verbFacts } from '../../protocol/verbs.js';
import { type DiagnosisRow, on } from '../row.js';

/** Fewer files than that are no batch. */
const BATCH_FILES = 20;
const SMALL_FILE_BYTES = 64 * 1024;
/** Below it a batch is quick enough. */
const LONG_WAY_MS = 5;
const STALL_MS = 15_000;
const SLOW_SETUP_MS = 2000;
/** Windows that are known to be fixed: without window scaling, and of old Windows and old libraries. */
const FIXED_WINDOWS = [65_535, 65_536, 32_768, 17_520, 16_384];
const WINDOW_TOLERANCE = 0.1;
const FAR_AWAY_MS = 20;
const LARGE_FILE_BYTES = 8 * 1024 * 1024;

export const SLOW_SESSIONS: readonly DiagnosisRow[] = [
  {
    id: 'stalled-transfer',
    severity: 'warning',
    fault: 'unknown',
    title: 'nothing moves for {seconds|15} s, as the {side|peer} {does|does not go on}{bytes|}',
    cause:
      'Both legs of the data connection stand. A receiver that reads nothing fills every buffer up to the sender; a sender that is silent leaves them empty.',
    fix: {
      client: 'Look at what the client does meanwhile: its disk, its user, a program that reads from it.',
      server: 'Look at what the server does meanwhile: its disk, its load, a limit of its rate.',
      proxy: 'How long the proxy waits: --data-timeout 5m.',
    },
    signs: 'No byte on a data connection for more than 15 s, and neither FIN nor RST.',
    rules: [
      on(['link-progress', 'link-closed'], (observation) => {
        const { stillness, bytes } = observation;
        if (stillness === undefined || stillness.ms < STALL_MS) return null;
        const isEnd = observation.kind === 'link-closed';
        if (isEnd && observation.cause !== 'stalled') return null;
        const values = {
          seconds: Math.round(stillness.ms / 1000),
          side: stillness.on,
          does: stillness.why === 'takes-nothing' ? 'reads nothing' : 'sends nothing',
          bytes: `, after ${bytes} bytes`,
        };
        const severity = isEnd ? ({ severity: 'error' } as const) : {};
        return { confidence: 'certain', leg: stillness.on, fault: stillness.on, ...severity, values };
      }),
    ],
  },
  {
    id: 'round-trip-bound',
    severity: 'note',
    fault: 'client',
    title:
      '{files|many} small files, {commands|several} commands each over {rtt|a long way}: {share|most} of the time is waiting',
    cause:
      'Each command, each data connection and each TLS handshake costs a round trip. With small files that is nearly all of the time, however wide the line is.',
    fix: {
      client: 'Transfer several files at once, leave out SIZE, MDTM and CWD for each file, or pack the files into one.',
    },
    clientSettings: { lftp: 'mirror --parallel=8', filezilla: 'Transfers, "Maximum simultaneous transfers"' },
    signs: 'Many complete transfers below 64 kB, and more time between lines than on data connections.',
    rules: [
      on('session-closed', (_closed, { pace }) => {
        const { files, meanBytes, commandsPerFile, roundTripMs, shares } = pace;
        if (files < BATCH_FILES || meanBytes > SMALL_FILE_BYTES || roundTripMs === null || roundTripMs < LONG_WAY_MS)
          return null;
        if (shares.waiting < 0.5 || shares.moving > 0.3) return null;
        const values = {
          files,
          commands: commandsPerFile.toFixed(1),
          rtt: `${roundTripMs.toFixed(0)} ms there and back`,
          share: `${Math.min(100, Math.round(shares.waiting * 100))} %`,
        };
        return { confidence: 'likely', leg: 'server', values };
      }),
    ],
  },
  {
    id: 'window-limited',
    severity: 'note',
    fault: 'server',
    title: '{rate|the rate} over {rtt|a long way} is just a window of {window|64 kB} for each round trip',
    cause:
      'No more than a window is under way at once. Where it does not grow (no window scaling, a fixed socket buffer), distance alone limits the rate.',
    fix: {
      server: 'Leave the buffers of sockets to the system.',
      client: 'Transfer several files at once.',
      network: 'Look for a middlebox that takes the window scaling (RFC 7323) out of the SYN.',
    },
    settings: { proftpd: 'no SocketOptions rcvbuf/sndbuf', vsftpd: 'no trans_chunk_size, no *_max_rate' },
    signs: 'A constant rate of W / RTT, with W of 64, 32 or 17 kB.',
    rules: [
      on('link-closed', ({ outcome, bytes, durationMs }, session) => {
        const roundTripMs = session.connected === null ? null : session.pace.roundTripMs;
        if (outcome !== 'complete' || durationMs === null || bytes < LARGE_FILE_BYTES) return null;
        if (roundTripMs === null || roundTripMs < FAR_AWAY_MS) return null;
        const perTrip = (bytes / durationMs) * roundTripMs;
        const window = FIXED_WINDOWS.find((size) => Math.abs(perTrip - size) < size * WINDOW_TOLERANCE);
        if (window === undefined) return null;
        const values = {
          rate: `${(bytes / durationMs / 1000).toFixed(1)} MB/s`,
          rtt: `${roundTripMs.toFixed(0)} ms there and back`,
          window: `${Math.round(window / 1024)} kB`,
        };
        return { confidence: 'possible', leg: 'server', values };
      }),
    ],
  },
  {
    id: 'slow-data-setup',
    severity: 'note',
    fault: 'server',
    title: 'the server took {seconds|2} s to begin {verb|a transfer}',
    cause:
      'It looks the client up for each data connection (reverse DNS), makes a full TLS handshake each time, or is slow to read the folder.',
    fix: { server: 'Do not look clients up; let TLS sessions be resumed.' },
    settings: { proftpd: 'UseReverseDNS off', pureftpd: '-H (file DontResolve)', vsftpd: 'reverse_lookup_enable=NO' },
    signs: '150 or 125 more than 2 s after the transfer command.',
    rules: [
      on('reply', (reply, session) => {
        const exchange = session.exchangeOf(reply);
        const { latencyMs, preliminary, by } = reply;
        if (exchange === null || !preliminary || by !== 'server' || latencyMs === null || latencyMs < SLOW_SETUP_MS)
          return null;
        if (verbFacts(exchange.command.verb)?.transfer === undefined) return null;
        // It waits for a client that is late, or for a port that has not been announced.
        const { link } = exchange;
        const isWaitedFor = link === null || session.violations.some(({ code }) => code === 'data-connection-overdue');
        if (isWaitedFor || (!session.isRelayed && link.opened.at > exchange.command.at)) return null;
        const values = { seconds: (latencyMs / 1000).toFixed(1), verb: exchange.command.verb };
        return { confidence: 'likely', leg: 'server', values, evidence: [exchange.command] };
      }),
    ],
  },
  {
    id: 'nagle-delayed-ack',
    severity: 'note',
    fault: 'client',
    title: 'each command of the client takes 40 or 200 ms longer, as it comes in two packets',
    cause:
      "The client writes a line and its CR LF apart; Nagle's algorithm holds the second one back until the first is acknowledged, which the other side delays.",
    fix: {
      client: 'Write each line at once, or set TCP_NODELAY.',
      proxy: 'Nothing to do: the proxy sends each line in one piece, with TCP_NODELAY.',
    },
    signs: 'The CR LF of each command in a packet of its own, 40 ms (Linux) or 200 ms (Windows) behind the rest.',
    unseen: 'Observations hold lines, and not the packets that they came in. Wireshark shows it.',
    rules: [],
  },
];
