// Where the next data connection is: PORT, PASV (RFC 959), EPRT, EPSV (RFC 2428).
import { LOWEST_UNPRIVILEGED_PORT } from '../dialogue/announced-port.js';
import { addressFamily, type Endpoint } from '../protocol/endpoint.js';
import { formatPortArgument } from '../protocol/host-port.js';
import { afterLogin, type Reply, reply, type VerbContext, type VerbHandler, type VerbTable } from './verb-context.js';

const PORT_SYNTAX = 'PORT h1,h2,h3,h4,p1,p2';
const EPRT_SYNTAX = 'EPRT |protocol|address|port|';

/** 504 to bounces is the reply that RFC 2577 section 3 suggests. */
function active(verb: 'PORT' | 'EPRT', syntax: string): VerbHandler {
  return ({ dataPort, local }, argument) => {
    switch (dataPort.name(verb, argument)) {
      case 'set':
        return reply(200, `${verb} taken.`);
      case 'malformed':
        return reply(501, `${syntax}.`);
      case 'unknown-family':
      case 'other-family':
        return otherProtocol(local);
      case 'foreign-address':
        return reply(504, `${verb} to another host is refused.`);
      case 'privileged-port':
        return reply(504, `${verb} below ${LOWEST_UNPRIVILEGED_PORT} is refused.`);
    }
  };
}

async function pasv({ service, dataPort, local }: VerbContext): Promise<Reply> {
  const address = service.passiveHost ?? local.address;
  if (addressFamily(address) !== 1) return reply(425, 'PASV cannot name an IPv6 address; use EPSV.');
  const port = await dataPort.listen().catch(() => null);
  if (port === null) return noPort;
  return reply(227, `Entering Passive Mode (${formatPortArgument({ address, port })}).`);
}

async function epsv({ state, dataPort, local }: VerbContext, argument: string): Promise<Reply> {
  const wanted = argument.trim().toUpperCase();
  if (wanted === 'ALL') {
    state.extendedPassiveOnly = true;
    return reply(200, 'EPSV ALL: only EPSV from now on.');
  }
  if (!/^\d{0,5}$/.test(wanted)) return reply(501, 'EPSV [1|2|ALL].');
  if (wanted !== '' && Number(wanted) !== addressFamily(local.address)) return otherProtocol(local);
  const port = await dataPort.listen().catch(() => null);
  return port === null ? noPort : reply(229, `Entering Extended Passive Mode (|||${port}|)`);
}

const noPort = reply(425, 'No port to listen on.');

/** RFC 2428 section 4: after EPSV ALL every other way to set up a data connection is refused. */
function unlessExtendedPassiveOnly(run: VerbHandler): VerbHandler {
  return (context, argument) =>
    context.state.extendedPassiveOnly ? reply(500, 'Refused after EPSV ALL.') : run(context, argument);
}

function otherProtocol({ address }: Endpoint): Reply {
  return reply(522, `Network protocol not supported, use (${addressFamily(address) ?? 1})`);
}

export const dataPortVerbs: VerbTable = {
  PORT: afterLogin('required', PORT_SYNTAX, unlessExtendedPassiveOnly(active('PORT', PORT_SYNTAX))),
  EPRT: afterLogin('required', EPRT_SYNTAX, unlessExtendedPassiveOnly(active('EPRT', EPRT_SYNTAX))),
  PASV: afterLogin('none', 'PASV', unlessExtendedPassiveOnly(pasv)),
  EPSV: afterLogin('optional', 'EPSV [1|2|ALL]', epsv),
};
