// Words that name nobody: those of the RFCs, of the texts that servers ship with, and of our own reasons. A word that is missing here is
// replaced, which costs a reader a word and its owner nothing; so no first names, places, companies or products that a server is chosen for.
import { verbFacts } from '../../protocol/verbs.js';

const WORDS = `
a able abort aborted aborting about above accept accepted access account accounting action actions active actual actually add added additional
address addresses admin administrator after again against agreed all allow allowed allocated alone already also always am among an
and anonymous another answer answered answering answers any anymore append appended arbitrary are argument arguments as ascii asked asks
assuming at attempt attempts attributes auth authenticate authenticated authentication authority authorized auto available away back bad bandwidth banner
bare be because been before began begin beginning begins behind being believed below between beyond binary bit bits block blocked
both bound broke broken broken brackets buffer busy but by bye byte bytes came can cannot capture carefully case cause ccc certificate change changed changes
changing channel character characters charset check checksum chmod choose chroot cipher cleartext clear client clients close closed closing cmd code
com come comes coming command commands commas comment compatible complete completed compression conf confidential confidentiality connect connected connecting
connection connections connectivity contains content continue control could couldn count counted cr create created creating creation crlf current currently
cut cwd damaged data date deny denied dead decrypted default delete deleted deletion denied depth descriptors details did didn different dir directories directory
disabled disallowed disconnect disconnected disconnecting disk do does doesn don done double down download downloaded downloads dropped due during each early
either empty enabled encoding encrypt encrypted encryption end ended ending ends enough enter entering entry envelope error errors established etc ever every except exceeded
exist existing exists exit expected expired explicit extended extension extensions facts fail failed fails failure false family fatal feature features few file
filename files filesystem final find finished first folder folders follow following follows for forbidden foreign form format found free from ftp ftpd ftps full
function further get getting give given gives global go goes good goodbye got granted greeting group guest had handshake has hash have haven held
hello help here hold home host hosts hour hours how however id idle if ignored illegal immediately implemented implicit in inactive inactivity include
incomplete incorrect information inside instead insufficient integrity interface internal interrupted invalid invalidated ip ipv4 ipv6 is isn it its itself
kb kbytes keep kept key keys kilobytes kind known lacks language large last least leave leaves leaving left leg length less level lf library limit
limited line lines link links list listen listening listing listings local localhost locked logged login logout logs long longer lookup lost made make many match matches
max maximum may mb mbytes mdtm means measured mechanism member memory message method might min minimum minute minutes missing mkdir mlst mod mode
modes modification modified modify more moved much multiple must name named names negotiate negotiation network never new next no nobody non none noop
normal not note nothing notice now nowhere nul null number of off offset ok okay old on once one only open opened opening operation option
optional options or order other others our out over overflow overwrite own owner packet packets page parameter parameters parent parse part partial passed passive
password passwd path pathname pending per perhaps perm permanent permission permissions permitted please plain plaintext policy port ports possible preceded preliminary present
preserve previous print private privileged privileges proceed proceeding process program prohibited proper protected protection protocol provided
proxy put queue quit quota quotas range rather reach reached read readable reading ready real really reason receive received receiving record recorded recording recv redirected
refused refuses rejected relay relayed remain remaining remote removal remove removed rename renamed renaming replay replaced replies reply report represents request requested requests require
required requires requiring reset resolve resource resources response restart restarted restarting result resume resumed retrieve retry return reuse rewrite right rights rmdir
root route said same save saved say says second seconds section secure security see seek seems seen segments send sender sending sent separate sequence
server servers service session sessions set setting settings short should show shown shut shutdown shutting side silence since site size sizd skipped
socket software some soon space speak speaks specified specify ssl stale standard start started starting state status stay still stop stopped storage store stored
stream stru structure subsystem success successful successfully such suite super supplied support supported switched symbolic syntax system table taken tar target tcp telnet temporarily temporary
terminated terminating test text than that the their them then there therefore these they this those through time timed timeout times timestamp tls
to together too total traffic transaction transcript transfer transferred transferring transfers transmission transmitted tried true try trust tvfs twice two type types unable unacceptable unauthorized unavailable unchanged uncleanly
under understood unencrypted unexpected unfinished unimplemented unique unix unknown unprotected unreachable unrecognized unseen until up update upload uploaded uploads use used user username users uses using utf utf8
valid value values vcount verb verbose verify version very virtual wait waited waiting waits want wants was way we welcome went were what when where whether which
while who whole whose will windows wish with within without work working would wrong writable write written wrong wrote yes yet you your zero

aes aes128 aes256 gcm chacha20 poly1305 sha sha1 sha256 sha384 sha512 md5 crc crc32 rsa ecdsa ecdhe tlsv1 sslv3 v1 x509 pkcs dns utc gmt mfmt mfct mlsd spsv estp gssapi kerberos
filezilla microsoft openbsd freebsd netbsd gnu linux proftpd pureftpd pure ftpscope pyftpdlib vsftpd wu ncftpd l8 nat enc mic adat prot pbsz epsv eprt
email mail apply applies restrictions switch switched switching upper unsuccessful unsupported supply supplied identified identify sorry
umask uid gid inode i18n lang en ebcdic
enoent eacces econnrefused econnreset etimedout epipe ehostunreach enetunreach enospc eaddrinuse enotfound refused hang alert unsupported
disguised conflicting truncated possibly pipelined passthrough overdue privileged peer nat lower mapping matters
answered declined remembered replayed announced announces announcement announce connects listens pass passes dial dialled bridged known pcap pcapng
`;

/** Of the SITE commands and OPTS that many servers have. */
const COMMAND_WORDS =
  'chmod utime idle exec index who whoami psswd quota umask checkmethod checksum zone cpfr cpto rcount symlink mlst utf8 on off';

const VOCABULARY: ReadonlySet<string> = new Set(`${WORDS} ${COMMAND_WORDS}`.split(/\s+/).filter((word) => word !== ''));

/** A word of FTP: it may stay in a text. */
export function isPlainWord(word: string): boolean {
  return /^[A-Za-z]$/.test(word) || VOCABULARY.has(word.toLowerCase()) || verbFacts(word) !== undefined;
}

/** Names that say nothing of anybody. */
export const KEPT_NAMES: ReadonlySet<string> = new Set(['anonymous', 'ftp', 'localhost']);

/** What files are called for what they are. */
export const KEPT_EXTENSIONS: ReadonlySet<string> = new Set(
  (
    '7z avi bak bat bin bmp bz2 cfg conf crc cs css csv dat db dll doc docx dmp edi eml err exe filepart gif gz htm html ini iso jar java jpeg jpg js json key ' +
    'lck lock log lst md md5 mov mp3 mp4 mpg msg odt ogg old out part pdf php pem pgp gpg asc png ppt pptx ps py rar rpm deb rtf sh sha1 sha256 sql svg tar ' +
    'tgz tif tiff tmp trg ts txt wav xls xlsx xml xz yaml yml z zip zst'
  ).split(' '),
);
