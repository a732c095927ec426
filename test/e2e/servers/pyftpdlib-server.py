# A pyftpdlib server: HOST PORT ROOT USER PASSWORD [--no-epsv]. Names that are not UTF-8 are taken as they are.
import sys

from pyftpdlib.authorizers import DummyAuthorizer
from pyftpdlib.handlers import FTPHandler
from pyftpdlib.servers import FTPServer

host, port, root, user, password, *flags = sys.argv[1:]

authorizer = DummyAuthorizer()
authorizer.add_user(user, password, root, perm='elradfmwMT')
FTPHandler.authorizer = authorizer
FTPHandler.unicode_errors = 'surrogateescape'
if '--no-epsv' in flags:
    for verb in ('EPSV', 'EPRT'):
        del FTPHandler.proto_cmds[verb]
FTPServer((host, int(port)), FTPHandler).serve_forever()
