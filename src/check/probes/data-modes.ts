// Data connections in each mode: what is announced, whether it can be connected to from here, and whether a listing comes through.
import type { AnnouncedPort } from '../../dialogue/announced-port.js';
import { isPrivateAddress } from '../../protocol/address-range.js';
import { addressFamily, type Endpoint, formatEndpoint } from '../../protocol/endpoint.js';
import { isCompletion, isNegative } from '../../protocol/reply.js';
import type { Bench } from '../bench.js';
import { type Carried, carry, portOf, whyUnreachable } from '../carrying.js';
import type { Conclusion } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';

/** For an announced address that is another than the server's: the check does not depend on it. */
const SHORT_MS = 5_000;

export const DATA_MODES: readonly Probe[] = [
  { id: 'pasv', group: 'data', needs: 'login', run: (bench) => passive(bench, 'PASV') },
  { id: 'epsv', group: 'data', needs: 'login', run: (bench) => passive(bench, 'EPSV') },
  { id: 'active', group: 'data', needs: 'login', run: active },
  { id: 'epsv-all', group: 'data', needs: 'login', run: epsvAll },
  { id: 'other-family', group: 'data', needs: 'login', run: otherFamily },
];

async function passive(bench: Bench, verb: 'PASV' | 'EPSV'): Promise<Outcome> {
  const talk = await bench.session();
  const { answer, announced, port } = await portOf(talk, verb);
  const reply = answerText(answer);
  const isIpv6 = addressFamily(talk.remote.address) === 2;
  if (isNegative(answer.code)) return refused(verb, reply, isIpv6);
  if (announced === null || port === null)
    return {
      text: `${verb}: ${reply}, in which there is no port`,
      facts: { works: false, reply },
      conclusions: [verb === 'PASV' && isIpv6 ? nonsense(reply) : malformed(verb, reply, 'error')],
    };
  bench.passivePorts.push(announced.announced.port);
  const foreign = await judgedAddress(announced, talk.remote.address);
  const carried = await carry(talk, 'LIST', port);
  const fault = faultOfData(carried, announced, verb, bench.hasPassive);
  if (fault === null) bench.works(verb);
  const form = announced.form === (verb === 'PASV' ? '227' : '229') ? [] : [malformed(verb, reply, 'warning')];
  const works = fault === null;
  return {
    text: `${verb}: ${formatEndpoint(announced.announced)}${foreign.text}, ${works ? `a listing came: ${finalText(carried)}` : `no listing came: ${fault.title}`}`,
    facts: {
      ...{ works, reply, address: announced.announced.address, port: announced.announced.port },
      ...{ reachable: carried.final !== null, announcedReachable: foreign.reachable, encrypted: carried.tls !== null },
    },
    conclusions: [...form, ...foreign.conclusions, ...(fault === null ? [] : [fault])],
  };
}

const finalText = ({ final }: Carried) => (final === null ? '' : answerText(final));

function malformed(verb: 'PASV' | 'EPSV', reply: string, severity: 'error' | 'warning'): Conclusion {
  const diagnosis = verb === 'PASV' ? 'pasv-reply-malformed' : 'epsv-reply-malformed';
  const code = verb === 'PASV' ? '227' : '229';
  return {
    diagnosis,
    severity,
    title: `the server's answer to ${verb} is no usual ${code}: ${reply}`,
    values: { reply },
  };
}

/** A 227 has no room for an IPv6 address. Clients that ask for it over IPv6 have not read RFC 2428; most use EPSV there. */
function nonsense(reply: string): Conclusion {
  const title = `PASV over IPv6 is answered as if it could work, and not refused: ${reply}`;
  return { diagnosis: 'pasv-on-ipv6', severity: 'note', title, values: { reply } };
}

function refused(verb: 'PASV' | 'EPSV', reply: string, isIpv6: boolean): Outcome {
  const facts = { works: false, reply };
  if (verb === 'PASV' && isIpv6) return { text: `PASV is refused over IPv6, as it should be: ${reply}`, facts };
  const severity = verb === 'EPSV' && !isIpv6 ? 'note' : 'error';
  const diagnosis = verb === 'PASV' ? 'pasv-rejected' : 'epsv-rejected';
  return {
    text: `${verb} is refused: ${reply}`,
    facts,
    conclusions: [{ diagnosis, severity, title: `the server refuses ${verb}: ${reply}`, values: { reply } }],
  };
}

