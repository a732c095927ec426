# A client that takes nothing but EPSV: HOST PORT USER PASSWORD TIMEOUT. Fetches pub/down.bin, brings up.bin to pub.
import ftplib
import sys

host, port, user, password, timeout = sys.argv[1:]


class ExtendedPassiveOnly(ftplib.FTP):
    def makepasv(self):
        return ftplib.parse229(self.sendcmd('EPSV'), self.sock.getpeername())


ftp = ExtendedPassiveOnly(timeout=float(timeout))
ftp.set_debuglevel(1)
ftp.connect(host, int(port))
ftp.login(user, password)
ftp.sendcmd('EPSV ALL')
ftp.cwd('pub')
with open('down.bin', 'wb') as down:
    ftp.retrbinary('RETR down.bin', down.write)
with open('up.bin', 'rb') as up:
    ftp.storbinary('STOR up.bin', up)
ftp.quit()
