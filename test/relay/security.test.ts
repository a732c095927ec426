// TLS through the session core: AUTH, PBSZ, PROT and CCC, each leg with its own policy, and what is said behind AUTH's back.
import { describe, expect, test } from 'vitest';
import { Playbook, scene, TLS } from '../support/playbook.js';

const SAME = { tls: { client: 'offer', server: 'same' } } as const;
const TLS_SERVER = { tls: { client: 'offer', server: 'require' } } as const;
const PLAIN_SERVER = { tls: { client: 'offer', server: 'off' } } as const;

/** Both legs encrypted because the client asked for it. */
function encrypted(p: Playbook): Playbook {
  p.greets().says('client', 'AUTH TLS').hears('server', 'AUTH TLS').says('server', '234 go ahead');
  return p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
}

/** The server's leg encrypted before the client was greeted. */
function greetedOverTls(p: Playbook): Playbook {
  p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '234 ok').secures('server');
  p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
  return p.hears('client', '220 ready');
}

describe('the same on both legs', () => {
  scene(
    'AUTH TLS goes to the server first, and then both handshakes begin: the client names the server that it wants',
    (p) => {
      encrypted(p)
        .sees({ kind: 'command', verb: 'AUTH', number: 1 })
        .sees({ kind: 'command', verb: 'AUTH', by: 'proxy' });
      p.sees({ kind: 'reply', code: 234, answers: 1, by: 'proxy' }).sees({
        kind: 'tls',
        side: 'client',
        leg: 'control',
      });
      p.sees({ kind: 'tls', side: 'server', leg: 'control', protocol: 'TLSv1.3', failure: null });
      p.exchanges('USER anna', '331 ok');
    },
    SAME,
  );

  scene(
    'PBSZ and PROT are relayed, and hold for the data legs of both',
    (p) => {
      encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').passive(1);
      p.legStands(1, 'client').awaitsTls(1).expectNothing();
      p.says('client', 'LIST').hears('server', 'LIST');
      p.legSecures(1, 'server').says('server', '150 ok').hears('client', '150 ok').expectNothing();
      p.happens({ kind: 'data-leg-secured', link: 1, side: 'client', tls: TLS }).flows(1, 'download', 'LIST', '');
      p.sees({ kind: 'tls', side: 'server', leg: 'data', link: 1 }).sees({ kind: 'tls', side: 'client', leg: 'data' });
    },
    SAME,
  );

  scene(
    'PROT C goes back to the clear',
    (p) => {
      encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').exchanges('PROT C', '200 ok').passive(1);
      p.legStands(1, 'client');
      p.says('client', 'LIST').hears('server', 'LIST').says('server', '150 ok').hears('client', '150 ok');
      p.flows(1, 'download', 'LIST', '');
    },
    SAME,
  );

  scene(
    'PROT C that the server refuses leaves the legs private',
    (p) => {
      encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').exchanges('PROT C', '534 no').passive(1);
      p.legStands(1, 'client').awaitsTls(1);
    },
    SAME,
  );

  scene(
    "a server without TLS: its refusal is the client's answer, and the session goes on",
    (p) => {
      p.greets().says('client', 'AUTH TLS').hears('server', 'AUTH TLS').says('server', '500 AUTH not understood');
      p.hears('client', '500 AUTH not understood').exchanges('USER anna', '331 ok');
    },
    SAME,
  );

  scene(
    'a server whose TLS fails: the client is told why, and let go',
    (p) => {
      p.greets().says('client', 'AUTH TLS').hears('server', 'AUTH TLS').says('server', '234 ok');
      p.hears('client', '234 Proceed with the TLS handshake').wants({ kind: 'secure-control', side: 'client' });
      p.wants({ kind: 'secure-control', side: 'server' });
      p.happens({ kind: 'control-insecure', side: 'server', reason: 'its certificate has expired', tls: TLS });
      p.hears(
        'client',
        '421 Cannot secure the connection to the server ftp.example.com:21: its certificate has expired',
      ).isOver();
      p.sees({ kind: 'tls', side: 'server', failure: 'its certificate has expired' });
    },
    SAME,
  );

  for (const mechanism of ['SSL', 'TLS-C', 'TLS-P']) {
    scene(
      `AUTH ${mechanism} is what the server is asked`,
      (p) => {
        p.greets().says('client', `AUTH ${mechanism}`).hears('server', `AUTH ${mechanism}`).says('server', '234 go');
        p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
        if (mechanism !== 'TLS-C') {
          p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
        }
      },
      SAME,
    );
  }

  scene(
    'a server that does not know what the client asks for is asked for something else',
    (p) => {
      p.greets().says('client', 'AUTH TLS').hears('server', 'AUTH TLS').says('server', '504 unknown');
      p.hears('server', 'AUTH SSL').says('server', '234 go');
      p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
      // AUTH SSL may have meant PROT P; now it does.
      p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
    },
    SAME,
  );

  scene(
    'what it answered first is what the client hears',
    (p) => {
      p.greets().says('client', 'AUTH SSL').hears('server', 'AUTH SSL').says('server', '504 no SSL');
      p.hears('server', 'AUTH TLS').says('server', '504 no TLS').hears('server', 'AUTH TLS-C');
      p.says('server', '504 no TLS-C').hears('client', '504 no SSL').exchanges('USER anna', '331 ok');
    },
    SAME,
  );

  scene(
    'CCC is for the server to refuse, where nothing is encrypted',
    (p) => void p.greets().exchanges('CCC', '500 CCC unknown here'),
    SAME,
  );

  scene(
    'a plain client stays plain',
    (p) => {
      p.greets().exchanges('USER anna', '331 ok').passive(1).legStands(1, 'client');
    },
    SAME,
  );
});

