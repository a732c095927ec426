// Writing, where the user has named a folder for it: one small file of a random name, which is always removed again.
import { randomBytes } from 'node:crypto';
import { isCompletion, isIntermediate, isNegative } from '../../protocol/reply.js';
import type { Bench } from '../bench.js';
import { type Conclusion, findingsInLast } from '../findings.js';
import { parseTimeValue } from '../listing.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';

export const WRITING: readonly Probe[] = [{ id: 'write', group: 'writing', needs: 'login', run: write }];

const CONTENT = 'ftpscope check\r\n';
const MORE = 'appended\r\n';
/** 2001-02-03 04:05:06 UTC: no server makes that up. */
const A_TIME = '20010203040506';
/** A clock that is more than this from ours is in another time zone, or wrong. */
const CLOCK_TOLERANCE_MS = 5 * 60_000;

/** What was tried, in order: the command and whether it did what it should. */
interface Step {
  readonly what: string;
  readonly works: boolean;
  readonly reply: string;
}

async function write(bench: Bench): Promise<Outcome | null> {
  const { writeFolder } = bench;
  if (writeFolder === null) return null;
  const name = `ftpscope-check-${randomBytes(6).toString('hex')}.tmp`;
  const path = `${writeFolder.replace(/\/+$/, '')}/${name}`;
  const writing = new Writing(bench, path, `${path}2`);
  let broken: string | null = null;
  try {
    await writing.run();
  } catch (error) {
    broken = error instanceof Error ? error.message : String(error);
  }
  const left = await writing.remove();
  return outcomeOf(writing, broken, left);
}

class Writing {
  readonly steps: Step[] = [];
  readonly conclusions: Conclusion[] = [];
  /** Something may have been stored. */
  private mayBeThere: string[] = [];

  constructor(
    private readonly bench: Bench,
    readonly path: string,
    private readonly otherPath: string,
  ) {}

  async run(): Promise<void> {
    await this.ask('TYPE I');
    const isStored = await this.store();
    if (!isStored) return;
    await this.size(CONTENT.length, 'STOR');
    await this.clock();
    if (await this.upload(`APPE ${this.path}`, MORE)) await this.size(CONTENT.length + MORE.length, 'APPE');
    if (await this.upload(`STOR ${this.path}`, MORE, CONTENT.length))
      await this.size(CONTENT.length + MORE.length, 'REST and STOR');
    await this.setTime();
    await this.rename();
  }

  /** The files that could not be removed. */
  async remove(): Promise<readonly string[]> {
    const left: string[] = [];
    for (const path of this.mayBeThere) {
      try {
        const answer = await this.ask(`DELE ${path}`);
        if (!isNegative(answer.code)) this.step('DELE', true, answerText(answer));
        else if (!(await this.isGone(path))) left.push(path);
      } catch {
        left.push(path);
      }
    }
    return left;
  }

  private async isGone(path: string): Promise<boolean> {
    return isNegative((await this.ask(`SIZE ${path}`)).code);
  }

  private async store(): Promise<boolean> {
    const isStored = await this.upload(`STOR ${this.path}`, CONTENT);
    const refusal = this.steps.at(-1);
    if (!isStored && refusal !== undefined) {
      const { reply } = refusal;
      // The rules know by the server's words why: no right, no room, no folder, writing switched off.
      const [found] = findingsInLast((await this.bench.session()).observations);
      const diagnosis = found?.diagnosis ?? 'permission-denied';
      const title = `the server does not store a file there: ${reply}`;
      this.conclusions.push({ diagnosis, severity: 'error', title, values: { reply } });
    }
    return isStored;
  }

  private async upload(line: string, text: string, restAt?: number): Promise<boolean> {
    const what = restAt === undefined ? (line.split(' ', 1)[0] ?? line) : 'REST and STOR';
    if (!this.mayBeThere.includes(this.path)) this.mayBeThere.push(this.path);
    const carried = await this.bench.fetch(line, { upload: text, ...(restAt === undefined ? {} : { restAt }) });
    const final = carried?.final ?? carried?.rest ?? null;
    const works = final !== null && isCompletion(final.code) && carried?.failure === null;
    const isRefused = final !== null && isNegative(final.code);
    const failure = isRefused ? null : (carried?.failure ?? null);
    const reply = failure ?? (final === null ? 'no data connection came about' : answerText(final));
    this.step(what, works, reply);
    if (!works && what !== 'STOR')
      this.conclusions.push({
        diagnosis: 'resume-not-permitted',
        severity: 'note',
        title: `the server does not let uploads go on (${what}): ${reply}`,
        values: { reply },
      });
    return works;
  }

