// A client's encrypted data connection resumes the session of its control connection, or is reported, or refused.
import { describe } from 'vitest';
import type { TlsFacts } from '../../src/dialogue/observation.js';
import { type Playbook, scene, TLS } from '../support/playbook.js';

const STAGE = { tls: { client: 'offer', server: 'off' } } as const;
const STRICT = { ...STAGE, policy: { requireDataResumption: true } } as const;
const NOT_RESUMED = { kind: 'violation', side: 'client', code: 'data-not-resumed' } as const;
const RESUMED = { ...TLS, resumed: true };
const OLDER = { ...TLS, protocol: 'TLSv1.2' };

function encrypted(p: Playbook): Playbook {
  p.greets().says('client', 'AUTH TLS').hearsAnything('client').secures('client');
  return p.says('client', 'PBSZ 0', 'PROT P').hearsAnything('client');
}

/** A transfer is asked for over link `link`, and the client's data connection is encrypted. */
function connects(p: Playbook, link: number, tls: TlsFacts): Playbook {
  p.passive(link).legStands(link, 'client').awaitsTls(link).says('client', 'RETR a').hears('server', 'RETR a');
  return p.happens({ kind: 'data-leg-secured', link, side: 'client', tls });
}

/** The same, and the transfer goes through. */
function downloads(p: Playbook, link: number, tls: TlsFacts): Playbook {
  connects(p, link, tls).says('server', '150 ok').hears('client', '150 ok').flows(link, 'download', 'RETR', 'a');
  return p.dataEnds(link, 3).says('server', '226 ok').hears('client', '226 ok');
}

describe('reported', () => {
  scene(
    'once a session',
    (p) => {
      downloads(encrypted(p), 1, TLS).sees({ ...NOT_RESUMED, action: 'served' });
      downloads(p, 2, TLS).doesNotSee(NOT_RESUMED);
    },
    STAGE,
  );

  scene(
    'not for a client that resumes',
    (p) => {
      downloads(encrypted(p), 1, RESUMED).doesNotSee(NOT_RESUMED);
    },
    STAGE,
  );

  scene(
    'nor for one of TLS 1.3 that may have no ticket left',
    (p) => {
      downloads(downloads(encrypted(p), 1, RESUMED), 2, TLS).doesNotSee(NOT_RESUMED);
    },
    STAGE,
  );

  scene(
    'but for one of TLS 1.2, whose session is good for any number',
    (p) => {
      downloads(encrypted(p), 1, { ...OLDER, resumed: true }).doesNotSee(NOT_RESUMED);
      downloads(p, 2, OLDER).sees(NOT_RESUMED);
    },
    STAGE,
  );
});

describe('refused', () => {
  scene(
    'with 522, and the server cut off',
    (p) => {
      connects(encrypted(p), 1, TLS).wants({ kind: 'drop-link', link: 1 });
      p.hears(
        'client',
        '522 The data connection does not resume the TLS session of the control connection, which is required here',
      );
      p.sees({ ...NOT_RESUMED, action: 'answered 522' }).sees({
        kind: 'link-closed',
        outcome: 'failed',
        cause: 'tls-failed',
      });
      p.says('server', '150 ok', '426 cut').expectNothing();
      downloads(p, 2, RESUMED);
    },
    STRICT,
  );
});
