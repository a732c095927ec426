// TLS of data connections: whether they have to resume the session of the control connection, can, and end as they should.

import type { SessionTls } from '../../ends/tls/session-tls.js';
import { isCompletion, isNegative } from '../../protocol/reply.js';
import type { Bench } from '../bench.js';
import { type Carried, carry, portOf } from '../carrying.js';
import type { Conclusion } from '../findings.js';
import type { Outcome, Probe } from '../probe.js';
import { answerText } from '../talk.js';
import { isDataRefusal } from './data-modes.js';

export const DATA_TLS: readonly Probe[] = [{ id: 'resumption', group: 'tls', needs: 'login', run: resumption }];

/** One listing that resumes and one that does not, on connections of their own: a server may hang up at either. */
async function resumption(bench: Bench): Promise<Outcome | null> {
  if (!bench.encrypts || !bench.entry.conversation.protects) return null;
  const resumed = await listed(bench, undefined);
  const full = await listed(bench, bench.contact.newTls());
  if (resumed === null || full === null) return { text: 'not judged: no data connection came about', isOpen: true };
  const isOther = ({ final }: Carried) => final !== null && isNegative(final.code) && !isDataRefusal(final.code);
  if (isOther(resumed)) return { text: `not judged: the server lists nothing: ${wordsOf(resumed)}`, isOpen: true };
  const [resumedWorks, fullWorks] = [resumed, full].map(({ final }) => final !== null && isCompletion(final.code));
  const didResume = resumed.tls?.resumed === true;
  return {
    text: textOf(didResume, resumedWorks === true, fullWorks === true),
    facts: {
      ...{ canResume: didResume, resumedWorks: resumedWorks === true, mustResume: resumedWorks === true && !fullWorks },
      ...{ withoutResumption: wordsOf(full), closeNotify: !(resumed.endedAbruptly || full.endedAbruptly) },
    },
    conclusions: [
      ...resumptionFindings(resumed, full, resumedWorks === true, fullWorks === true),
      ...farewell(resumed, full),
      ...otherCertificate(bench, full),
    ],
  };
}

async function listed(bench: Bench, tls: SessionTls | undefined): Promise<Carried | null> {
  const { conversation } = await bench.enterAgain();
  try {
    for (const mode of ['EPSV', 'PASV'] as const) {
      const { port } = await portOf(conversation, mode);
      if (port === null) continue;
      const carried = await carry(conversation, 'LIST', port, tls === undefined ? {} : { tls });
      if (carried.final !== null) return carried;
    }
    return null;
  } catch (error) {
    // vsftpd closes the control connection behind its 522, or instead.
    const failure = error instanceof Error ? error.message : String(error);
    return { final: null, rest: null, text: '', isCut: false, tls: null, endedAbruptly: false, failure };
  } finally {
    await conversation.quit();
  }
}

function textOf(didResume: boolean, resumedWorks: boolean, fullWorks: boolean): string {
  if (!didResume)
    return `sessions are not resumed on data connections; data connections ${fullWorks ? 'work' : 'fail'}`;
  if (!resumedWorks)
    return `a data connection that resumes fails; one that does not ${fullWorks ? 'works' : 'fails, too'}`;
  return fullWorks
    ? 'data connections may resume the TLS session, and need not'
    : 'data connections must resume the TLS session of the control connection';
}

const wordsOf = ({ final, failure }: Carried) => (final === null ? (failure ?? '') : answerText(final));

function resumptionFindings(
  resumed: Carried,
  full: Carried,
  resumedWorks: boolean,
  fullWorks: boolean,
): readonly Conclusion[] {
  if (resumedWorks && fullWorks) return [];
  if (resumedWorks)
    return [
      {
        diagnosis: 'tls-session-reuse-required',
        severity: 'note',
        title: `data connections must resume the TLS session, which not every client can: ${wordsOf(full)}`,
      },
    ];
  if (fullWorks)
    return [
      {
        diagnosis: 'tls-session-reuse-lost',
        severity: 'warning',
        title: `data connections that resume the TLS session fail: ${wordsOf(resumed)}`,
      },
    ];
  return [
    {
      diagnosis: 'tls-handshake-failed',
      severity: 'error',
      title: `encrypted data connections fail: ${wordsOf(full)}`,
    },
  ];
}

function farewell(...all: readonly Carried[]): readonly Conclusion[] {
  if (!all.some(({ endedAbruptly }) => endedAbruptly)) return [];
  return [
    {
      diagnosis: 'tls-no-close-notify',
      severity: 'warning',
      title: 'the server ends encrypted data connections without close_notify: clients cannot tell the end from a cut',
    },
  ];
}

/** Of a full handshake: a resumed one shows no certificate. */
function otherCertificate({ entry }: Bench, { tls }: Carried): readonly Conclusion[] {
  const [own, ofData] = [entry.tls?.certificate, tls?.certificate];
  if (!own || !ofData || own.fingerprint256 === ofData.fingerprint256) return [];
  return [
    {
      diagnosis: 'tls-data-cert-differs',
      severity: 'warning',
      title: 'the server shows another certificate on data connections than on the control connection',
    },
  ];
}
