// A capture without FTP says what it does hold.
import { expect, test } from 'vitest';
import { noFtpNotice, SeenTraffic } from '../../src/capture/seen-traffic.js';

const seen = (packets: number, ports: readonly [number, number][], others: readonly [string, number][] = []) => ({
  packets,
  serverPorts: new Map(ports),
  otherProtocols: new Map(others),
});

test.each<[string, ReturnType<typeof seen>, [string, number][], string]>([
  ['nothing', seen(0, []), [], 'no FTP in the capture: it holds 0 packets, 0 TCP connections'],
  [
    'no TCP',
    seen(
      9,
      [],
      [
        ['ICMP', 2],
        ['UDP to port 4790', 7],
      ],
    ),
    [],
    'no FTP in the capture: it holds 9 packets, 0 TCP connections, 7 UDP to port 4790, 2 ICMP',
  ],
  [
    'one connection, and what is not looked into',
    seen(7, [[21, 1]], [['of link type 187 (Bluetooth HCI)', 3]]),
    [['Telnet', 1]],
    'no FTP in the capture: it holds 7 packets, 1 TCP connection to port 21 (1), among them 1 Telnet; and 3 of link type 187 (Bluetooth HCI); where there is FTP all the same, name its port',
  ],
  [
    'several, the most frequent first',
    seen(90, [
      [22, 2],
      [80, 3],
    ]),
    [
      ['SSH', 2],
      ['HTTP', 3],
    ],
    'no FTP in the capture: it holds 90 packets, 5 TCP connections to the ports 80 (3), 22 (2), among them 3 HTTP, 2 SSH; where there is FTP all the same, name its port',
  ],
  [
    'very many',
    seen(9, [
      [1, 1],
      [2, 1],
      [3, 1],
      [4, 1],
      [5, 1],
      [6, 1],
      [7, 1],
    ]),
    [],
    'no FTP in the capture: it holds 9 packets, 7 TCP connections to the ports 1 (1), 2 (1), 3 (1), 4 (1), 5 (1), others (2); where there is FTP all the same, name its port',
  ],
])('%s', (_name, traffic, protocols, notice) => {
  expect(noFtpNotice(traffic, new Map(protocols))).toBe(notice);
});

test('packets that were cut are named once', () => {
  const counted = (...lengths: readonly (readonly [number, number])[]) => {
    const traffic = new SeenTraffic();
    for (const [captured, original] of lengths) traffic.countPacket(captured, original);
    return traffic.cutNotice;
  };
  const rest = 'and what they held beyond is missing: capture with a larger snap length (tcpdump -s 0)';
  expect(counted([60, 60])).toBeNull();
  expect(counted([60, 60], [68, 70], [68, 1500])).toBe(`all packets are cut to 68 bytes, ${rest}`);
  expect(counted([60, 60], [68, 70], [96, 100])).toBe(`2 of 3 packets are cut to 68 to 96 bytes, ${rest}`);
});
