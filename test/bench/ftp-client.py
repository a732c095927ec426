# A client that is the same in every mode: plain, or with TLS on control and data, resuming its session on every data connection;
# passive or active. It hands the system, or OpenSSL, one big buffer, so that what is measured is the path and not the client. The
# job comes as JSON on standard input. A line on standard output for each transfer: the seconds from its command to its reply,
# and whether its session was resumed (0, 1).
import ftplib
import json
import ssl
import sys
import time

BUFFER_BYTES = 256 * 1024
TIMEOUT_SECONDS = 60

job = json.load(sys.stdin)
authority = job.get('authority')
buffer = memoryview(bytearray(BUFFER_BYTES))


def connected():
    if authority is None:
        return ftplib.FTP(timeout=TIMEOUT_SECONDS)
    return ftplib.FTP_TLS(timeout=TIMEOUT_SECONDS, context=context)


def data_connection(command):
    plain, _ = ftplib.FTP.ntransfercmd(ftp, command)
    if authority is None:
        return plain
    return context.wrap_socket(plain, server_hostname=job['host'], session=ftp.sock.session)


def receive(connection):
    count = 0
    while got := connection.recv_into(buffer):
        count += got
    return count


def send(connection, count):
    for left in range(count, 0, -BUFFER_BYTES):
        connection.sendall(buffer[:left])
    return count


def transfer(command):
    began = time.perf_counter()
    with data_connection(command) as connection:
        resumed = authority is not None and connection.session_reused
        count = receive(connection) if command.startswith('RETR ') else send(connection, job['bytes'])
        if authority is not None:
            connection.unwrap()
    ftp.voidresp()
    seconds = time.perf_counter() - began
    if count != job['bytes']:
        sys.exit(f"{command} moved {count} of {job['bytes']} bytes")
    return f'{seconds:.6f} {resumed:d}'


context = None if authority is None else ssl.create_default_context(cafile=authority)
ftp = connected()
ftp.connect(job['host'], job['port'])
ftp.login('anonymous', 'bench@example.com')
if authority is not None:
    ftp.prot_p()
ftp.set_pasv(not job.get('active', False))
ftp.voidcmd('TYPE I')
told = [transfer(command) for command in job['commands']]
ftp.quit()
print('\n'.join(told))
