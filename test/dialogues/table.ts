// Dialogues, and what everyone who listens has to find in them: which command each reply answers, which data port is announced, how
// each transfer ended. The live relay, captures, exports and replays all read this table (dialogues.test.ts).
//
// A dialogue is what the peers say between a greeting and the end of the session, in the order in which it passes:
//   > line     the client says it
//   < text     the server replies; several lines with LF between them
//   = bytes    a data connection is dialled, carries these bytes of the latest transfer and ends
//   =~ bytes   the same, and does not end yet
//   =! bytes   the same, and its sender resets it
//   =.         it ends; =x it is reset by its sender
// The client is 10.1.0.2 and the server 10.2.0.7. Where the client listens it does so at 195,81 (50001), the server at 195,80 (50000).

export interface DialogueRow {
  readonly name: string;
  readonly lines: readonly string[];
  /** Each command that was answered, in order, with the codes of its replies. */
  readonly answers: readonly string[];
  /** Codes of replies that answer no command. */
  readonly unasked?: readonly number[];
  /** Who listens for data where, as announced. */
  readonly ports?: readonly string[];
  /** Verb, path, bytes, outcome. */
  readonly transfers?: readonly string[];
  /** Why a replay cannot live through it. */
  readonly notReplayed?: { readonly asClient?: string; readonly asServer?: string };
}

const SERVER_PORT = 'server 10.2.0.7:50000';
const CLIENT_PORT = 'client 10.1.0.2:50001';
const STOPS = 'it stops at a reply that answers nothing';
const PASV_REPLY = '227 Entering Passive Mode (10,2,0,7,195,80).';
const DOWNLOAD = ['> RETR a', '< 150 Here', '= hello', '< 226 Done'];
const DOWNLOADED = { answers: ['RETR 150 226'], transfers: ['RETR a 5 complete'] };

