# A client that encrypts, or does not, as a test wants it to, and lists the root folder or uploads a file. The job comes as JSON on standard
# input; what became of it is on standard output.
import ftplib
import io
import json
import socket
import ssl
import sys

job = json.load(sys.stdin)
is_implicit = job.get('auth') == 'implicit'


class Client(ftplib.FTP_TLS if job['tls'] else ftplib.FTP):
    """As ftplib, whose data connections make new TLS sessions; with `resumes` they resume that of the control connection."""

    def ntransfercmd(self, cmd, rest=None):
        if not job['tls'] or not self._prot_p:
            return super().ntransfercmd(cmd, rest)
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        session = self.sock.session if job.get('resumes') else None
        return self.context.wrap_socket(data, server_hostname=self.host, session=session), size

    def upload(self, is_whole):
        data = self.transfercmd('STOR pub/uploaded')
        data.sendall(b'content')
        if is_whole:
            data.unwrap()
        data.close()
        return self.voidresp()


def context():
    made = ssl.create_default_context(cafile=job.get('authority'))
    if 'authority' not in job:
        made.check_hostname = False
        made.verify_mode = ssl.CERT_NONE
    if 'version' in job:
        made.set_ciphers('DEFAULT:@SECLEVEL=0')
        made.minimum_version = made.maximum_version = getattr(ssl.TLSVersion, job['version'])
    if 'certificate' in job:
        made.load_cert_chain(job['certificate'])
    if 'keylog' in job:
        made.keylog_filename = job['keylog']
    return made


try:
    ftp = Client(timeout=8, **({'context': context()} if job['tls'] else {}))
    if is_implicit:
        ftp.host, ftp.port = job['host'], job['port']
        plain = socket.create_connection((ftp.host, ftp.port), timeout=8)
        ftp.af = plain.family
        ftp.sock = ftp.context.wrap_socket(plain, server_hostname=ftp.host)
        ftp.file = ftp.sock.makefile('r', encoding='latin-1')
        print(ftp.getresp())
    else:
        print(ftp.connect(job['host'], job['port']))
    if job['tls'] and not is_implicit:
        print(ftp.auth())
    print(ftplib.FTP.login(ftp, job['user'], job['password']))
    for line in job.get('says', []):
        print(ftp.sendcmd(line))
        if line.startswith('PROT '):
            ftp._prot_p = line == 'PROT P'
    if 'upload' in job:
        print(ftp.upload(job['upload'] == 'whole'))
    else:
        print(ftp.retrlines('NLST', lambda name: None))
    print(ftp.quit())
except (ftplib.Error, OSError, EOFError) as error:
    print('failed:', type(error).__name__, error)