describe('nothing goes on in the clear without a word', () => {
  const refusingData = (p: Playbook) => {
    p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '234 ok');
    p.secures('server').hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P');
    return p.says('server', '536 not here').hears('client', '220 ready');
  };
  const detail = 'the server does not encrypt data connections: it answered PROT P with 536 not here';

  scene(
    '`require` covers data: a transfer is answered 521',
    (p) => {
      refusingData(p).exchanges('USER anna', '331 ok').passive(1).legStands(1, 'client');
      p.says('client', 'STOR f');
      p.hears('client', '521 The server does not encrypt data connections, and has to');
      p.sees({ kind: 'violation', side: 'server', code: 'unencrypted-data', detail }).exchanges('NOOP', '200 ok');
    },
    TLS_SERVER,
  );

  scene(
    '`auto` goes on, and reports it',
    (p) => {
      refusingData(p).sees({ kind: 'violation', side: 'server', code: 'unencrypted-data', detail }).passive(1);
      p.legStands(1, 'client').says('client', 'LIST');
      p.hears('server', 'LIST').says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
    },
    { tls: { client: 'offer', server: 'auto' } },
  );

  scene(
    '`auto` without AUTH at the server is reported, once',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '502 no');
      p.hears('client', '220 ready').sees({ kind: 'violation', side: 'server', code: 'unencrypted-server' });
      p.says('client', 'AUTH TLS').hears('server', 'AUTH TLS').says('server', '502 no');
      p.hears('client', '234 Proceed with the TLS handshake').secures('client').exchanges('USER anna', '331 ok');
      expect(p.observations.filter(({ kind }) => kind === 'violation')).toHaveLength(1);
    },
    { tls: { client: 'offer', server: 'auto' } },
  );
});

describe('while the legs are being encrypted', () => {
  test('the client is not listened to before both are', () => {
    const p = new Playbook(SAME).greets().says('client', 'AUTH TLS').hears('server', 'AUTH TLS');
    p.says('server', '234 ok').hears('client', '234 Proceed with the TLS handshake');
    p.wants({ kind: 'secure-control', side: 'client' }).wants({ kind: 'secure-control', side: 'server' });
    p.happens({ kind: 'control-secured', side: 'client', tls: TLS });
    expect(p.relay.mayRead('client')).toBe(false);
    p.happens({ kind: 'control-secured', side: 'server', tls: TLS });
    expect(p.relay.mayRead('client')).toBe(true);
  });

  scene(
    'AUTH SSL means PROT P on both',
    (p) => {
      p.greets().says('client', 'AUTH SSL').hears('server', 'AUTH SSL').says('server', '234 ok');
      p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
      p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
      p.exchanges('USER anna', '331 ok').passive(1).legStands(1, 'client');
      p.awaitsTls(1);
    },
    SAME,
  );

  scene(
    'the server is asked for the name in a HOST that it took',
    (p) => {
      p.greets().exchanges('HOST b.example', '220 ok').exchanges('HOST c.example', '504 no').says('client', 'AUTH TLS');
      p.hears('server', 'AUTH TLS').says('server', '234 ok').hears('client', '234 Proceed with the TLS handshake');
      p.wants({ kind: 'secure-control', side: 'client' });
      p.wants({ kind: 'secure-control', side: 'server', host: 'b.example' });
    },
    SAME,
  );
});

