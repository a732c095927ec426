// Whether a server asks for a client's certificate, in the clear part of its handshake: Node does not say. From TLS 1.3 on that is encrypted; there
// a server that insists says so itself, with an alert of its own (certificate_required).

const HANDSHAKE = 22;
const RECORD_HEADER_BYTES = 5;
const MESSAGE_HEADER_BYTES = 4;
/** RFC 5246 section 7.4. */
const CERTIFICATE_REQUEST = 13;

/** `opening`: the first bytes that the server sent. */
export function asksForCertificate(opening: Buffer): boolean {
  const messages = clearMessages(opening);
  let at = 0;
  while (at + MESSAGE_HEADER_BYTES <= messages.length) {
    if (messages[at] === CERTIFICATE_REQUEST) return true;
    at += MESSAGE_HEADER_BYTES + messages.readUIntBE(at + 1, 3);
  }
  return false;
}

/** The handshake messages before anything else, however they are cut into records. */
function clearMessages(opening: Buffer): Buffer {
  const contents: Buffer[] = [];
  let at = 0;
  while (opening[at] === HANDSHAKE && at + RECORD_HEADER_BYTES <= opening.length) {
    const from = at + RECORD_HEADER_BYTES;
    at = from + opening.readUInt16BE(at + 3);
    contents.push(opening.subarray(from, at));
  }
  return Buffer.concat(contents);
}
