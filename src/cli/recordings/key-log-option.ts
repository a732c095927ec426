// `--keylog` of the commands that read captures: the secrets of the TLS sessions in them.
import { readFileSync } from 'node:fs';
import type { Option } from 'commander';
import { systemReason } from '../../protocol/system-errors.js';
import { option, parsed } from '../options/options.js';
import { UsageError } from '../program/errors.js';

export function keyLogOption(): Option {
  return option('--keylog <file>', 'in captures: decrypt TLS with the secrets in this NSS key log').argParser(
    parsed(readKeyLog),
  );
}

function readKeyLog(file: string): Buffer {
  try {
    return readFileSync(file);
  } catch (error) {
    throw new UsageError(`cannot read it: ${systemReason(error)}`);
  }
}
