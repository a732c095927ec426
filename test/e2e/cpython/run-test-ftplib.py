# Runs CPython's own test_ftplib and prints, as its last line, the outcome of each test as JSON. With a broker's port as
# argument every connection goes through a proxy: the broker is told where the test wants to connect to, and answers where it
# shall connect to instead.
import ftplib
import json
import socket
import sys
import unittest
from test import test_ftplib

broker_port = int(sys.argv[1]) if len(sys.argv) > 1 else None


class Outcomes(unittest.TestResult):
    def __init__(self):
        super().__init__()
        self.outcomes = {}
        self.running = ''

    def startTest(self, test):
        super().startTest(test)
        self.running = test.id()
        self.outcomes[self.running] = 'passed'

    def addError(self, test, err):
        super().addError(test, err)
        self.outcomes[test.id()] = self.errors[-1][1]

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self.outcomes[test.id()] = self.failures[-1][1]

    def addSkip(self, test, reason):
        super().addSkip(test, reason)
        self.outcomes[test.id()] = 'skipped: ' + reason


result = Outcomes()


def ask_broker(host, port):
    # Two tests look at the address in a 227. It is the proxy's, who here is told to give the one that they wait for.
    advertise = '252.253.254.255' if 'issue43285' in result.running else '-'
    with socket.create_connection(('127.0.0.1', broker_port), timeout=10) as broker:
        broker.sendall(f'{host} {port} {advertise}\n'.encode())
        answer = broker.makefile().readline().split()
    return answer[0], int(answer[1])


def connect_through_proxy(self, host='', port=0, *args, **options):
    return connect_directly(self, *ask_broker(host or self.host, port or self.port), *args, **options)


connect_directly = ftplib.FTP.connect
if broker_port is not None:
    ftplib.FTP.connect = connect_through_proxy


unittest.defaultTestLoader.loadTestsFromModule(test_ftplib).run(result)
print(json.dumps({'outcomes': result.outcomes}))
