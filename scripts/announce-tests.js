// What `npm test` says first: its parts, and how long each takes on two cores that do nothing else.

const PARTS = [
  ['test:fast', 'all but the following', '1 min'],
  ['test/net', "the proxy's sockets", '1.5 min'],
  ['test/cli', 'the program', '2 min'],
  ['test/e2e', "other people's software; what is missing is skipped, with .ci/install-peers nothing is", '0 to 23 min'],
];

for (const [part, what, time] of PARTS) process.stdout.write(`${part.padEnd(10)} ${time.padStart(11)}  ${what}\n`);
