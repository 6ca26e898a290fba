"""Plays a person at a terminal to a program, and prints what the person saw.

Arguments: the steps as JSON, then the program and its arguments. A step is what must be seen before, and the keys that are typed then; what
is no question or prompt by itself must be followed by one.
The exit status is the program's.
"""

import json
import os
import pty
import select
import sys
import time

PATIENCE = 20
# What the line editor says when it begins to listen. Keys typed before that may be lost.
LISTENS = "\x1b[?2004h"


def main():
    steps, program = json.loads(sys.argv[1]), sys.argv[2:]
    child, terminal = pty.fork()
    if child == 0:
        os.execv(program[0], program)
    seen, shown = "", 0
    deadline = time.monotonic() + PATIENCE

    def read():
        ready, _, _ = select.select([terminal], [], [], max(0, deadline - time.monotonic()))
        if not ready:
            raise TimeoutError
        try:
            return os.read(terminal, 4096).decode(errors="replace")
        except OSError:  # what Linux says when the program has gone
            return ""

    def wait_for(wanted):
        nonlocal seen, shown
        while wanted not in seen[shown:]:
            text = read()
            if not text:
                raise EOFError(wanted)
            seen += text
        shown = seen.index(wanted, shown) + len(wanted)

    try:
        for wanted, keys in steps:
            wait_for(wanted)
            if not wanted.rstrip().endswith((":", ">")):
                wait_for(LISTENS)
            shown = len(seen)
            os.write(terminal, keys.encode())
        while text := read():
            seen += text
    except (EOFError, TimeoutError) as problem:
        os.kill(child, 9)
        print(f"{problem!r} after: {seen}")
        sys.exit(99)
    print(seen)
    sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))


main()
