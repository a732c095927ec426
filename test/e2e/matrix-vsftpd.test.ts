// Every client at this server, directly and through the proxy.
import { describeMatrix } from './matrix.js';
import { vsftpd } from './servers/vsftpd.js';

describeMatrix(vsftpd);
