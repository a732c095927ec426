# pyftpdlib with one oddity of others: HOST PORT ROOT USER PASSWORD ODDITY.
import sys

from pyftpdlib import handlers
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.filesystems import AbstractedFS
from pyftpdlib.servers import FTPServer

host, port, root, user, password, oddity = sys.argv[1:]


class DosFS(AbstractedFS):
    def format_list(self, basedir, listing, ignore_err=True):
        for name in listing:
            yield ('07-20-26  09:52AM                   12 %s\r\n' % name).encode()


class OddFS(AbstractedFS):
    def format_list(self, basedir, listing, ignore_err=True):
        for name in listing:
            yield ('%s | 12 | file of 2026\r\n' % name).encode()


class Handler(handlers.FTPHandler):
    def ftp_RETR(self, file):
        if oddity == 'rest-lost':
            self._restart_position = 0
        if oddity == 'short':
            self.respond('150 Opening BINARY mode data connection for %s (999999 bytes)' % file)
        return super().ftp_RETR(file)

    def ftp_OPTS(self, line):
        if oddity == 'twice':
            self.respond('501 OPTS is not known here.')
        return super().ftp_OPTS(line)

    def ftp_LIST(self, path):
        if oddity == 'spaces' and b' ' in path.encode():
            return self.respond('501 Invalid number of arguments.')
        return super().ftp_LIST(path)

    def pre_process_command(self, line, cmd, arg):
        if oddity == 'spaces' and cmd == 'LIST' and ' ' in arg:
            return self.respond('501 Invalid number of arguments.')
        if oddity == 'pwd' and cmd == 'PWD':
            return self.respond('257 /pub is the current directory.')
        return super().pre_process_command(line, cmd, arg)


handler = Handler
handler.use_gmt_times = oddity != 'local-times'
handler.abstracted_fs = {'dos': DosFS, 'odd': OddFS}.get(oddity, AbstractedFS)
authorizer = DummyAuthorizer()
authorizer.add_user(user, password, root, perm='elr' if oddity == 'read-only' else 'elradfmwMT')
handler.authorizer = authorizer
handler.unicode_errors = 'surrogateescape'
FTPServer((host, int(port)), handler).serve_forever()
