// The demo's session: one of everything a client does with FTP, with every byte checked against the sample files.
// Whether a proxy stands between, it cannot tell.
import type { GatheredReply } from '../dialogue/reply-lines.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { ScriptedClientError } from './client-control.js';
import type { DataMode, TransferResult } from './client-transfer.js';
import { contentBytes, isReadable } from './file-content.js';
import { sampleFiles } from './sample-files.js';
import { ScriptedClient } from './scripted-client.js';

export interface DemoLogin {
  readonly user: string;
  readonly password: string;
}

export interface DemoResult {
  readonly transfers: number;
  /** Bytes moved over data connections, both ways. */
  readonly bytes: number;
  readonly allBytesMatched: boolean;
  /** The transfers whose bytes differed. */
  readonly mismatches: readonly string[];
}

const report = 'report.pdf';
const restartOffset = 100_000;
const uploadDirectory = 'holiday photos';

/** Rejects at the first reply the script does not expect; ends the session either way. */
export async function runDemoScript(
  target: ScriptedClient | Endpoint,
  login: DemoLogin = { user: 'demo', password: 'sesame' },
): Promise<DemoResult> {
  const client = target instanceof ScriptedClient ? target : await ScriptedClient.connect(target);
  try {
    const demo = new DemoSession(client);
    await demo.logIn(login);
    await demo.lookAround();
    await demo.download();
    await demo.upload();
    await demo.rearrange();
    await demo.failAndResume();
    await demo.quit();
    return demo.result();
  } finally {
    await client.close();
  }
}

class DemoSession {
  readonly #client: ScriptedClient;
  readonly #mismatches: string[] = [];
  #transfers = 0;
  #bytes = 0;

  constructor(client: ScriptedClient) {
    this.#client = client;
  }

  result(): DemoResult {
    const mismatches = this.#mismatches;
    return { transfers: this.#transfers, bytes: this.#bytes, allBytesMatched: mismatches.length === 0, mismatches };
  }

  async logIn({ user, password }: DemoLogin): Promise<void> {
    if (this.#client.greeting.code !== 220) throw unexpected('the connection', this.#client.greeting, 220);
    await this.#client.login(user, password);
    await this.expect('SYST', 215);
    await this.expect('FEAT', 211);
  }

  async lookAround(): Promise<void> {
    await this.expect('PWD', 257);
    const listing = await this.#client.list('', { mode: this.#mode('passive') });
    this.#count('LIST', listing);
    if (!listing.lines.some((line) => line.endsWith(report))) this.#mismatches.push('LIST');
    await this.expect('TYPE I', 200);
    await this.expect(`SIZE ${report}`, 213);
  }

  async download(): Promise<void> {
    await this.#fetch('README.txt', 'extended-passive');
    await this.#fetch(report, 'passive');
    await this.expect('CWD music', 250);
    await this.#fetch('01-overture.ogg', 'active', 'music/');
    await this.#fetch('02-allegro.ogg', 'extended-active', 'music/');
    await this.expect('CDUP', 250);
  }

  async upload(): Promise<void> {
    const photo = sampleBytes(report).subarray(1_000);
    await this.expect(`MKD ${uploadDirectory}`, 257);
    await this.expect(`CWD ${uploadDirectory}`, 250);
    this.#count('STOR', await this.#client.upload('beach.jpg', photo, { mode: this.#mode('passive') }));
    const back = await this.#client.download('beach.jpg', { mode: this.#mode('passive') });
    this.#check('beach.jpg', back, photo);
  }

  async rearrange(): Promise<void> {
    await this.expect('RNFR beach.jpg', 350);
    await this.expect('RNTO Strand.jpg', 250);
    await this.expect('DELE Strand.jpg', 250);
    await this.expect('CDUP', 250);
    await this.expect(`RMD ${uploadDirectory}`, 250);
  }

  async failAndResume(): Promise<void> {
    const missing = await this.#client.download('no-such-file.txt', { mode: this.#mode('passive') });
    if (missing.reply.code !== 550) throw unexpected('RETR no-such-file.txt', missing.reply, 550);
    const mode = this.#mode('extended-passive');
    const rest = await this.#client.download(report, { mode, rest: restartOffset });
    this.#check(`${report} from byte ${restartOffset}`, rest, sampleBytes(report).subarray(restartOffset));
  }

  /** Lets the server close, as a polite client does. */
  async quit(): Promise<void> {
    const reply = await this.#client.quit();
    if (reply.code !== 221) throw unexpected('QUIT', reply, 221);
  }

  async expect(line: string, code: number): Promise<void> {
    const reply = await this.#client.command(line);
    if (reply.code !== code) throw unexpected(line, reply, code);
  }

  async #fetch(name: string, mode: DataMode, directory = ''): Promise<void> {
    const result = await this.#client.download(name, { mode: this.#mode(mode) });
    this.#check(name, result, sampleBytes(`${directory}${name}`));
  }

  #check(what: string, result: TransferResult, expected: Buffer): void {
    this.#count(`RETR ${what}`, result);
    if (!result.bytes.equals(expected)) this.#mismatches.push(what);
  }

  #count(line: string, { reply, size }: TransferResult): void {
    if (reply.code !== 226 && reply.code !== 250) throw unexpected(line, reply, 226);
    this.#transfers += 1;
    this.#bytes += size;
  }

  /** PORT and PASV cannot name IPv6 addresses: there the extended command plays their part. */
  #mode(wanted: DataMode): DataMode {
    if (addressFamily(this.#client.local.address) === 1) return wanted;
    return wanted.endsWith('passive') ? 'extended-passive' : 'extended-active';
  }
}

function sampleBytes(path: string): Buffer {
  const content = sampleFiles[`/${path}`];
  if (content === undefined || content === null || !isReadable(content)) throw new Error(`no sample file ${path}`);
  return contentBytes(content);
}

function unexpected(line: string, { lines }: GatheredReply, code: number): ScriptedClientError {
  return new ScriptedClientError(`${line} answered "${lines.join(' / ')}", expected ${code}`);
}
