// What to do about a diagnosis: the general words of its row, and behind them the exact settings of servers and clients.
import type { Fix } from '../dialogue/observation.js';
import { CLIENT_KINDS, CLIENT_NAMES, type ClientKind, SERVER_KINDS, SERVER_NAMES, type ServerKind } from './peers.js';
import { type DiagnosisRow, filled, type Sighting } from './row.js';

type Settings<K extends string> = Partial<Readonly<Record<K, string>>> | undefined;

/** What goes behind the general words; null: nothing. */
export interface OwnSettings {
  readonly server: string | null;
  readonly client: string | null;
}

export function fixOf({ fix }: DiagnosisRow, values: Sighting['values'], own: OwnSettings): Fix {
  const words = { ...fix, ...joined('server', fix.server, own.server), ...joined('client', fix.client, own.client) };
  return Object.fromEntries(Object.entries(words).map(([who, text]) => [who, filled(text, values)]));
}

/** Of the server at hand; of every server that has one, where nobody knows which server it is. */
export function serverSettings({ settings }: DiagnosisRow, kind: ServerKind | null): string | null {
  return kind === null ? ofAll(SERVER_KINDS, SERVER_NAMES, settings) : named(SERVER_NAMES[kind], settings?.[kind]);
}

/** Of the client at hand, where it is known. */
export function clientSetting({ clientSettings }: DiagnosisRow, kind: ClientKind | null): string | null {
  return kind === null ? null : named(CLIENT_NAMES[kind], clientSettings?.[kind]);
}

/** Of every client that has one. */
export function allClientSettings({ clientSettings }: DiagnosisRow): string | null {
  return ofAll(CLIENT_KINDS, CLIENT_NAMES, clientSettings);
}

function ofAll<K extends string>(
  kinds: readonly K[],
  names: Readonly<Record<K, string>>,
  settings: Settings<K>,
): string | null {
  const each = kinds.map((kind) => named(names[kind], settings?.[kind])).filter((one) => one !== null);
  return each.length === 0 ? null : each.join('; ');
}

function named(name: string, setting: string | undefined): string | null {
  return setting === undefined ? null : `${name}: ${setting}`;
}

function joined(who: 'server' | 'client', general: string | undefined, own: string | null): Fix {
  const parts = [general, own].filter((part) => part !== undefined && part !== null);
  return parts.length === 0 ? {} : { [who]: parts.join(' ') };
}
