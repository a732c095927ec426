// The control connection: who answers, how soon, and what it makes of the plainest commands.
import { SERVER_NAMES } from '../../diagnosis/peers.js';
import { formatEndpoint } from '../../protocol/endpoint.js';
import { isCompletion, isNegative } from '../../protocol/reply.js';
import { formatDuration } from '../../words/quantities.js';
import type { Conclusion } from '../findings.js';
import type { Probe } from '../probe.js';
import { answerText } from '../talk.js';

/** People wait for it, and clients give up at ten. */
const SLOW_GREETING_MS = 3_000;

/** No server has it. */
const UNKNOWN_COMMAND = 'XFTP';

export const CONNECTION: readonly Probe[] = [
  {
    id: 'address',
    group: 'connection',
    needs: 'connection',
    run: async ({ entry, addresses, contact }) => {
      const { remote, connectMs } = entry.conversation;
      const others = addresses.filter((address) => address !== remote.address);
      const also = others.length === 0 ? '' : `; the name has ${others.join(', ')}, too`;
      return {
        text: `${formatEndpoint(remote)}, connected in ${formatDuration(connectMs)}${also}`,
        facts: { address: remote.address, port: remote.port, connectMs, addresses, implicitTls: contact.implicitTls },
      };
    },
  },
  {
    id: 'greeting',
    group: 'connection',
    needs: 'connection',
    run: async ({ entry: { greeting } }) => {
      const conclusions: Conclusion[] = [];
      if (greeting.ms > SLOW_GREETING_MS)
        conclusions.push({
          diagnosis: 'greeting-delayed',
          severity: 'warning',
          title: `the server greets after ${formatDuration(greeting.ms)} only`,
          values: { delay: formatDuration(greeting.ms) },
        });
      return {
        text: `${answerText(greeting)}, after ${formatDuration(greeting.ms)}`,
        facts: { code: greeting.code, text: answerText(greeting), ms: greeting.ms },
        conclusions,
      };
    },
  },
  {
    id: 'system',
    group: 'connection',
    needs: 'connection',
    run: async (bench) => {
      const answer = await (await bench.session()).ask('SYST');
      const { serverKind } = bench;
      const name = serverKind === null ? null : SERVER_NAMES[serverKind];
      return {
        text: `SYST: ${answerText(answer)}${name === null ? '' : `; it speaks like ${name}`}`,
        facts: { code: answer.code, text: answerText(answer), server: name },
      };
    },
  },
  {
    id: 'noop',
    group: 'connection',
    needs: 'connection',
    run: async (bench) => {
      const answer = await (await bench.session()).ask('NOOP');
      return { text: `NOOP: ${answerText(answer)}`, facts: { code: answer.code, ms: answer.ms } };
    },
  },
  {
    id: 'unknown-command',
    group: 'connection',
    needs: 'login',
    run: async (bench) => {
      const answer = await (await bench.session()).ask(UNKNOWN_COMMAND);
      const conclusions: Conclusion[] = isNegative(answer.code)
        ? []
        : [
            {
              diagnosis: 'unknown-command-accepted',
              severity: 'warning',
              title: `the server answers an unknown command with ${answer.code}`,
            },
          ];
      return {
        text: `an unknown command is answered: ${answerText(answer)}`,
        facts: { code: answer.code, text: answerText(answer) },
        conclusions,
      };
    },
  },
  {
    id: 'pipelining',
    group: 'connection',
    needs: 'login',
    run: async (bench) => {
      const session = await bench.session();
      const unsafe = (what: string): Conclusion => ({
        diagnosis: 'pipelining-unsafe',
        severity: 'note',
        title: `of two commands sent at once, the server ${what}`,
      });
      try {
        const [first, second] = await session.askAtOnce(['PWD', 'NOOP']);
        const inOrder = first?.code === 257 && second !== undefined && isCompletion(second.code) && second.code !== 257;
        return {
          text: inOrder
            ? 'two commands sent at once are answered in order'
            : `two commands sent at once: ${first?.code} to PWD, ${second?.code} to NOOP`,
          facts: { inOrder },
          conclusions: inOrder ? [] : [unsafe('answers something else than to one at a time')],
        };
      } catch {
        session.destroy();
        const conclusions = [unsafe('does not answer both')];
        return { text: 'two commands sent at once are not both answered', facts: { inOrder: false }, conclusions };
      }
    },
  },
];
