// Every real client of the compatibility matrix, in the order of its rows.
import { basicFtp } from './basic-ftp.js';
import { inetutilsFtp, tnftp } from './bsd-ftp.js';
import type { Client } from './client.js';
import { curl } from './curl.js';
import { ftplib, netFtp } from './languages.js';
import { lftp } from './lftp.js';
import { ncftp } from './ncftp.js';
import { wget } from './wget.js';

export const CLIENTS: readonly Client[] = [curl, lftp, tnftp, inetutilsFtp, ncftp, wget, ftplib, netFtp, basicFtp];
