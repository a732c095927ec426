// Names the tests that failed, a line or two each, below everything else: a log's end is what is kept and what is read first.
import { relative } from 'node:path';
import type { Reporter, TestModule } from 'vitest/node';

const LONGEST_REASON = 300;

export class LastWord implements Reporter {
  onTestRunEnd(modules: readonly TestModule[]): void {
    for (const module of modules) {
      const file = relative(process.cwd(), module.moduleId);
      const failed = [...module.children.allTests('failed')];
      for (const one of failed) say(`failed: ${file}: ${one.fullName}`, one.result().errors?.[0]?.message);
      if (module.state() === 'failed' && failed.length === 0) say(`failed: ${file}`, module.errors()[0]?.message);
    }
  }
}

function say(what: string, reason?: string): void {
  const because = reason === undefined ? '' : `\n  ${reason.replaceAll(/\s+/g, ' ').slice(0, LONGEST_REASON)}`;
  process.stdout.write(`${what}${because}\n`);
}
