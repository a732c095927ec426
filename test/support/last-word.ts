// Names the tests that failed, a line or two each, below everything else: a log's end is what is kept and what is read first. Where
// every peer has to be there (FTPSCOPE_REQUIRE_PEERS=1), a skipped test is named, too, and fails the run.
import { relative } from 'node:path';
import type { Reporter, TestModule, Vitest } from 'vitest/node';

const LONGEST_REASON = 300;

export class LastWord implements Reporter {
  private nothingMayBeSkipped = process.env['FTPSCOPE_REQUIRE_PEERS'] === '1';

  /** With `-t` most tests are left out on purpose. */
  onInit(vitest: Vitest): void {
    if (vitest.config.testNamePattern !== undefined) this.nothingMayBeSkipped = false;
  }

  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const failed = [...module.children.allTests('failed')];
      for (const one of failed) say(`failed: ${file}: ${one.fullName}`, one.result().errors?.[0]?.message);
      if (module.state() === 'failed' && failed.length === 0) say(`failed: ${file}`, module.errors()[0]?.message);
      if (this.nothingMayBeSkipped) nameSkipped(module, file);
    }
  }
}

function nameSkipped(module: TestModule, file: string): void {
  for (const one of module.children.allTests('skipped')) {
    const result = one.result();
    say(`skipped, and must not be: ${file}: ${one.fullName}`, result.state === 'skipped' ? result.note : undefined);
    process.exitCode = 1;
  }
}

function say(what: string, reason?: string): void {
  const because = reason === undefined ? '' : `\n  ${reason.replaceAll(/\s+/g, ' ').slice(0, LONGEST_REASON)}`;
  process.stdout.write(`${what}${because}\n`);
}
