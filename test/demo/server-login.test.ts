import { expect, test } from 'vitest';
import { connectTo, dialogue, openSession, startServer } from './sample-session.js';

test('greets, logs in, says goodbye and closes', async () => {
  const server = await startServer();
  const client = await connectTo(server.address);
  expect(client.greeting).toMatchObject({ code: 220, lines: ['220 Sample FTP server ready.'] });
  await dialogue(
    client,
    `C: USER demo
     S: 331 Password required for demo.
     C: PASS sesame
     S: 230 Welcome, demo.
     C: QUIT
     S: 221 Goodbye.`,
  );
  await client.closed;
});

test('greets with as many lines as it is told', async () => {
  const server = await startServer({ banner: ['Hello', '220 is my code', 'Ready'] });
  const client = await connectTo(server.address);
  expect(client.greeting.lines).toEqual(['220-Hello', ' 220 is my code', '220 Ready']);
});

test('takes any password for anonymous, the right one for others, and knows nobody else', async () => {
  const server = await startServer();
  const client = await connectTo(server.address);
  await dialogue(
    client,
    `C: USER demo
     S: 331 Password required for demo.
     C: PASS wrong
     S: 530 Login incorrect.
     C: PASS sesame
     S: 503 Send USER first.
     C: USER toString
     S: 331 Password required for toString.
     C: PASS x
     S: 530 Login incorrect.
     C: USER anonymous
     S: 331 Password required for anonymous.
     C: PASS
     S: 230 Welcome, anonymous.`,
  );
});

test('asks for an account where there is one', async () => {
  const server = await startServer({ users: { ann: { password: 'a b ', account: 'books' } } });
  const client = await connectTo(server.address);
  await dialogue(
    client,
    `C: ACCT books
     S: 503 Send USER and PASS first.
     C: USER ann
     S: 331 Password required for ann.
     C: PASS a b 
     S: 332 Account required.
     C: PWD
     S: 530 Log in with USER and PASS.
     C: ACCT other
     S: 530 Login incorrect.
     C: USER ann
     S: 331 Password required for ann.
     C: PASS a b 
     S: 332 Account required.
     C: ACCT books
     S: 230 Welcome, ann.
     C: ACCT books
     S: 202 No account needed.`,
  );
});

test('before the login only what needs none', async () => {
  const server = await startServer();
  const client = await connectTo(server.address);
  await dialogue(
    client,
    `C: NOOP
     S: 200 NOOP ok.
     C: SYST
     S: 215 UNIX Type: L8
     C: OPTS UTF8 ON
     S: 200 Names are kept byte by byte.
     C: HELP PASV
     S: 214 Syntax: PASV
     C: AUTH TLS
     S: 502 AUTH is not implemented.
     C: XYZZY
     S: 500 Command not understood.
     C: CWD
     S: 530 Log in with USER and PASS.`,
  );
  for (const line of [
    'PWD',
    'LIST',
    'RETR x',
    'STOR x',
    'PASV',
    'EPSV',
    'PORT 127,0,0,1,200,1',
    'STAT',
    'ABOR',
    'DELE x',
  ]) {
    expect((await client.command(line)).code, line).toBe(530);
  }
});

test('a second USER starts the login anew but keeps the transfer parameters; REIN keeps nothing', async () => {
  const { client } = await openSession();
  await dialogue(
    client,
    `C: TYPE I
     S: 200 Type set to I.
     C: CWD music
     S: 250 Directory is now /music
     C: USER anonymous
     S: 331 Password required for anonymous.
     C: PWD
     S: 530 Log in with USER and PASS.
     C: PASS x
     S: 230 Welcome, anonymous.
     C: PWD
     S: 257 "/music" is the current directory.
     C: EPSV ALL
     S: 200 EPSV ALL: only EPSV from now on.
     C: REIN
     S: 220 Ready for a new user.
     C: PWD
     S: 530 Log in with USER and PASS.`,
  );
  await client.login('demo', 'sesame');
  expect((await client.command('PWD')).lines).toEqual(['257 "/" is the current directory.']);
  expect((await client.command('PASV')).code).toBe(227);
  expect((await client.command('STAT')).lines).toContain(' TYPE A, MODE S, STRU F.');
});
