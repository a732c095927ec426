// How to make the usual systems and clients trust an authority: commands to paste, with the real path. Does not run them.

export interface TrustStep {
  /** Whom it teaches. */
  readonly where: string;
  readonly command: string;
}

export interface TrustSteps {
  readonly systems: readonly TrustStep[];
  readonly clients: readonly TrustStep[];
}

/** The proxy as it listens when told nothing. */
const PROXY_HOST = '127.0.0.1';
const PROXY_PORT = 2121;

export function trustSteps(certificateFile: string): TrustSteps {
  const file = shellWord(certificateFile);
  return {
    systems: [
      {
        where: 'Debian, Ubuntu',
        command: `sudo install -m 644 ${file} /usr/local/share/ca-certificates/ftpscope-ca.crt && sudo update-ca-certificates`,
      },
      { where: 'Fedora, RHEL', command: `sudo trust anchor ${file}` },
      {
        where: 'macOS',
        command: `sudo security add-trusted-cert -d -r trustRoot -k /Library/Keychains/System.keychain ${file}`,
      },
      { where: 'Windows', command: `certutil -user -addstore Root "${certificateFile}"` },
    ],
    clients: [
      { where: 'curl', command: `curl --ssl-reqd --cacert ${file} ftp://${PROXY_HOST}:${PROXY_PORT}/` },
      {
        where: 'lftp',
        command: `lftp -e ${shellWord(`set ssl:ca-file ${quoted(certificateFile)}`)} -p ${PROXY_PORT} ${PROXY_HOST}`,
      },
      {
        where: 'Python',
        command: `ftplib.FTP_TLS(context=ssl.create_default_context(cafile=${quoted(certificateFile)}))`,
      },
      { where: 'Node.js', command: `NODE_EXTRA_CA_CERTS=${file} node YOUR-CLIENT.js` },
    ],
  };
}

/** One word for a POSIX shell. */
function shellWord(text: string): string {
  return /^[A-Za-z0-9_./:@%+,=-]+$/.test(text) ? text : `'${text.replaceAll("'", "'\\''")}'`;
}

/** As Python and lftp read a string. */
function quoted(text: string): string {
  return `"${text.replace(/["\\]/g, '\\$&')}"`;
}
