// Checks of servers that tests make: a whole server in a few lines, what of it is odd, and the report to look at.
import { type CheckOptions, type CheckReport, checkServer } from '../../src/check/check.js';
import { GROUPS, type ReportLine } from '../../src/check/probe.js';
import { findingsOf } from '../../src/check/report.js';
import type { Observation } from '../../src/dialogue/observation.js';
import type { FtpEndpoint } from '../../src/protocol/server-name.js';
import { type FtpsServer, type FtpsServerOptions, type ServerSession, startFtpsServer } from '../net/ftps-server.js';

export interface Checked {
  readonly report: CheckReport;
  readonly observations: readonly Observation[];
  /** Ids with their severity, the gravest first. */
  readonly found: readonly string[];
  line(probe: string): ReportLine;
}

const TIMEOUT_MS = 2_000;

export async function checked(server: FtpEndpoint, options: Partial<CheckOptions> = {}): Promise<Checked> {
  const observations: Observation[] = [];
  const report = await checkServer({
    server,
    user: null,
    password: 'test@',
    timeoutMs: TIMEOUT_MS,
    insecure: false,
    writeFolder: null,
    groups: GROUPS,
    maxMs: 60_000,
    observe: (observation) => observations.push(observation),
    nowMs: Date.now,
    stop: new AbortController().signal,
    ...options,
  });
  const line = (probe: string) => {
    const own = report.lines.find((one) => one.probe === probe);
    if (own === undefined) throw new Error(`no ${probe} in ${report.lines.map((one) => one.probe).join(', ')}`);
    return own;
  };
  const found = findingsOf(report).map(({ severity, diagnosis }) => `${severity} ${diagnosis}`);
  return { report, observations, found, line };
}

type Acts = NonNullable<FtpsServerOptions['acts']>;

export const says = (line: string) => (session: ServerSession) => session.say(line);

/** What the server has: one file of ten bytes, and the usual commands. */
export const LISTING = '-rw-r--r-- 1 ftp ftp 10 Nov 30 12:00 ten.bin\r\ndrwxr-xr-x 2 ftp ftp 4096 Nov 30 12:00 sub\r\n';
const TEN = '0123456789';

export async function listed(session: ServerSession, text: string): Promise<void> {
  session.say('150 Here');
  const data = await session.open().catch(() => null);
  if (data === null) return session.say('522 TLS session of the data connection must be resumed');
  data.socket.end(Buffer.from(text, 'latin1'));
  await data.over();
  session.say('226 Done');
}

function usual(hasTls: boolean): Acts {
  const offsets = new WeakMap<ServerSession, number>();
  return {
    FEAT: says(
      `211-Features:\r\n${hasTls ? ' AUTH TLS\r\n PBSZ\r\n PROT\r\n' : ''} EPSV\r\n SIZE\r\n MDTM\r\n REST STREAM\r\n UTF8\r\n211 End`,
    ),
    SYST: says('215 UNIX Type: L8'),
    TYPE: says('200 Type set'),
    PWD: says('257 "/" is here'),
    OPTS: says('200 UTF8 on'),
    SIZE: says('213 10'),
    MDTM: says(`213 ${new Date().getUTCFullYear()}1130120000`),
    LIST: (session, argument) =>
      argument === '' || argument.startsWith('-') ? listed(session, LISTING) : session.say('550 No such folder'),
    REST: (session, offset) => {
      offsets.set(session, Number(offset));
      session.say('350 Restarting');
    },
    RETR: (session) => {
      const offset = offsets.get(session) ?? 0;
      return offset > TEN.length ? session.say('554 Beyond the end') : listed(session, TEN.slice(offset));
    },
  };
}

/** A server as it should be, apart from what is given. */
export function startServerWith(acts: Acts = {}, options: FtpsServerOptions = {}): Promise<FtpsServer> {
  return startFtpsServer({ ...options, acts: { ...usual(options.context !== undefined), ...acts } });
}
