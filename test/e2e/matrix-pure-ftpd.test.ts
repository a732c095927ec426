// Every client at this server, directly and through the proxy.
import { describeMatrix } from './matrix.js';
import { pureFtpd } from './servers/pure-ftpd.js';

describeMatrix(pureFtpd);
