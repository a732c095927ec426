# The scenario's steps with Python's ftplib; the job comes as JSON on standard input. Names are one character per byte.
import ftplib
import json
import os
import sys
import traceback

job = json.load(sys.stdin)
names = job['names']


class FTP(ftplib.FTP):
    """As ftplib, but told which form of command to use; by itself it goes by the address family."""

    def makepasv(self):
        if job['mode'] == 'EPSV':
            return ftplib.parse229(self.sendcmd('EPSV'), self.sock.getpeername())
        return super().makepasv()

    def sendport(self, host, port):
        if job['mode'] == 'EPRT':
            return self.sendeprt(host, port)
        return super().sendport(host, port)


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
    'downloadBig': lambda: get('big-down.bin'),
    'uploadBig': lambda: put('big-up.bin'),
    'abort': abort,
}

ftp = FTP(timeout=10, encoding='latin-1')
ftp.set_debuglevel(1)
ftp.connect(job['host'], job['port'])
ftp.login(job['user'], job['password'])
ftp.set_pasv(job['mode'] in ('PASV', 'EPSV'))
ftp.cwd(job['folder'])
for step in job['steps']:
    try:
        steps[step]()
    except Exception:
        print('step', step, 'failed')
        traceback.print_exc()
ftp.quit()