describe('a plain client and a server that insists on TLS', () => {
  scene(
    'the server leg is encrypted before the client is greeted',
    (p) => {
      greetedOverTls(p).exchanges('USER anna', '331 ok').passive(1);
      p.legStands(1, 'client');
      p.says('client', 'LIST').hears('server', 'LIST').legSecures(1, 'server');
      p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
    },
    TLS_SERVER,
  );

  scene(
    'that knows AUTH SSL alone',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '504 what?');
      p.hears('server', 'AUTH SSL').says('server', '234 ok').secures('server');
      p.hears('server', 'PBSZ 0').says('server', '200 ok').hears('server', 'PROT P').says('server', '200 ok');
      p.hears('client', '220 ready').says('client', 'CCC').hears('client', '533 The connection is not protected');
    },
    TLS_SERVER,
  );

  test('the client is not read before, and what it said early is not lost', () => {
    const p = new Playbook(TLS_SERVER).serverConnects();
    expect(p.relay.mayRead('client')).toBe(false);
    p.says('client', 'USER anna', 'PASS x').says('server', '220 ready').hears('server', 'AUTH TLS');
    p.says('server', '234 ok').secures('server').hears('server', 'PBSZ 0').says('server', '200 ok');
    p.hears('server', 'PROT P')
      .says('server', '200 ok')
      .hears('server', 'USER anna', 'PASS x')
      .hears('client', '220 ready');
    expect(p.relay.mayRead('client')).toBe(true);
  });

  scene(
    'a server without TLS is not used',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '502 no');
      p.hears('client', '421 The server does not encrypt: it answered AUTH TLS with 502 no').isOver();
    },
    TLS_SERVER,
  );

  const upToPbsz = (p: Playbook) =>
    p
      .serverConnects()
      .says('server', '220 ready')
      .hears('server', 'AUTH TLS')
      .says('server', '234 ok')
      .secures('server')
      .hears('server', 'PBSZ 0');

  scene(
    'a server that breaks off before the client is greeted',
    (p) => {
      upToPbsz(p).happens({ kind: 'control-lost', from: 'server', reason: 'reset' });
      p.hears('client', '421 The connection to the server broke: reset').isOver();
    },
    TLS_SERVER,
  );

  scene(
    'a server that closes before the client is greeted',
    (p) => {
      upToPbsz(p).happens({ kind: 'control-ended', from: 'server' });
      p.hears('client', '421 The server closed the connection before TLS was agreed on').isOver();
    },
    TLS_SERVER,
  );

  scene(
    'with auto it is used in the clear',
    (p) => {
      p.serverConnects().says('server', '220 ready').hears('server', 'AUTH TLS').says('server', '502 no');
      p.hears('client', '220 ready').exchanges('USER anna', '331 ok');
    },
    { tls: { client: 'offer', server: 'auto' } },
  );

  scene(
    'a client that encrypts as well agrees with the proxy alone',
    (p) => {
      greetedOverTls(p)
        .says('client', 'AUTH TLS')
        .hears('client', '234 Proceed with the TLS handshake')
        .secures('client');
      p.says('client', 'PBSZ 0', 'PROT C').hears('client', '200 PBSZ=0', '200 Protection level set to C').passive(1);
      p.legStands(1, 'client');
      p.says('client', 'LIST').hears('server', 'LIST').legSecures(1, 'server');
    },
    TLS_SERVER,
  );
});

describe('a client that insists on TLS and a plain server', () => {
  scene(
    'the server hears nothing of AUTH, PBSZ and PROT',
    (p) => {
      p.greets().says('client', 'AUTH TLS').hears('client', '234 Proceed with the TLS handshake').secures('client');
      p.says('client', 'PBSZ 0', 'PROT P').hears('client', '200 PBSZ=0', '200 Protection level set to P').passive(1);
      p.legStands(1, 'client').awaitsTls(1);
      p.says('client', 'LIST').hears('server', 'LIST');
      p.happens({ kind: 'data-leg-secured', link: 1, side: 'client', tls: TLS });
      p.says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
    },
    PLAIN_SERVER,
  );
});

describe('implicit FTPS', () => {
  scene(
    'the client speaks TLS from the first byte',
    (p) => {
      p.happens({ kind: 'tick' }).secures('client').greets().says('client', 'PBSZ 0').hears('client', '200 PBSZ=0');
    },
    { tls: { client: 'offer', server: 'off', clientImplicit: true } },
  );

  scene(
    'the server speaks TLS from the first byte',
    (p) => {
      p.serverConnects()
        .secures('server')
        .says('server', '220 ready')
        .hears('server', 'PBSZ 0')
        .says('server', '200 ok');
      p.hears('server', 'PROT P')
        .says('server', '200 ok')
        .hears('client', '220 ready')
        .exchanges('USER anna', '331 ok');
    },
    { tls: { client: 'offer', server: 'same', serverImplicit: true } },
  );
});

