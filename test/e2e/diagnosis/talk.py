# An FTP client that does what it is told, line by line: HOST PORT STEP...
#   +TEXT    says TEXT, and waits for nothing
#   data     connects to the port of the last 227 or 229
#   send N   sends N bytes over it;  read N  reads N;  close  closes it
#   wait S   does nothing for S seconds
#   reply    waits for one more reply
#   TEXT     says TEXT, and waits for its reply
# Says what it hears. Gives up in silence when something fails: what failed is for others to find.
import re
import socket
import sys
import time

host, port, *steps = sys.argv[1:]
PATIENCE_S = 30


def connected(to):
    return socket.create_connection(to, timeout=PATIENCE_S)


def reply(lines):
    while True:
        line = lines.readline()
        if not line:
            raise EOFError('the control connection is closed')
        print(line.rstrip(), flush=True)
        if re.match(r'\d{3} ', line):
            return line


def announced(text):
    numbers = re.search(r'(\d+),(\d+),(\d+),(\d+),(\d+),(\d+)', text)
    if numbers:
        values = [int(number) for number in numbers.groups()]
        return '.'.join(map(str, values[:4])), values[4] * 256 + values[5]
    return host, int(re.search(r'\|(\d+)\|', text)[1])


def play():
    control = connected((host, int(port)))
    lines = control.makefile('r', encoding='latin-1', newline='\n')
    reply(lines)
    where, data = '', None
    for step in steps:
        word, _, count = step.partition(' ')
        if word == 'data':
            data = connected(announced(where))
        elif word == 'send':
            data.sendall(b'x' * int(count))
        elif word == 'read':
            data.recv(int(count))
        elif word == 'close':
            data.close()
        elif word == 'wait':
            time.sleep(float(count))
        elif word == 'reply':
            reply(lines)
        elif step.startswith('+'):
            control.sendall(step[1:].encode() + b'\r\n')
        else:
            control.sendall(step.encode() + b'\r\n')
            heard = reply(lines)
            where = heard if heard[:3] in ('227', '229') else where


try:
    play()
except (OSError, EOFError) as error:
    print(f'[{error}]')
