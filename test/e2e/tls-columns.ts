// The columns of the TLS matrix: how the client encrypts, what stands behind the proxy, and the pair without a proxy by which
// the result is judged: the same two wherever they can talk at all, otherwise with either of them changed until they can.
import type { Client, ClientTls, Mode } from './clients/client.js';
import { FEW_TLS_STEPS, type StepName, TLS_STEPS } from './scenario.js';
import type { Family, Server, ServerTls } from './servers/server.js';
import type { Column } from './table.js';

/** A server's TLS but for its certificates; null: none. */
export type Upstream = Omit<ServerTls, 'certificates'> | null;

export interface TlsColumn extends Column {
  readonly mode: Mode;
  readonly family: Family;
  /** How the client encrypts towards the proxy; null: not at all. */
  readonly client: ClientTls | null;
  /** The server behind the proxy. */
  readonly upstream: Upstream;
  readonly reference: { readonly client: ClientTls | null; readonly server: Upstream };
  /** Options of the proxy. */
  readonly options: readonly string[];
  readonly steps: readonly StepName[];
  isAt(server: Server): boolean;
}

/** Clients in the clear that are tried at servers with TLS. */
const PLAIN_CLIENTS = ['curl', 'tnftp', 'inetutils-ftp', 'ncftp'];

const tls13: ClientTls = { how: 'explicit', version: 'TLSv1.3', protection: 'P' };
const tls12: ClientTls = { ...tls13, version: 'TLSv1.2' };
const asImplicit = (client: ClientTls): ClientTls => ({ ...client, how: 'implicit' });
const inClear = (client: ClientTls): ClientTls => ({ ...client, protection: 'C' });

const serverFor = ({ how, version }: ClientTls): Upstream => ({ how, version, dataMustBe: true });
const LENIENT: Upstream = { how: 'explicit', version: 'TLSv1.3', dataMustBe: false };

type Way = readonly [mode: Mode, family: Family, client: ClientTls | null];
type Rest = Partial<Pick<TlsColumn, 'upstream' | 'reference' | 'options' | 'steps' | 'isAt'>>;

function column(name: string, [mode, family, client]: Way, rest: Rest = {}): TlsColumn {
  const upstream = rest.upstream === undefined && client !== null ? serverFor(client) : (rest.upstream ?? null);
  return {
    ...{
      name,
      mode,
      family,
      client,
      upstream,
      reference: { client, server: upstream },
      options: [],
      steps: FEW_TLS_STEPS,
    },
    isAt: ({ hasImplicitTls }) => upstream?.how !== 'implicit' || hasImplicitTls,
    isOffered: (one) => one.modes[family].includes(mode) && canEncrypt(one, mode, client),
    ...rest,
  };
}

function canEncrypt({ name, tls }: Client, mode: Mode, client: ClientTls | null): boolean {
  if (client === null) return PLAIN_CLIENTS.includes(name);
  if (tls === undefined || !(tls.modes?.includes(mode) ?? true)) return false;
  return tls.how.includes(client.how) && tls.protections.includes(client.protection);
}

const explicit = serverFor(tls13);
const FROM_PLAIN: Rest = {
  upstream: explicit,
  reference: { client: null, server: null },
  options: ['--server-tls', 'require'],
};
const toPlain = (client: ClientTls): Rest => ({
  upstream: null,
  reference: { client, server: serverFor(client) },
  options: ['--server-tls', 'off'],
});

export const TLS_COLUMNS: readonly TlsColumn[] = [
  column('1.3 PASV', ['PASV', 4, tls13], { steps: TLS_STEPS }),
  column('1.3 PORT', ['PORT', 4, tls13]),
  column('1.3 EPSV IPv6', ['EPSV', 6, tls13]),
  column('1.2 EPSV', ['EPSV', 4, tls12], { steps: TLS_STEPS }),
  column('1.2 EPRT', ['EPRT', 4, tls12]),
  column('1.3 PROT C', ['PASV', 4, inClear(tls13)], { upstream: LENIENT }),
  column('1.2 to 1.3', ['PASV', 4, tls12], { upstream: LENIENT }),
  column('implicit 1.3', ['PASV', 4, asImplicit(tls13)]),
  column('implicit 1.2', ['EPSV', 4, asImplicit(tls12)]),
  column('implicit-AUTH', ['PASV', 4, asImplicit(tls13)], {
    ...{ upstream: explicit, reference: { client: tls13, server: explicit } },
    isAt: ({ hasImplicitTls }) => !hasImplicitTls,
  }),
  column('plain PASV', ['PASV', 4, null], FROM_PLAIN),
  column('plain PORT', ['PORT', 4, null], FROM_PLAIN),
  column('to plain 1.3', ['PASV', 4, tls13], toPlain(tls13)),
  column('to plain 1.2', ['PORT', 4, tls12], toPlain(tls12)),
];
