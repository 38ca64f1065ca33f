"""What tests take from npm's registry, by a lock file; they are skipped where it is out of reach."""

import fcntl
import filecmp
import os
import re
import shutil
import signal
import subprocess
import unittest

# What npm calls it ("npm error code ...") when the registry, or what stands before it, cannot be asked or does not answer as a
# registry does. What is wrong with the lock file, or with what came, has other names (EUSAGE, EINTEGRITY, E404), and is a failure.
OUT_OF_REACH = re.compile(r"""
    E4(01|03|07|08|25|29) | E5\d\d
    | EAI_\w+ | ECONN\w+ | ENET\w+ | EHOST\w+ | ENOTFOUND | EADDRNOTAVAIL | EPIPE | EPROTO | \w*TIMED?OUT
    | ENOTCACHED | FETCH_ERROR | EINVALIDRESPONSE | ERR_STREAM_PREMATURE_CLOSE | ERR_SSL_\w+ | ERR_TLS_\w+ | \w*CERT\w* | \w+_SIGNATURE
    """, re.VERBOSE)
PATIENCE = 100  # seconds for all of it


def ci(folder):
    """Its exit code and what it said; or None, and what it said, if it took too long."""
    # npm wants a home folder, and keeps what it fetched there; not everybody has one.
    home = os.path.expanduser("~")
    if not os.path.isdir(home):
        home = folder
    kept = os.path.join(home, ".npm")
    own = [] if os.access(kept if os.path.exists(kept) else home, os.W_OK) else ["--cache", os.path.join(folder, "npm")]
    npm = subprocess.Popen(
        ["npm", "ci", "--ignore-scripts", "--no-audit", "--no-fund", "--no-update-notifier", "--loglevel=error",
         "--fetch-retries=1", "--fetch-retry-mintimeout=1000", "--fetch-timeout=20000", *own],
        cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        errors="replace", start_new_session=True, env={**os.environ, "HOME": home})
    try:
        said = npm.communicate(timeout=PATIENCE)[0]
        return npm.returncode, said
    except subprocess.TimeoutExpired:
        os.killpg(npm.pid, signal.SIGKILL)
        return None, npm.communicate()[0]


def out_of_reach(code, said):
    """Why npm could not ask its registry; None if something else is wrong."""
    if code is None:
        return f"npm took more than {PATIENCE} s"
    named = re.search(r"^npm (?:ERR!|error) code (\S+)", said, re.MULTILINE)
    if named:
        return named[1] if OUT_OF_REACH.fullmatch(named[1]) else None
    # A fault of npm's own, in which connections that fail under it may end, without a code.
    return "npm gave up" if "Exit handler never called" in said else None


def install(what, listed, folder):
    """Has npm put what package-lock.json in `listed` names into `folder`, unless that is there. `what` is its name for people."""
    if not shutil.which("node") or not shutil.which("npm"):
        raise AssertionError("node and npm are missing: ./test installs them, by scripts/packages/test.txt")
    os.makedirs(folder, exist_ok=True)
    with open(os.path.join(folder, ".lock"), "w", encoding="ascii") as lock:
        fcntl.flock(lock, fcntl.LOCK_EX)
        wanted, stamp = os.path.join(listed, "package-lock.json"), os.path.join(folder, "installed")
        if os.path.exists(stamp) and filecmp.cmp(wanted, stamp, shallow=False):
            return
        for name in ("package.json", "package-lock.json"):
            shutil.copy(os.path.join(listed, name), folder)
        code, said = ci(folder)
        if code != 0:
            if why := out_of_reach(code, said):
                raise unittest.SkipTest(f"{what} is not installed, and npm's registry is out of reach: {why}")
            raise AssertionError(f"npm ci failed:\n{said}")
        shutil.copy(wanted, stamp)