describe('what the client may have', () => {
  const FEATURES = ['211-Features:', ' AUTH TLS', ' PBSZ', ' PROT', ' CCC', ' SIZE', '211 End'] as const;
  const PLAIN = ['211-Features:', ' SIZE', '211 End'] as const;
  const OFFERED = ['211-Features:', ' SIZE', ' AUTH TLS', ' PBSZ', ' PROT', '211 End'] as const;

  for (const [name, tls, server, client] of [
    ['as the server has it, without CCC', SAME.tls, FEATURES, FEATURES.filter((line) => line !== ' CCC')],
    ['nothing where the server has nothing', SAME.tls, PLAIN, PLAIN],
    ['offered in front of a plain server', PLAIN_SERVER.tls, PLAIN, OFFERED],
    ['nothing where it is switched off', { client: 'off' }, FEATURES, PLAIN],
  ] as const) {
    scene(
      `FEAT: ${name}`,
      (p) => {
        p.greets()
          .says('client', 'FEAT')
          .hears('server', 'FEAT')
          .says('server', ...server)
          .hears('client', ...client);
      },
      { tls },
    );
  }

  scene(
    'no login in the clear where TLS is required',
    (p) => {
      p.greets().says('client', 'USER anna').hears('client', '530 This proxy requires AUTH TLS before a login');
      p.exchanges('SYST', '215 UNIX').says('client', 'AUTH TLS').hears('client', '234 Proceed with the TLS handshake');
      p.secures('client').exchanges('USER anna', '331 ok');
    },
    { tls: { client: 'require', server: 'off' } },
  );
});

describe('refused', () => {
  for (const [command, reply] of [
    ['AUTH GSSAPI', '504 Only AUTH TLS is understood; with --tls passthrough the proxy relays others unseen'],
    ['ADAT abc', '502 Only AUTH TLS is understood; with --tls passthrough the proxy relays others unseen'],
  ] as const) {
    scene(`${command} before AUTH TLS`, (p) => void p.greets().says('client', command).hears('client', reply), SAME);
  }

  for (const [command, reply] of [
    ['AUTH TLS', '503 This connection is encrypted already'],
    ['CCC', '534 The connection stays encrypted: CCC is refused'],
  ] as const) {
    scene(`${command} after AUTH TLS`, (p) => void encrypted(p).says('client', command).hears('client', reply), SAME);
  }

  scene(
    'PROT S and E, and a PBSZ that is no number, where the proxy is asked alone',
    (p) => {
      greetedOverTls(p)
        .says('client', 'AUTH TLS')
        .hears('client', '234 Proceed with the TLS handshake')
        .secures('client');
      p.says('client', 'PBSZ none').hears('client', '501 PBSZ takes a number; for TLS it is 0');
      p.says('client', 'PBSZ 0').hears('client', '200 PBSZ=0');
      p.says('client', 'PROT S').hears('client', '536 PROT S is not supported by TLS');
      p.says('client', 'PROT X').hears('client', '504 PROT takes C or P');
    },
    TLS_SERVER,
  );

  scene(
    'PROT with no PBSZ before it, unless the server takes it',
    (p) => {
      encrypted(p)
        .exchanges('PROT E', '536 no')
        .exchanges('PROT P', '503 PBSZ first')
        .exchanges('PROT P', '200 as you like');
      p.passive(1).legStands(1, 'client').awaitsTls(1);
    },
    SAME,
  );
});

describe('what is said in the clear behind AUTH is not believed', () => {
  scene(
    'commands of the client',
    (p) => {
      p.greets().says('client', 'AUTH TLS', 'USER mallory', 'PAS').hears('server', 'AUTH TLS').says('server', '234 ok');
      p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
      p.sees({ kind: 'violation', side: 'client', code: 'pipelined-behind-auth' }).exchanges('USER anna', '331 ok');
    },
    SAME,
  );

  scene(
    'but of a client whose AUTH was refused',
    (p) => {
      p.greets().says('client', 'AUTH TLS', 'USER anna').hears('server', 'AUTH TLS').says('server', '502 no');
      p.hears('server', 'USER anna').hears('client', '502 no');
    },
    SAME,
  );

  scene(
    'replies of the server',
    (p) => {
      p.greets()
        .says('client', 'AUTH TLS')
        .hears('server', 'AUTH TLS')
        .says('server', '234 ok', '230 logged in, honestly');
      p.hears('client', '234 Proceed with the TLS handshake').securesBoth();
      const detail = '25 bytes in the clear behind the 234: 230 logged in, honestly';
      p.sees({ kind: 'violation', side: 'server', code: 'pipelined-behind-auth', detail });
    },
    SAME,
  );
});