interface Foreign {
  readonly text: string;
  /** Whether the announced address leads anywhere from here; null where it is the server's own, or was not tried. */
  readonly reachable: boolean | null;
  readonly conclusions: readonly Conclusion[];
}

const isUnspecified = (address: string) => /^(0\.|::$)/.test(address);
const isLoopback = (address: string) => /^(127\.|::1$)/.test(address);

/** `reach` says why an address cannot be connected to; null where it can. */
export async function judgedAddress(
  { announced, foreign }: Pick<AnnouncedPort, 'announced' | 'foreign'>,
  host: string,
  reach: (to: Endpoint) => Promise<string | null> = (to) => whyUnreachable(to, SHORT_MS),
): Promise<Foreign> {
  const { address } = announced;
  const values = { announced: address, host };
  const isNowhere = isUnspecified(address) || isLoopback(address);
  if (isNowhere && !isLoopback(host)) {
    const title = `the server announces ${address} for data connections, which is no address for a client`;
    return {
      text: ' (no address for a client)',
      reachable: false,
      conclusions: [{ diagnosis: 'pasv-zero-or-loopback-address', severity: 'warning', title, values }],
    };
  }
  if (!foreign) return { text: '', reachable: null, conclusions: [] };
  const why = await reach(announced);
  const reachable = why === null;
  const isPrivate = isPrivateAddress(address);
  const title = isPrivate
    ? `the server announces the private address ${address} for data connections, and is reached at ${host}`
    : `the server announces ${address} for data connections, and is reached at ${host}`;
  return {
    text: ` (${isPrivate ? 'a private address' : 'another address than the control connection has'}, ${reachable ? 'reachable' : 'not reachable'} from here)`,
    reachable,
    conclusions: [
      {
        diagnosis: isPrivate ? 'pasv-private-address' : 'pasv-address-differs',
        severity: isPrivate || !reachable ? 'warning' : 'note',
        title,
        values,
      },
    ],
  };
}

/** `otherWorks`: a listing came over the mode that was tried before. */
function faultOfData(
  { final, failure }: Carried,
  { atServer }: AnnouncedPort,
  verb: string,
  otherWorks: boolean,
): Conclusion | null {
  const place = formatEndpoint(atServer);
  if (final === null && otherWorks) {
    const title = `the passive port ${place} of ${verb} cannot be connected to (${failure}), and that of PASV can`;
    return { diagnosis: 'epsv-port-unreachable-but-pasv-works', severity: 'warning', title };
  }
  if (final === null) {
    const timedOut = /timed out|no connection within/.test(failure ?? '');
    return {
      diagnosis: timedOut ? 'data-passive-timeout' : 'data-passive-refused',
      severity: 'error',
      title: `the passive port ${place} of ${verb} cannot be connected to: ${failure}`,
      values: { range: atServer.port },
    };
  }
  if (failure === null && !isDataRefusal(final.code)) return null;
  const title = `a listing over ${verb} fails: ${failure ?? answerText(final)}`;
  return { diagnosis: 'data-connection-failed', severity: 'error', title };
}

/** It speaks of the data connection, and not of what was asked for. */
export function isDataRefusal(code: number): boolean {
  return [425, 426, 521, 522].includes(code);
}

/** To be asked when all transfers are through. */
export const PORTS: readonly Probe[] = [
  { id: 'passive-ports', group: 'data', needs: 'login', run: async (bench) => ports(bench) },
];

