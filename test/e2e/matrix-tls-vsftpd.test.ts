// Every client with TLS at this server, directly and through the proxy.
import { vsftpd } from './servers/vsftpd.js';
import { describeTlsMatrix } from './tls-matrix.js';

describeTlsMatrix(vsftpd);
