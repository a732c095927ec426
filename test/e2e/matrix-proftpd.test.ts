// Every client at this server, directly and through the proxy.
import { describeMatrix } from './matrix.js';
import { proftpd } from './servers/proftpd.js';

describeMatrix(proftpd);
