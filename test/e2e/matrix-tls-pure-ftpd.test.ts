// Every client with TLS at this server, directly and through the proxy.
import { pureFtpd } from './servers/pure-ftpd.js';
import { describeTlsMatrix } from './tls-matrix.js';

describeTlsMatrix(pureFtpd);
