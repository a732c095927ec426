// Every client at this server, directly and through the proxy.
import { describeMatrix } from './matrix.js';
import { pyftpdlib } from './servers/pyftpdlib.js';

describeMatrix(pyftpdlib);
