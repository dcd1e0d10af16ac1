"""Programs that write a line "fine" of level info and then a line "boom" of level error, each with its own library."""

from __future__ import annotations

#: By name, for Python: the line that says "fine", and the one that says "boom", go to standard output.
PYTHON = {
    "logging": """
import logging, sys
logging.basicConfig(stream=sys.stdout, level=logging.INFO, format="%(asctime)s %(levelname)s %(name)s %(message)s")
logging.getLogger("app").info("fine")
logging.getLogger("app").error("boom")
""",
    "structlog, JSON": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.JSONRenderer(),
])
structlog.get_logger().info("fine", user="bob")
structlog.get_logger().error("boom", user="bob")
""",
    "structlog, console": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.dev.ConsoleRenderer(colors=True),
])
structlog.get_logger().info("fine", user="bob")
structlog.get_logger().error("boom", user="bob")
""",
    "structlog, logfmt": """
import structlog
structlog.configure(processors=[
    structlog.processors.add_log_level,
    structlog.processors.TimeStamper(fmt="iso"),
    structlog.processors.LogfmtRenderer(key_order=["timestamp", "level", "event"]),
])
structlog.get_logger().info("fine", user="bob")
structlog.get_logger().error("boom", user="bob")
""",
    "loguru, serialized": """
import sys
from loguru import logger
logger.remove()
logger.add(sys.stdout, serialize=True)
logger.info("fine")
logger.error("boom")
""",
    "loguru, text": """
import sys
from loguru import logger
logger.remove()
logger.add(sys.stdout)
logger.info("fine")
logger.error("boom")
""",
    "python-json-logger": """
import logging, sys
from pythonjsonlogger.json import JsonFormatter
handler = logging.StreamHandler(sys.stdout)
handler.setFormatter(JsonFormatter("%(asctime)s %(levelname)s %(name)s %(message)s"))
logging.basicConfig(handlers=[handler], level=logging.INFO)
logging.getLogger("app").info("fine")
logging.getLogger("app").error("boom")
""",
    "a container runtime": """
import json, sys, time
def write(line, stream="stderr"):
    while line:
        part, line = line[:16384], line[16384:]
        now = time.time_ns()
        moment = time.strftime("%Y-%m-%dT%H:%M:%S", time.gmtime(now // 10**9))
        print(f"{moment}.{now % 10**9:09}Z {stream} {'P' if line else 'F'} {part}")
write(json.dumps({"level": "info", "msg": "fine"}), "stdout")
write(json.dumps({"pad": "p" * 40000, "level": "error", "msg": "boom"}))
""",
}

#: The same for node, with packages of npm.
NODE = {
    "pino": """
const logger = require("pino")()
logger.info("fine")
logger.error("boom")
""",
    "pino, ISO time": """
const pino = require("pino")
const formatters = { level: (label) => ({ level: label.toUpperCase() }) }
const logger = pino({ timestamp: pino.stdTimeFunctions.isoTime, formatters })
logger.info("fine")
logger.error(new Error("boom"))
""",
    "bunyan": """
const logger = require("bunyan").createLogger({ name: "app" })
logger.info("fine")
logger.error("boom")
""",
    "winston, JSON": """
const { createLogger, format, transports } = require("winston")
const shape = format.combine(format.timestamp(), format.json())
const logger = createLogger({ format: shape, transports: [new transports.Console()] })
logger.info("fine")
logger.error("boom")
""",
    "winston, logstash": """
const { createLogger, format, transports } = require("winston")
const shape = format.combine(format.timestamp(), format.logstash())
const logger = createLogger({ format: shape, transports: [new transports.Console()] })
logger.info("fine")
logger.error("boom")
""",
}

#: A program in Go, and what it is asked for: its standard library, and lines as zap and zerolog lay them out.
GO_KINDS = ("slog, JSON", "slog, text", "log", "zap, production", "zap, development", "zerolog", "logrus")
GO = """
package main

import (
	"fmt"
	"log"
	"log/slog"
	"os"
	"time"
)

func each(write func(level, text string)) {
	write("info", "fine")
	write("error", "boom")
}

func main() {
	now := time.Now()
	switch os.Args[1] {
	case "slog, JSON":
		logger := slog.New(slog.NewJSONHandler(os.Stdout, &slog.HandlerOptions{AddSource: true}))
		logger.Info("fine", "user", "bob")
		logger.Error("boom", "user", "bob")
	case "slog, text":
		logger := slog.New(slog.NewTextHandler(os.Stdout, nil))
		logger.Info("fine", "user", "bob")
		logger.Error("boom", "user", "bob")
	case "log":
		logger := log.New(os.Stdout, "", log.LstdFlags|log.Lmicroseconds|log.Lmsgprefix)
		logger.Println("INFO fine")
		logger.Println("ERROR boom")
	case "zap, production":
		each(func(level, text string) {
			fmt.Printf("{\\"level\\":%q,\\"ts\\":%f,\\"caller\\":\\"app/main.go:7\\",\\"msg\\":%q}\\n", level,
				float64(now.UnixNano())/1e9, text)
		})
	case "zap, development":
		each(func(level, text string) {
			upper := map[string]string{"info": "INFO", "error": "ERROR"}[level]
			fmt.Printf("%s\\t%s\\tapp/main.go:7\\t%s\\t{\\"user\\": \\"bob\\"}\\n",
				now.Format("2006-01-02T15:04:05.000Z0700"), upper, text)
		})
	case "zerolog":
		each(func(level, text string) {
			fmt.Printf("{\\"level\\":%q,\\"user\\":\\"bob\\",\\"time\\":%q,\\"message\\":%q}\\n", level,
				now.Format(time.RFC3339), text)
		})
	case "logrus":
		each(func(level, text string) {
			fmt.Printf("time=%q level=%s msg=%q user=bob\\n", now.Format(time.RFC3339), level, text)
		})
	}
}
"""

#: An application for uvicorn and gunicorn that fails when it is asked for anything.
ASGI = """
async def app(scope, receive, send):
    if scope["type"] == "http":
        raise RuntimeError("boom")
    while (await receive())["type"] != "lifespan.shutdown":
        await send({"type": "lifespan.startup.complete"})
    await send({"type": "lifespan.shutdown.complete"})
"""
WSGI = """
def app(environ, start_response):
    raise RuntimeError("boom")
"""
NGINX = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/app.log notice;
events {{ }}
http {{
    access_log {folder}/access.log;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{
        listen unix:{folder}/server;
        root {folder}/nothing;
    }}
}}
"""