/** One way in which a server announces its port. */
function announcing(name: string, command: string, reply: string): DialogueRow {
  const verb = command.split(' ')[0];
  return {
    name,
    lines: [`> ${command}`, `< ${reply}`, ...DOWNLOAD],
    answers: [`${verb} ${reply.slice(0, 3)}`, ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  };
}

/** One way in which a client announces its port. */
function naming(name: string, command: string): DialogueRow {
  const verb = command.split(' ')[0];
  return {
    name,
    lines: [`> ${command}`, '< 200 Port taken', ...DOWNLOAD],
    answers: [`${verb} 200`, ...DOWNLOADED.answers],
    ports: [CLIENT_PORT],
    transfers: DOWNLOADED.transfers,
  };
}

/** A reply that its command cannot have, in front of the right one. */
function late(command: string, odd: number, right: string, ports: readonly string[] = []): DialogueRow {
  const [verb = ''] = command.split(' ');
  return {
    name: `${odd} for ${verb}, then its ${right.slice(0, 3)}`,
    lines: [`> ${command}`, `< ${odd} Late`, `< ${right}`, '> NOOP', '< 200 ok'],
    answers: [`${verb} ${right.slice(0, 3)}`, 'NOOP 200'],
    unasked: [odd],
    ports,
    notReplayed: { asClient: STOPS },
  };
}

export const DIALOGUES: readonly DialogueRow[] = [
  announcing('a 227 in parentheses', 'PASV', PASV_REPLY),
  announcing('a 227 without parentheses', 'PASV', '227 Entering Passive Mode 10,2,0,7,195,80'),
  announcing('a 227 of several lines', 'PASV', '227-Entering\n Passive Mode (10,2,0,7,195,80)\n227 so there'),
  announcing('a 227 whose first line has the port', 'PASV', '227-Entering (10,2,0,7,195,80)\n227 so there'),
  announcing('a 227 that names 0.0.0.0', 'PASV', '227 Entering Passive Mode (0,0,0,0,195,80).'),
  announcing('a 229', 'EPSV', '229 Entering Extended Passive Mode (|||50000|)'),
  announcing('a 229 with another delimiter', 'EPSV', '229 ok (!!!50000!)'),
  announcing('a 229 that names a host', 'EPSV', '229 ok (|1|10.2.0.7|50000|)'),
  announcing('a 229 of several lines', 'EPSV', '229-ok\n (|||50000|)\n229 so there'),
  announcing('a 227 for EPSV', 'EPSV', PASV_REPLY),
  announcing('a 229 for PASV', 'PASV', '229 Entering Extended Passive Mode (|||50000|)'),
  announcing('a 200 for EPSV', 'EPSV', '200 ok (|||50000|)'),
  announcing('a 200 for PASV', 'PASV', '200 ok (10,2,0,7,195,80)'),
  naming('PORT', 'PORT 10,1,0,2,195,81'),
  naming('PORT with 0.0.0.0', 'PORT 0,0,0,0,195,81'),
  naming('EPRT', 'EPRT |1|10.1.0.2|50001|'),
  naming('EPRT with 0.0.0.0', 'EPRT |1|0.0.0.0|50001|'),
  {
    name: 'EPSV ALL asks for no port',
    lines: ['> EPSV ALL', '< 200 ok', '> EPSV', '< 229 ok (|||50000|)', ...DOWNLOAD],
    answers: ['EPSV 200', 'EPSV 229', ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'a refused PASV announces nothing',
    lines: ['> PASV', '< 425 No port', '> EPSV', '< 229 ok (|||50000|)', ...DOWNLOAD],
    answers: ['PASV 425', 'EPSV 229', ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'a 227 that nobody asked for',
    lines: [`< ${PASV_REPLY}`, ...DOWNLOAD],
    answers: DOWNLOADED.answers,
    unasked: [227],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
    notReplayed: { asClient: STOPS, asServer: 'what answers no command is not served' },
  },
  {
    name: 'a 227 in the place of the answer to NOOP',
    lines: ['> NOOP', `< ${PASV_REPLY}`, '> PWD', '< 257 "/"'],
    answers: ['PWD 257'],
    unasked: [227],
    ports: [SERVER_PORT],
    notReplayed: { asClient: STOPS, asServer: 'what answers no command is not served' },
  },
  late('PASV', 250, PASV_REPLY, [SERVER_PORT]),
  late('PWD', 230, '257 "/"'),
  late('PORT 10,1,0,2,195,81', 221, '200 ok', [CLIENT_PORT]),
  {
    name: 'a download in stream mode that is confirmed with 250',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> LIST', '< 125 Open', '= x', '< 250 Done'],
    answers: ['PASV 227', 'LIST 125 250'],
    ports: [SERVER_PORT],
    transfers: ['LIST  1 complete'],
  },
  {
    name: 'an upload',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> STOR up', '< 150 Go', '= sent', '< 226 Got it'],
    answers: ['PASV 227', 'STOR 150 226'],
    ports: [SERVER_PORT],
    transfers: ['STOR up 4 complete'],
  },
  {
    name: 'an empty file',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '= ', '< 226 Done'],
    answers: ['PASV 227', 'RETR 150 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 0 complete'],
  },
  {
    name: 'a final reply before the end of the data',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=~ hello', '< 226 Done', '=.'],
    answers: ['PASV 227', 'RETR 150 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 5 complete'],
  },
  {
    name: 'two 1yz replies before the final one',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '< 125 Still here', '= hello', '< 226 Done'],
    answers: ['PASV 227', 'RETR 150 125 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 5 complete'],
  },
  {
    name: 'a server that fails in the middle',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '= hel', '< 451 Disk on fire'],
    answers: ['PASV 227', 'RETR 150 451'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 failed'],
  },
  {
    name: 'a server that breaks off and says so',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=! hel', '< 426 Broken off'],
    answers: ['PASV 227', 'RETR 150 426'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 failed'],
    notReplayed: { asClient: 'a reset may take bytes with it that were sent before' },
  },
  {
    name: 'a last word that is a 1yz, and the next transfer',
    lines: [
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=! hel', '< 150 It was broken'],
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR b', '< 150 Here', '= hello', '< 226 Done'],
    ],
    answers: ['PASV 227', 'RETR 150 150', 'PASV 227', 'RETR 150 226'],
    ports: [SERVER_PORT, SERVER_PORT],
    transfers: ['RETR a 3 failed', 'RETR b 5 complete'],
    notReplayed: {
      asClient: 'a reset may take bytes with it that were sent before',
      asServer: 'it ends a broken transfer with a 426, as clients wait for one',
    },
  },
  {
    name: 'an upload in active mode',
    lines: ['> PORT 10,1,0,2,195,81', '< 200 ok', '> STOR up', '< 150 Go', '= sent', '< 226 Got it'],
    answers: ['PORT 200', 'STOR 150 226'],
    ports: [CLIENT_PORT],
    transfers: ['STOR up 4 complete'],
  },
  {
    name: 'of two announced ports the second counts',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> EPSV', '< 229 ok (|||50000|)', ...DOWNLOAD],
    answers: ['PASV 227', 'EPSV 229', ...DOWNLOADED.answers],
    ports: [SERVER_PORT, SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'a port of the client replaces one of the server',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> PORT 10,1,0,2,195,81', '< 200 ok', ...DOWNLOAD],
    answers: ['PASV 227', 'PORT 200', ...DOWNLOADED.answers],
    ports: [SERVER_PORT, CLIENT_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'REST belongs to the transfer behind it',
    lines: [
      '> PASV',
      `< ${PASV_REPLY}`,
      '> REST 2',
      '< 350 Restarting at 2',
      '> RETR a',
      '< 150 Here',
      '= llo',
      '< 226 Done',
    ],
    answers: ['PASV 227', 'REST 350', 'RETR 150 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 complete'],
  },
  {
    name: 'a refused transfer leaves the port for the next',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR b', '< 550 No such file', ...DOWNLOAD],
    answers: ['PASV 227', 'RETR 550', ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'PASV and its transfer in one breath',
    lines: ['> PASV', '> RETR a', `< ${PASV_REPLY}`, '< 150 Here', '= hello', '< 226 Done'],
    answers: ['PASV 227', ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'pipelined commands are answered in order',
    lines: ['> TYPE I', '> SIZE a', '> MDTM a', '< 200 ok', '< 213 5', '< 213 20260101000000'],
    answers: ['TYPE 200', 'SIZE 213', 'MDTM 213'],
  },
  {
    name: 'STAT is answered while a transfer runs',
    lines: [
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=~ hel'],
      ...['> STAT', '< 211-Status\n Half way\n211 End', '=.', '< 226 Done'],
    ],
    answers: ['PASV 227', 'RETR 150 226', 'STAT 211'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 complete'],
  },
  {
    name: 'ABOR gets 426 for the transfer and 226 for itself',
    lines: [
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=~ hel'],
      ...['> ABOR', '=x', '< 426 Transfer aborted', '< 226 Abort done', '> NOOP', '< 200 ok'],
    ],
    answers: ['PASV 227', 'RETR 150 426', 'ABOR 226', 'NOOP 200'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 aborted'],
    notReplayed: { asServer: 'the client here asks one command after the other' },
  },
  {
    name: 'a transfer that is confirmed without a 1yz',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '= hello', '< 226 Done'],
    answers: ['PASV 227', 'RETR 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 5 complete'],
    notReplayed: { asServer: 'it says a 150 of its own, as clients wait for one' },
  },
  {
    name: 'a refused EPSV, and PASV in its place',
    lines: ['> EPSV', '< 500 What?', '> PASV', `< ${PASV_REPLY}`, ...DOWNLOAD],
    answers: ['EPSV 500', 'PASV 227', ...DOWNLOADED.answers],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'PORT and its transfer in one breath',
    lines: ['> PORT 10,1,0,2,195,81', '> RETR a', '< 200 ok', '< 150 Here', '= hello', '< 226 Done'],
    answers: ['PORT 200', ...DOWNLOADED.answers],
    ports: [CLIENT_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'PASV and its transfer in one breath, both refused',
    lines: ['> PASV', '> RETR a', '< 425 No port', '< 425 No connection', '> NOOP', '< 200 ok'],
    answers: ['PASV 425', 'RETR 425', 'NOOP 200'],
  },
  {
    name: 'two transfers with a port each, all in one breath',
    lines: [
      ...['> PASV', '> RETR a', '> EPSV', '> RETR b', `< ${PASV_REPLY}`, '< 150 Here', '= hello', '< 226 Done'],
      ...['< 229 ok (|||50000|)', '< 150 Here', '= you', '< 226 Done'],
    ],
    answers: ['PASV 227', 'RETR 150 226', 'EPSV 229', 'RETR 150 226'],
    ports: [SERVER_PORT, SERVER_PORT],
    transfers: ['RETR a 5 complete', 'RETR b 3 complete'],
  },
  {
    name: 'a command in one breath behind a transfer is answered behind it',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> RETR a', '> SIZE a', '< 150 Here', '= hello', '< 226 Done', '< 213 5'],
    answers: ['PASV 227', 'RETR 150 226', 'SIZE 213'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 5 complete'],
  },
  {
    name: 'an upload that the server has no room for',
    lines: ['> PASV', `< ${PASV_REPLY}`, '> STOR up', '< 150 Go', '= sent', '< 452 Disk full'],
    answers: ['PASV 227', 'STOR 150 452'],
    ports: [SERVER_PORT],
    transfers: ['STOR up 4 failed'],
  },
  {
    name: 'replies of several lines around a transfer',
    lines: [
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150-Here\n 226 is not meant\n150 it comes', '= hello'],
      '< 226-Done\n5 bytes\n226 in no time',
    ],
    answers: ['PASV 227', 'RETR 150 226'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 5 complete'],
  },
  {
    name: 'ABOR gets the only reply, and the session ends',
    lines: [
      ...['> PASV', `< ${PASV_REPLY}`, '> RETR a', '< 150 Here', '=~ hel'],
      ...['> ABOR', '=x', '< 225 Aborted', '> NOOP', '< 200 ok'],
    ],
    answers: ['PASV 227', 'RETR 150', 'ABOR 225', 'NOOP 200'],
    ports: [SERVER_PORT],
    transfers: ['RETR a 3 aborted'],
    notReplayed: { asServer: 'it serves no transfer that has no final reply' },
  },
  {
    name: 'ABOR where nothing runs',
    lines: ['> ABOR', '< 225 Nothing to abort', '> NOOP', '< 200 ok'],
    answers: ['ABOR 225', 'NOOP 200'],
  },
  {
    name: 'ABOR that comes too late',
    lines: ['> PASV', `< ${PASV_REPLY}`, ...DOWNLOAD, '> ABOR', '< 226 Nothing to abort', '> NOOP', '< 200 ok'],
    answers: ['PASV 227', ...DOWNLOADED.answers, 'ABOR 226', 'NOOP 200'],
    ports: [SERVER_PORT],
    transfers: DOWNLOADED.transfers,
  },
  {
    name: 'a verb that nobody knows',
    lines: ['> XWHAT a', '< 500 What?', '> NOOP', '< 200 ok'],
    answers: ['XWHAT 500', 'NOOP 200'],
  },
  {
    name: 'a port that is refused by its transfer with 425, and the next one works',
    lines: [
      '> PASV',
      `< ${PASV_REPLY}`,
      '> RETR b',
      '< 425 No connection',
      '> EPSV',
      '< 229 ok (|||50000|)',
      ...DOWNLOAD,
    ],
    answers: ['PASV 227', 'RETR 425', 'EPSV 229', ...DOWNLOADED.answers],
    ports: [SERVER_PORT, SERVER_PORT],
    transfers: ['RETR b 0 refused', ...DOWNLOADED.transfers],
  },
];
