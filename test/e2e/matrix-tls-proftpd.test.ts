// Every client with TLS at this server, directly and through the proxy.
import { proftpd } from './servers/proftpd.js';
import { describeTlsMatrix } from './tls-matrix.js';

describeTlsMatrix(proftpd);
