// The commands, each loaded when it is asked for: what one needs, the others do not wait for.
import type { Command } from 'commander';

export interface CommandEntry {
  readonly name: string;
  /** In the list of commands. */
  readonly summary: string;
  /** Resolves with what adds its options, arguments and action; `call` is how the program was called, for examples. */
  readonly load: () => Promise<(command: Command, call: string) => void>;
}

export const PROGRAM_COMMANDS: readonly CommandEntry[] = [
  {
    name: 'proxy',
    summary: 'relay FTP sessions to a server and show them',
    load: async () => (await import('./proxy-command.js')).addProxyCommand,
  },
  {
    name: 'read',
    summary: 'show what was recorded',
    load: async () => (await import('./read-command.js')).addReadCommand,
  },
  {
    name: 'check',
    summary: 'ask a server about everything that clients stumble over',
    load: async () => (await import('./check-command.js')).addCheckCommand,
  },
  {
    name: 'explain',
    summary: 'what a finding means, and what to do about it',
    load: async () => (await import('./explain-command.js')).addExplainCommand,
  },
  {
    name: 'export',
    summary: 'write a recording as packets, for Wireshark',
    load: async () => (await import('./export-command.js')).addExportCommand,
  },
  {
    name: 'demo',
    summary: 'show a session between a built-in server and client',
    load: async () => (await import('./demo-command.js')).addDemoCommand,
  },
  {
    name: 'replay',
    summary: 'show a recording again, send it to a server, or serve it to clients',
    load: async () => (await import('./replay-command.js')).addReplayCommand,
  },
  {
    name: 'attach',
    summary: 'watch a proxy that runs elsewhere on this machine',
    load: async () => (await import('./attach-command.js')).addAttachCommand,
  },
  {
    name: 'ca',
    summary: 'make or show the certificate authority',
    load: async () => (await import('./ca-command.js')).addCaCommand,
  },
  {
    name: 'rules',
    summary: 'print the nftables and routing commands for transparent mode',
    load: async () => (await import('./rules-command.js')).addRulesCommand,
  },
];
