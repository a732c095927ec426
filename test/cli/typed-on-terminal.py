# Runs a command on a terminal, types what the first argument says once the terminal shows the second, and prints what the terminal showed
# and the exit status, as JSON.
import json, os, pty, subprocess, sys, time

typed, prompt, *argv = sys.argv[1:]
master, slave = pty.openpty()
command = subprocess.Popen(argv, stdin=slave, stdout=slave, stderr=slave, start_new_session=True)
os.close(slave)
shown = b''
until = time.monotonic() + 60
while time.monotonic() < until:
    try:
        chunk = os.read(master, 65536)
    except OSError:
        break
    shown += chunk
    if prompt is not None and prompt.encode() in shown:
        os.write(master, typed.encode())
        prompt = None
command.kill() if time.monotonic() >= until else None
print(json.dumps({'shown': shown.decode('utf8', 'replace'), 'status': command.wait()}))
