// What to do where a server's certificate cannot be verified.
import { expect, test } from 'vitest';
import { certificateAdvice } from '../../src/words/lines.js';

test.each([
  ['its certificate is self-signed', /--server-ca FILE.*--insecure/],
  ['its certificate was signed by an authority that is not known', /--server-ca FILE.*--insecure/],
  ['its certificate is for another name than 127.0.0.1', /--server-name NAME.*--insecure/],
  ['the signature of its certificate is wrong', /--insecure/],
])('%s', (failure, advice) => {
  expect(certificateAdvice(failure)).toMatch(advice);
});

test.each(['the peer does not accept our certificate', 'no TLS version in common'])('nothing for: %s', (failure) => {
  expect(certificateAdvice(failure)).toBeNull();
});