  private async size(wanted: number, behind: string): Promise<void> {
    const answer = await this.ask(`SIZE ${this.path}`);
    const bytes = /^213[ -](\d{1,15})/.exec(answer.lines.at(-1) ?? '')?.[1];
    if (bytes === undefined) return;
    const works = Number(bytes) === wanted;
    this.step(`SIZE behind ${behind}`, works, answerText(answer));
    if (!works)
      this.conclusions.push({
        diagnosis: 'size-mismatch',
        severity: 'error',
        title: `behind ${behind} the file has ${bytes} bytes, not ${wanted}`,
      });
  }

  /** The file was made just now: MDTM must say so, in UTC. */
  private async clock(): Promise<void> {
    const answer = await this.ask(`MDTM ${this.path}`);
    const at = parseTimeValue(/^213[ -](.*)$/.exec(answer.lines.at(-1) ?? '')?.[1] ?? '');
    if (at === null) return;
    const offMs = at - this.bench.nowMs();
    const works = Math.abs(offMs) <= CLOCK_TOLERANCE_MS;
    this.step('MDTM', works, answerText(answer));
    if (!works)
      this.conclusions.push({
        diagnosis: 'time-zone-shift',
        severity: 'warning',
        title: `MDTM of a file that was written just now is ${Math.round(Math.abs(offMs) / 60_000)} min ${offMs > 0 ? 'ahead of' : 'behind'} our clock`,
      });
  }

  private async setTime(): Promise<void> {
    const mfmt = await this.ask(`MFMT ${A_TIME} ${this.path}`);
    this.step('MFMT', isCompletion(mfmt.code), answerText(mfmt));
    if (isCompletion(mfmt.code)) return;
    const mdtm = await this.ask(`MDTM ${A_TIME} ${this.path}`);
    this.step('MDTM with a time', isCompletion(mdtm.code), answerText(mdtm));
    if (!isCompletion(mdtm.code))
      this.conclusions.push({
        diagnosis: 'mdtm-set-misuse',
        severity: 'note',
        title: `clients cannot keep the times of files that they upload: ${answerText(mfmt)}`,
        values: { reply: answerText(mfmt) },
      });
  }

  private async rename(): Promise<void> {
    const from = await this.ask(`RNFR ${this.path}`);
    if (!isIntermediate(from.code)) return this.step('RNFR', false, answerText(from));
    this.mayBeThere = [this.otherPath, this.path];
    const to = await this.ask(`RNTO ${this.otherPath}`);
    const works = isCompletion(to.code);
    this.mayBeThere = works ? [this.otherPath] : [this.path];
    this.step('RNFR and RNTO', works, answerText(to));
  }

  private step(what: string, works: boolean, reply: string): void {
    this.steps.push({ what, works, reply });
  }

  private async ask(line: string) {
    return (await this.bench.session()).ask(line);
  }
}

function outcomeOf({ steps, conclusions }: Writing, broken: string | null, left: readonly string[]): Outcome {
  const works = steps.filter((step) => step.works).map(({ what }) => what);
  const fails = steps.filter((step) => !step.works).map(({ what, reply }) => `${what} (${reply})`);
  const failed = fails.length === 0 ? '' : `; not ${fails.join(', ')}`;
  const ended = broken === null ? '' : `; then ${broken}`;
  const leftOver: Conclusion[] = left.map((path) => ({
    diagnosis: 'file-left-behind',
    severity: 'error',
    title: `the file of the check could not be removed: delete ${path}`,
    values: { path },
  }));
  return {
    text: `works: ${works.join(', ') || 'nothing'}${failed}${ended}`,
    facts: { works, fails, left },
    conclusions: [...conclusions, ...leftOver],
  };
}
