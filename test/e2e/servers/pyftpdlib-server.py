# A pyftpdlib server: HOST PORT ROOT USER PASSWORD [--no-epsv], and for TLS: explicit|implicit CERTIFICATE-AND-KEY control|data, the
# last saying what must be encrypted. Names that are not UTF-8 are taken as they are.
import logging
import sys

from pyftpdlib import handlers
from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.servers import FTPServer

host, port, root, user, password, *rest = sys.argv[1:]
tls = [argument for argument in rest if argument != '--no-epsv']


def explicit_handler(certificate, required):
    class Explicit(handlers.TLS_FTPHandler):
        certfile = certificate
        tls_control_required = True
        tls_data_required = required == 'data'

    return Explicit


def implicit_handler(certificate, required):
    class Implicit(explicit_handler(certificate, required)):
        # pyftpdlib knows explicit TLS only; this is how its users do the other.
        def handle(self):
            self.secure_connection(self.ssl_context)
            super().handle()

    return Implicit


def handler_for(how, certificate, required):
    return (implicit_handler if how == 'implicit' else explicit_handler)(certificate, required)


handler = handler_for(*tls) if tls else handlers.FTPHandler
authorizer = DummyAuthorizer()
authorizer.add_user(user, password, root, perm='elradfmwMT')
handler.authorizer = authorizer
logging.basicConfig(filename=root + '/../commands.log', level=logging.DEBUG, format='%(message)s')
handler.unicode_errors = 'surrogateescape'
if '--no-epsv' in rest:
    for verb in ('EPSV', 'EPRT'):
        del handler.proto_cmds[verb]
FTPServer((host, int(port)), handler).serve_forever()
