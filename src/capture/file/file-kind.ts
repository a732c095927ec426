// What a file that is no capture looks like, in words for the one who took it for one.

const KNOWN: readonly (readonly [magic: string, what: string])[] = [
  ['snoop\0\0\0', 'a snoop capture (convert it with editcap)'],
  ['GMBU', 'a capture of Microsoft Network Monitor (convert it with editcap)'],
  ['RTSS', 'a capture of Microsoft Network Monitor 1 (convert it with editcap)'],
  ['\x34\xcd\xb2\xa1', 'a pcap file in the form of an old Linux patch (convert it with editcap)'],
  ['\xa1\xb2\xcd\x34', 'a pcap file in the form of an old Linux patch (convert it with editcap)'],
  ['\xfd7zXZ\0', 'a file compressed with xz (unpack it first)'],
  ['BZh', 'a file compressed with bzip2 (unpack it first)'],
  ['\x28\xb5\x2f\xfd', 'a file compressed with zstd (unpack it first)'],
  ['\x04\x22\x4d\x18', 'a file compressed with lz4 (unpack it first)'],
  ['PK\x03\x04', 'a zip archive (unpack it first)'],
  ['\x1f\x8b', 'a file gzipped twice (unpack it first)'],
  ['\x7fELF', 'a program'],
];

export function fileKind(head: Buffer): string {
  const start = head.toString('latin1', 0, 64);
  const known = KNOWN.find(([magic]) => start.startsWith(magic));
  if (known) return known[1];
  return /^[\t\n\r\x20-\x7e\x80-\xff]+$/.test(start)
    ? 'text'
    : `binary data (it begins with ${head.toString('hex', 0, 8)})`;
}