/** On a connection of its own: a server may wait a minute for a port that it does not reach. */
async function active(bench: Bench): Promise<Outcome> {
  const [local, remote] = [bench.entry.conversation.local, bench.entry.conversation.remote];
  const verb = addressFamily(local.address) === 2 ? 'EPRT' : 'PORT';
  if (isPrivateAddress(local.address) && !isPrivateAddress(remote.address))
    return {
      text: `${verb}: not judged, as this machine has the private address ${local.address}, which the server does not reach`,
      facts: { works: null },
      isOpen: true,
    };
  const { conversation } = await bench.enterAgain();
  try {
    const { answer, port } = await portOf(conversation, 'active');
    const reply = answerText(answer);
    if (port === null)
      return {
        text: `${verb} is refused: ${reply}`,
        facts: { works: false, reply },
        conclusions: [
          {
            diagnosis: 'port-rejected',
            severity: 'note',
            title: `the server refuses active mode: ${reply}`,
            values: { reply, verb },
          },
        ],
      };
    const carried = await carry(conversation, 'LIST', port);
    const works = carried.failure === null && carried.final !== null && !isDataRefusal(carried.final.code);
    return works
      ? { text: `${verb}: the server connected to us, a listing came: ${finalText(carried)}`, facts: { works, reply } }
      : notArrived(verb, finalText(carried));
  } catch (error) {
    return notArrived(verb, error instanceof Error ? error.message : String(error));
  } finally {
    conversation.destroy();
  }
}

function notArrived(verb: string, why: string): Outcome {
  const text = `${verb}: not judged, as no connection of the server arrived here: its firewall, or one on our side (${why})`;
  return { text, facts: { works: null, reply: why }, isOpen: true };
}

function ports({ passivePorts }: Bench): Outcome | null {
  const [least, most] = [Math.min(...passivePorts), Math.max(...passivePorts)];
  if (passivePorts.length < 2) return null;
  return {
    text: `passive ports seen: ${passivePorts.length}, from ${least} to ${most}`,
    facts: { seen: passivePorts.length, from: least, to: most },
  };
}

/** RFC 2428 section 4: after it, only EPSV. */
async function epsvAll(bench: Bench): Promise<Outcome> {
  const { conversation } = await bench.enterAgain();
  try {
    const answer = await conversation.ask('EPSV ALL');
    if (!isCompletion(answer.code))
      return { text: `EPSV ALL is refused: ${answerText(answer)}`, facts: { taken: false, keeps: null } };
    const epsv = await conversation.ask('EPSV');
    const pasv = await conversation.ask('PASV');
    const keeps = !isCompletion(pasv.code);
    return {
      text: `EPSV ALL: ${answer.code}, then EPSV: ${epsv.code}, and PASV: ${pasv.code}${keeps ? '' : ', which it should refuse'}`,
      facts: { taken: true, keeps },
    };
  } finally {
    await conversation.quit();
  }
}

/** The name leads to an address of the other family as well: clients prefer IPv6, or have nothing else. */
async function otherFamily(bench: Bench): Promise<Outcome | null> {
  const own = addressFamily(bench.contact.address);
  const address = bench.addresses.find((one) => addressFamily(one) !== own);
  if (address === undefined) return null;
  const family = own === 1 ? 'IPv6' : 'IPv4';
  try {
    const { conversation } = await bench.enterAgain(address);
    const { answer, port } = await portOf(conversation, 'EPSV');
    const carried = port === null ? null : await carry(conversation, 'LIST', port);
    await conversation.quit();
    const works = carried?.final !== null && carried !== null && !isDataRefusal(carried.final.code);
    return {
      text: `${family}, ${address}: logged in, ${works ? 'a listing came over EPSV' : `no listing came over EPSV: ${answerText(answer)}`}`,
      facts: { address, works },
      conclusions: works ? [] : [unreachable(family, address, 'EPSV fails there')],
    };
  } catch (error) {
    const why = error instanceof Error ? error.message : String(error);
    // This machine may have no such network at all.
    if (/network is unreachable|address not available|no route to host/i.test(why))
      return { text: `${family}, ${address}: not judged, as this machine has no way there (${why})`, isOpen: true };
    return {
      text: `${family}, ${address}: ${why}`,
      facts: { address, works: false },
      conclusions: [unreachable(family, address, why)],
    };
  }
}

function unreachable(family: string, address: string, why: string): Conclusion {
  const title = `the name leads to ${address} as well (${family}), and clients fail there: ${why}`;
  // Clients go on with the other address at once.
  const severity = /refused/.test(why) ? 'note' : 'warning';
  return { diagnosis: 'other-address-unreachable', severity, title };
}
