// What people see of a check, and which exit status follows.
import { expect, test } from 'vitest';
import type { CheckReport } from '../../src/check/check.js';
import type { CheckFinding } from '../../src/check/findings.js';
import type { ReportLine } from '../../src/check/probe.js';
import { findingsOf, hasFaults, reportText } from '../../src/check/report.js';

const finding = (severity: CheckFinding['severity'], title: string): CheckFinding => ({
  ...{ diagnosis: 'some-id', severity, fault: 'server', title, cause: 'It is so.', fix: { server: 'Change it.' } },
});

const line = (sign: ReportLine['sign'], findings: readonly CheckFinding[] = []): ReportLine => ({
  ...{ probe: 'greeting', group: 'connection', sign, text: '220 Hello', facts: {}, findings },
});

const report = (lines: readonly ReportLine[]): CheckReport => ({
  ...{
    couldRun: true,
    address: '127.0.0.1',
    serverKind: 'vsftpd',
    lines,
    leftOut: [],
    connections: 3,
    durationMs: 1234,
  },
});

test('lines in groups, findings behind them, the gravest first', () => {
  const lines = [line('note', [finding('note', 'a note')]), line('error', [finding('error', 'a fault')]), line('open')];
  expect(reportText(report(lines), 'ftp://127.0.0.1:21')).toEqual([
    'ftp://127.0.0.1:21 (vsftpd)',
    '',
    'connection',
    '  note     220 Hello',
    '  ERROR    220 Hello',
    '  ?        220 Hello',
    '',
    'findings',
    '  error: a fault   some-id',
    '     why: It is so.',
    '     do, on the server: Change it.',
    '  note: a note   some-id',
    '     why: It is so.',
    '     do, on the server: Change it.',
    '',
    '1 error, 1 note in 3 checks, 1 not judged (3 connections, 1.2 s)',
  ]);
});

test('one finding of two probes is said once', () => {
  const twice = report([
    line('note', [finding('note', 'a')]),
    line('note', [finding('note', 'a'), finding('note', 'b')]),
  ]);
  expect(findingsOf(twice).map(({ title }) => title)).toEqual(['a', 'b']);
});

test('notes are no faults', () => {
  expect(hasFaults(report([line('note', [finding('note', 'a')]), line('open')]))).toBe(false);
  expect(hasFaults(report([line('warning', [finding('warning', 'a')])]))).toBe(true);
});
