// Every client with TLS at this server, directly and through the proxy.
import { pyftpdlib } from './servers/pyftpdlib.js';
import { describeTlsMatrix } from './tls-matrix.js';

describeTlsMatrix(pyftpdlib);
