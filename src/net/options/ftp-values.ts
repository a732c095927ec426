// The kinds of values that options of an FTP proxy have: times, sizes, ports, hosts, patterns, certificates.
import { createPrivateKey, X509Certificate } from 'node:crypto';
import type { PayloadStore } from '../../dialogue/payload-sink.js';
import type { PortRange } from '../../ends/port-ranges.js';
import type { CertificateAndKey } from '../../ends/tls/session-tls.js';
import { parseAddressRange } from '../../protocol/address-range.js';
import { canonicalAddress } from '../../protocol/endpoint.js';
import { asciiHost, isHost } from '../../protocol/server-name.js';
import { parseServerPattern } from '../../protocol/server-pattern.js';
import { ProxyOptionError } from './option-error.js';
import { optionsOf, required } from './option-table.js';
import { isObject, kindOf, secretKind, textKind, type ValueKind, wholeNumber } from './value-kinds.js';

/** Node's timers hold a little more than 24 days; a longer one fires at once. */
export const MILLISECONDS = wholeNumber('a whole number of milliseconds', 1, 24 * 24 * 3_600_000);

/** The shortest line that FTP cannot do without is a 227 with some text around it. */
export const LINE_BYTES = wholeNumber('a whole number of bytes', 128, 16 * 1024 ** 2);

export const COUNT = wholeNumber('a whole number', 1, 1_000_000);

export const PORT = wholeNumber('a port', 1, 65_535);

/** Port 0 takes any free port. */
export const LISTEN_PORT = wholeNumber('a port', 0, 65_535);

export const HOST = textKind('an IP address or a host name', (text) =>
  isHost(text.includes(':') ? text : asciiHost(text), text.includes(':')),
);

/** Without a zone. */
export const IP_ADDRESS = textKind('an IP address such as 203.0.113.5', isAddress);

export const ADDRESS_RANGE = textKind(
  'an IP address or a range of them (CIDR), such as 10.0.0.0/8 or 2001:db8::/32',
  (text) => parseAddressRange(text) !== null,
);

export const ADVERTISED_ADDRESS = textKind(
  'an IP address such as 203.0.113.5, a host name, or @FILE that holds one',
  (text) => /^@./s.test(text) || isHost(text, false) || isAddress(text),
);

export const SERVER_PATTERN = textKind(
  'a pattern such as *, ftp.example.com, *.example.com:2121, 10.0.0.0/8:21-2121 or [2001:db8::1]:*',
  (text) => parseServerPattern(text) !== null,
);

export const USER_NAME = textKind('the name of a user', (text) => text !== '' && text === text.trim());

export const CERTIFICATE_NAME = textKind("the name in the server's certificate", (text) => text.trim() !== '');

export const PAYLOAD_STORE = kindOf(
  'a store with a function open',
  (value): value is PayloadStore => isObject(value) && typeof value['open'] === 'function',
);

export const PORT_RANGE = portRange();

export const CERTIFICATE = secretKind('the text of a certificate in PEM form', (pem) =>
  succeeds(() => new X509Certificate(pem)),
);

export const PRIVATE_KEY = secretKind('the text of a private key in PEM form', (pem) =>
  succeeds(() => createPrivateKey(pem)),
);

export const CERTIFICATE_AND_KEY = certificateAndKey();

function isAddress(text: string): boolean {
  return canonicalAddress(text) !== null && !text.includes('%');
}

function portRange(): ValueKind<PortRange> {
  const words = `a range { from, to } of ports from ${PORT.min} to ${PORT.max}, the lower one first`;
  const ports = optionsOf(words, { from: required(PORT), to: required(PORT) });
  return {
    words,
    read: (value, where) => {
      const range = ports.read(value, where);
      if (range.from <= range.to) return range;
      throw new ProxyOptionError(where, `${range.from} to ${range.to} is not ${words}`);
    },
  };
}

function certificateAndKey(): ValueKind<CertificateAndKey> {
  const words = 'a certificate and its key, { cert, key }';
  const both = optionsOf(words, { cert: required(CERTIFICATE), key: required(PRIVATE_KEY) });
  return {
    words,
    read: (value, where) => {
      const { cert, key } = both.read(value, where);
      if (new X509Certificate(cert).checkPrivateKey(createPrivateKey(key))) return { cert, key };
      throw new ProxyOptionError(where, 'the key is not that of the certificate');
    },
  };
}

function succeeds(parse: () => unknown): boolean {
  try {
    parse();
    return true;
  } catch {
    return false;
  }
}