describe('PBSZ and PROT with no AUTH before them', () => {
  scene(
    'are left to the server, which refuses',
    (p) => {
      p.greets().exchanges('PBSZ 0', '503 AUTH first').exchanges('PROT P', '503 PBSZ first').passive(1);
      p.legStands(1, 'client');
      p.says('client', 'LIST').hears('server', 'LIST').says('server', '150 ok').hears('client', '150 ok');
      p.flows(1, 'download', 'LIST', '');
    },
    SAME,
  );

  scene(
    'or takes them, and is taken at its word',
    (p) => {
      p.greets().exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').passive(1).legStands(1, 'client');
      p.awaitsTls(1);
    },
    SAME,
  );

  scene(
    'are answered here where the legs differ',
    (p) => {
      p.greets().says('client', 'PBSZ 0').hears('client', '503 PBSZ comes after AUTH (RFC 4217 section 8)');
      p.says('client', 'PROT P').hears('client', '503 PROT comes after PBSZ (RFC 4217 section 9)');
    },
    PLAIN_SERVER,
  );
});

describe('passthrough', () => {
  scene(
    'from the 234 on bytes are relayed as they come',
    (p) => {
      p.greets()
        .exchanges('AUTH TLS', '234 ok')
        .saysBytes('client', '\x16\x03\x01 PASV\r\n')
        .hearsBytes('server', '\x16\x03\x01 PASV\r\n');
      p.saysBytes('server', '227 (1,2,3,4,5,6)\r\n').hearsBytes('client', '227 (1,2,3,4,5,6)\r\n');
      p.sees({ kind: 'violation', code: 'encrypted-passthrough' });
    },
    { tls: { client: 'offer', server: 'same', passthrough: true } },
  );
});

describe('passthrough of other mechanisms', () => {
  scene(
    'from the 334 on',
    (p) => {
      p.greets().exchanges('AUTH GSSAPI', '334 ok').saysBytes('client', 'ADAT YII=\r\nMIC UE9S\r\n');
      p.hearsBytes('server', 'ADAT YII=\r\nMIC UE9S\r\n').saysBytes('server', '235 ADAT=\r\n631 227\r\n');
      p.hearsBytes('client', '235 ADAT=\r\n631 227\r\n');
    },
    { tls: { client: 'offer', server: 'same', passthrough: true } },
  );
});

describe('a client that does not wait with its data handshake for the transfer command', () => {
  const early = (p: Playbook) => {
    encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').passive(1).legStands(1, 'client');
    p.awaitsTls(1);
    return p.happens({ kind: 'data-leg-secured', link: 1, side: 'client', tls: TLS });
  };

  scene(
    'is answered, and that is reported; the server gets its handshake with the command',
    (p) => {
      early(p).sees({ kind: 'tls', side: 'client', leg: 'data', link: 1, early: true });
      p.says('client', 'LIST').hears('server', 'LIST');
      p.legSecures(1, 'server').says('server', '150 ok').hears('client', '150 ok').flows(1, 'download', 'LIST', '');
    },
    SAME,
  );

  test('nothing is reported of one that waits', () => {
    const p = new Playbook(SAME);
    encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').passive(1).legStands(1, 'client');
    p.awaitsTls(1).says('client', 'LIST').hears('server', 'LIST');
    p.wants({ kind: 'secure-leg', link: 1, side: 'server' });
    p.happens({ kind: 'data-leg-secured', link: 1, side: 'client', tls: TLS });
    const handshake = p.observations.findLast(({ kind }) => kind === 'tls');
    expect(handshake).toMatchObject({ leg: 'data', side: 'client' });
    expect(handshake).not.toHaveProperty('early');
  });
});

describe('data legs whose TLS fails', () => {
  scene(
    'end the transfer, and no success is told',
    (p) => {
      encrypted(p).exchanges('PBSZ 0', '200 ok').exchanges('PROT P', '200 ok').passive(1).legStands(1, 'client');
      p.awaitsTls(1);
      p.says('client', 'LIST').hears('server', 'LIST').wants({ kind: 'secure-leg', link: 1, side: 'server' });
      p.happens({ kind: 'data-leg-insecure', link: 1, side: 'server', reason: 'session reuse required', tls: TLS });
      p.wants({ kind: 'drop-link', link: 1 }).says('server', '522 session reuse required');
      p.hears('client', '522 session reuse required').sees({
        kind: 'tls',
        leg: 'data',
        failure: 'session reuse required',
      });
    },
    SAME,
  );
});
