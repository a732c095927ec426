# The scenario's steps with Python's ftplib; the job comes as JSON on standard input. Names are one character per byte.
import ftplib
import json
import os
import socket
import ssl
import sys
import traceback

job = json.load(sys.stdin)
names = job['names']


tls = job.get('tls')


class Told(ftplib.FTP_TLS if tls else ftplib.FTP):
    """As ftplib, but told which form of command to use; by itself it goes by the address family."""

    def makepasv(self):
        if job['mode'] == 'EPSV':
            return ftplib.parse229(self.sendcmd('EPSV'), self.sock.getpeername())
        return super().makepasv()

    def sendport(self, host, port):
        if job['mode'] == 'EPRT':
            return self.sendeprt(host, port)
        return super().sendport(host, port)


class Resuming(Told):
    """As its users help it: data connections resume the control connection's session, and TLS can begin at once."""

    @property
    def sock(self):
        return self.control

    @sock.setter
    def sock(self, value):
        wants_tls = tls['how'] == 'implicit' and isinstance(value, socket.socket) and not isinstance(value, ssl.SSLSocket)
        self.control = self.wrap(value) if wants_tls else value

    def wrap(self, plain, session=None):
        return self.context.wrap_socket(plain, server_hostname=self.host, session=session)

    def ntransfercmd(self, cmd, rest=None):
        data, size = ftplib.FTP.ntransfercmd(self, cmd, rest)
        return (self.wrap(data, self.sock.session) if tls['protection'] == 'P' else data), size


def log_in():
    ftp.connect(job['host'], job['port'])
    ftp.login(job['user'], job['password'])
    if tls:
        ftp.prot_p() if tls['protection'] == 'P' else ftp.prot_c()


def new_client():
    if not tls:
        return Told(timeout=10, encoding='latin-1')
    context = ssl.create_default_context(cafile=tls['authority'])
    context.minimum_version = context.maximum_version = ssl.TLSVersion[tls['version'].replace('.', '_')]
    return Resuming(timeout=10, encoding='latin-1', context=context)


def local(name):
    return name.encode('latin-1')


def get(name, rest=None):
    with open(local(name), 'ab' if rest else 'wb') as file:
        ftp.retrbinary('RETR ' + name, file.write, rest=rest)


def put(name, rest=None):
    with open(local(name), 'rb') as file:
        file.seek(rest or 0)
        ftp.storbinary('STOR ' + name, file, rest=rest)


def listing():
    with open('listing.txt', 'wb') as file:
        ftp.retrlines('LIST', lambda line: file.write(line.encode('latin-1') + b'\n'))


def abort():
    ftp.voidcmd('TYPE I')
    data = ftp.transfercmd('RETR endless.bin')
    data.recv(10000)
    ftp.sock.settimeout(2)  # its ABOR has no line end behind the urgent byte, so most servers never answer it
    reply = ftp.abort()
    data.close()
    if reply.startswith('426'):
        ftp.voidresp()  # that was the transfer's reply, which ABOR's own follows
    ftp.mkd('after-abort')


steps = {
    'list': listing,
    'download': lambda: get('down.bin'),
    'upload': lambda: put('up.bin'),
    'downloadEmpty': lambda: get('empty-down.bin'),
    'uploadEmpty': lambda: put('empty-up.bin'),
    'downloadUtf8': lambda: get(names['utf8Down']),
    'uploadUtf8': lambda: put(names['utf8Up']),
    'downloadLatin1': lambda: get(names['latin1Down']),
    'uploadLatin1': lambda: put(names['latin1Up']),
    'rename': lambda: ftp.rename('old.bin', 'new.bin'),
    'delete': lambda: ftp.delete('doomed.bin'),
    'mkdir': lambda: ftp.mkd('made'),
    'resumeDownload': lambda: get('resumed-down.bin', os.path.getsize('resumed-down.bin')),
    'resumeUpload': lambda: put('resumed-up.bin', ftp.size('resumed-up.bin')),
    'downloadMedium': lambda: get('medium-down.bin'),
    'uploadMedium': lambda: put('medium-up.bin'),
    'downloadBig': lambda: get('big-down.bin'),
    'uploadBig': lambda: put('big-up.bin'),
    'abort': abort,
}

ftp = new_client()
ftp.set_debuglevel(1)
log_in()
ftp.set_pasv(job['mode'] in ('PASV', 'EPSV'))
ftp.cwd(job['folder'])
for step in job['steps']:
    try:
        steps[step]()
    except Exception:
        print('step', step, 'failed')
        traceback.print_exc()
ftp.quit()
