// The files the sample server holds when it is given none, and that the demo script expects to find there.
import { contentBytes, patternContent } from './file-content.js';
import { type FileSet, latin1Name } from './file-tree.js';

const mebibyte = 1024 * 1024;

function text(...lines: string[]): Buffer {
  return Buffer.from(lines.map((line) => `${line}\r\n`).join(''), 'utf8');
}

/** Not a real PDF, but one that `file` takes for it: a header, every byte value many times, a trailer. */
function reportBytes(sizeBytes: number): Buffer {
  const header = Buffer.from('%PDF-1.4\n%\xe2\xe3\xcf\xd3\n', 'latin1');
  const trailer = Buffer.from('\n%%EOF\n', 'latin1');
  const body = contentBytes(patternContent(sizeBytes - header.length - trailer.length));
  return Buffer.concat([header, body, trailer]);
}

export const sampleFiles: FileSet = {
  '/README.txt': text(
    'This is the sample server of ftpscope.',
    '',
    'Everything here lives in memory: upload, rename and delete as you like,',
    'it is gone when the server stops.',
  ),
  '/report.pdf': reportBytes(192 * 1024),
  '/empty.txt': Buffer.alloc(0),
  '/name with spaces.txt': text('A name with spaces.'),
  [`/${latin1Name('Grüße aus Zürich.txt')}`]: text('Grüße aus Zürich.'),
  '/music/01-overture.ogg': reportBytes(12_345),
  '/music/02-allegro.ogg': reportBytes(23_456),
  '/music/03-finale.ogg': reportBytes(34_567),
  '/music/playlist.m3u': text('01-overture.ogg', '02-allegro.ogg', '03-finale.ogg'),
  '/big-64MiB.bin': patternContent(64 * mebibyte),
  '/incoming': null,
};
