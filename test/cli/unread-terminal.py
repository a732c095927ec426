# Runs a command on a terminal. Each line on stdin is answered with one on stdout: `stop` makes the terminal take no more, as Ctrl-S
# does; `end` tells the command to end, and is answered with its exit status, or `stuck`.
import fcntl, os, pty, struct, subprocess, sys, termios, threading

master, slave = pty.openpty()
fcntl.ioctl(slave, termios.TIOCSWINSZ, struct.pack('HHHH', 40, 140, 0, 0))
environment = dict(os.environ, TERM='xterm-256color')
command = subprocess.Popen(sys.argv[1:], stdin=slave, stdout=slave, stderr=slave, start_new_session=True, env=environment)


def read():
    while os.read(master, 65536):
        pass


def end():
    command.terminate()
    try:
        return command.wait(10)
    except subprocess.TimeoutExpired:
        command.kill()
        command.wait()
        return 'stuck'


threading.Thread(target=read, daemon=True).start()
for line in sys.stdin:
    if line == 'stop\n':
        termios.tcflow(slave, termios.TCOOFF)
    print(end() if line == 'end\n' else line.strip(), flush=True)
if command.poll() is None:
    command.kill()
