"""Lines as programs write them, each with the program whose documentation, source or output shows it so.

Each line says "boom" at ten o'clock on 24 November 2026, UTC, as severe as named; ``None`` where it says no time or no
severity. ``zone`` is what the host's zone is taken to be.
"""

from __future__ import annotations

from dataclasses import dataclass

from corvo_agent.logs.dialects.severity import Severity

#: The moment, in seconds since the epoch.
SECOND = 1795514400

E, F, W, I = Severity.ERROR, Severity.FATAL, Severity.WARN, Severity.INFO  # noqa: E741 - one letter a level


@dataclass(frozen=True, slots=True)
class Shape:
    """One line: what writes it, the line, and what it says."""

    source: str
    line: str
    severity: Severity | None = E
    timed: bool = True
    message: str = "boom"

    def __str__(self) -> str:
        return self.source


SHAPES: tuple[Shape, ...] = (
    # JSON
    Shape("zap, production", '{"level":"error","ts":1795514400.123,"caller":"a/b.go:3","msg":"boom","stacktrace":"x"}'),
    Shape("zap, development keys", '{"L":"ERROR","T":"2026-11-24T10:00:00.123Z","N":"n","C":"b.go:3","M":"boom"}'),
    Shape(
        "etcd (zap, ISO 8601)",
        '{"level":"error","ts":"2026-11-24T10:00:00.123456+0000","caller":"x.go:1","msg":"boom"}',
    ),
    Shape("zerolog", '{"level":"error","time":"2026-11-24T10:00:00Z","message":"boom"}'),
    Shape("zerolog, unix milliseconds", '{"level":"fatal","time":1795514400123,"message":"boom"}', F),
    Shape("logrus", '{"level":"warning","msg":"boom","time":"2026-11-24T10:00:00Z"}', W),
    Shape("slog", '{"time":"2026-11-24T10:00:00.123456789Z","level":"ERROR","source":{"file":"m.go"},"msg":"boom"}'),
    Shape("slog, level between", '{"time":"2026-11-24T10:00:00.1Z","level":"ERROR+2","msg":"boom"}'),
    Shape("go-kit log", '{"lvl":"eror","t":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape(
        "hashicorp/go-hclog",
        '{"@level":"error","@message":"boom","@module":"a","@timestamp":"2026-11-24T10:00:00.123456Z"}',
    ),
    Shape("pino", '{"level":50,"time":1795514400123,"pid":7,"hostname":"h","msg":"boom"}'),
    Shape(
        "bunyan",
        '{"name":"a","hostname":"h","pid":7,"level":40,"msg":"boom","time":"2026-11-24T10:00:00.123Z","v":0}',
        W,
    ),
    Shape("winston", '{"level":"error","message":"boom","timestamp":"2026-11-24T10:00:00.123Z"}'),
    Shape(
        "winston, colorize",
        '{"level":"\\u001b[31merror\\u001b[39m","message":"boom","timestamp":"2026-11-24 10:00:00"}',
    ),
    Shape(
        "log4js, JSON layout",
        '{"startTime":"2026-11-24T10:00:00.123Z","level":{"levelStr":"ERROR","level":40000},"data":{"message":"boom"}}',
    ),
    Shape(
        "Serilog, compact", '{"@t":"2026-11-24T10:00:00.1234567Z","@m":"boom","@i":"a1","@l":"Error","@x":"System.X"}'
    ),
    Shape("Serilog, compact, without a level", '{"@t":"2026-11-24T10:00:00.1234567Z","@mt":"boom"}', I),
    Shape(
        "Serilog, JsonFormatter",
        '{"Timestamp":"2026-11-24T11:00:00.1234567+01:00","Level":"Error","MessageTemplate":"boom"}',
    ),
    Shape("NLog, JsonLayout", '{"time":"2026-11-24 10:00:00.1234","level":"ERROR","logger":"a","message":"boom"}'),
    Shape(
        ".NET, JSON console",
        '{"Timestamp":"2026-11-24T10:00:00Z","EventId":0,"LogLevel":"Critical","Category":"a","Message":"boom"}',
        F,
    ),
    Shape(
        "logstash-logback-encoder",
        '{"@timestamp":"2026-11-24T10:00:00.123Z","@version":"1","message":"boom","logger_name":"a","level":"ERROR","level_value":40000}',
    ),
    Shape(
        "log4j2, JsonLayout",
        '{"instant":{"epochSecond":1795514400,"nanoOfSecond":123000000},"thread":"main","level":"ERROR","message":"boom"}',
    ),
    Shape(
        "log4j2, JsonLayout before 2.8",
        '{"timeMillis":1795514400123,"thread":"main","level":"FATAL","message":"boom"}',
        F,
    ),
    Shape(
        "ECS, dotted",
        '{"@timestamp":"2026-11-24T10:00:00.123Z","log.level":"error","message":"boom","ecs.version":"1.2.0"}',
    ),
    Shape(
        "ECS, nested", '{"@timestamp":"2026-11-24T10:00:00.123Z","log":{"level":"ERROR","logger":"a"},"message":"boom"}'
    ),
    Shape(
        "Elasticsearch 7",
        '{"type":"server","timestamp":"2026-11-24T10:00:00,123Z","level":"ERROR","component":"o.e.n","message":"boom"}',
    ),
    Shape(
        "Google Cloud Logging",
        '{"severity":"ALERT","time":"2026-11-24T10:00:00.123Z","message":"boom","logging.googleapis.com/trace":"t"}',
        F,
    ),
    Shape(
        "Google Cloud Logging, seconds and nanos",
        '{"severity":"ERROR","message":"boom","timestamp":{"seconds":1795514400,"nanos":5}}',
    ),
    Shape("Google Cloud Logging, numbers", '{"severity":500,"message":"boom","timestampSeconds":"1795514400"}'),
    Shape("GELF", '{"version":"1.1","host":"h","short_message":"boom","timestamp":1795514400.123,"level":3}'),
    Shape(
        "journald, JSON", '{"__REALTIME_TIMESTAMP":"1795514400123456","PRIORITY":"2","MESSAGE":"boom","_PID":"7"}', F
    ),
    Shape(
        "OpenTelemetry, file exporter",
        '{"timestamp":"2026-11-24T10:00:00.123Z","severityText":"Error","severityNumber":17,"body":"boom"}',
    ),
    Shape(
        "OpenTelemetry, number alone",
        '{"timeUnixNano":"1795514400123456789","severityNumber":13,"body":{"stringValue":"boom"}}',
        W,
    ),
    Shape(
        "OpenTelemetry, data model",
        '{"Timestamp":"1795514400123456789","SeverityText":"ERROR2","SeverityNumber":18,"Body":"boom"}',
    ),
    Shape(
        "OpenTelemetry, Python console",
        '{"body":"boom","severity_number":17,"severity_text":"ERROR","timestamp":"2026-11-24T10:00:00.123456Z"}',
    ),
    Shape(
        "loguru, serialize",
        '{"text":"x","record":{"level":{"name":"ERROR","no":40},"message":"boom","time":{"timestamp":1795514400.123456}}}',
    ),
    Shape(
        "python-json-logger", '{"asctime":"2026-11-24 10:00:00,123","levelname":"ERROR","name":"a","message":"boom"}'
    ),
    Shape("python-json-logger, numbers", '{"created":1795514400.123,"levelno":40,"name":"a","message":"boom"}'),
    Shape("structlog", '{"event":"boom","level":"error","timestamp":"2026-11-24T10:00:00.123456Z","logger":"a"}'),
    Shape(
        "Rust tracing",
        '{"timestamp":"2026-11-24T10:00:00.123456Z","level":"ERROR","fields":{"message":"boom"},"target":"a::b"}',
    ),
    Shape(
        "Elixir, LoggerJSON", '{"message":"boom","metadata":{},"severity":"error","time":"2026-11-24T10:00:00.123Z"}'
    ),
    Shape(
        "Monolog",
        '{"message":"boom","context":{},"level":550,"level_name":"ALERT","channel":"a","datetime":"2026-11-24T10:00:00.123456+00:00"}',
        F,
    ),
    Shape(
        "MongoDB", '{"t":{"$date":"2026-11-24T11:00:00.123+01:00"},"s":"E","c":"NETWORK","id":1,"ctx":"x","msg":"boom"}'
    ),
    Shape(
        "CockroachDB", '{"channel_numeric":1,"timestamp":"1795514400.123456789","severity":"ERROR","message":"boom"}'
    ),
    Shape("Caddy", '{"level":"error","ts":1795514400.1234567,"logger":"http.log","msg":"boom","status":500}'),
    Shape("klog, JSON", '{"ts":1795514400123.456,"caller":"a/b.go:3","msg":"boom","v":0}', None),
    Shape(
        "nginx, JSON access log", '{"time_iso8601":"2026-11-24T10:00:00+00:00","status":"500","message":"boom"}', None
    ),
    Shape(
        "the framework's own",
        '{"level":"error","ts":"2026-11-24T10:00:00.123456789Z","module":"m","caller":"a.go:3","pid":"1","msg":"boom"}',
    ),
    # Envelopes
    Shape("containerd (CRI)", '2026-11-24T10:00:00.123456789Z stderr F {"level":"error","msg":"boom"}'),
    Shape("CRI-O, offset, tags", "2026-11-24T12:00:00.123456789+02:00 stdout F:x ERROR:    boom"),
    Shape(
        "docker, json-file",
        '{"log":"{\\"level\\":\\"error\\",\\"msg\\":\\"boom\\"}\\n","stream":"stderr","time":"2026-11-24T10:00:00.5Z"}',
    ),
    Shape("docker, json-file, text", '{"log":"boom\\n","stream":"stdout","time":"2026-11-24T10:00:00.5Z"}', None),
    Shape("rsyslog, RFC 3164", "<11>Nov 24 10:00:00 host app[12]: boom"),
    Shape("rsyslog, ISO file format", "2026-11-24T10:00:00.123456+00:00 host app[12]: boom", None),
    Shape("syslog-ng, RFC 5424", '<8>1 2026-11-24T10:00:00.123Z host app 12 ID47 [x@1 iut="3"] boom', F),
    Shape("cee-enhanced syslog", 'Nov 24 10:00:00 host app[12]: @cee: {"level":"err","msg":"boom"}'),
    Shape("docker compose", 'web_1  | {"level":"error","ts":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("zap, colours around JSON", '\x1b[31m{"level":"error","ts":1795514400.123,"msg":"boom"}\x1b[0m'),
    # Text
    Shape("logging, asctime levelname name message", "2026-11-24 10:00:00,123 ERROR app boom", message="app boom"),
    Shape("logging, with dashes", "2026-11-24 10:00:00,123 - app.db - CRITICAL - boom", F),
    Shape("logging, basicConfig", "ERROR:app:boom", timed=False),
    Shape("uvicorn", "ERROR:    boom", timed=False),
    Shape("gunicorn", "[2026-11-24 10:00:00 +0000] [7] [CRITICAL] boom", F),
    Shape("celery", "[2026-11-24 10:00:00,123: ERROR/MainProcess] boom"),
    Shape("airflow", "[2026-11-24T10:00:00.123+0000] {dag.py:12} ERROR - boom"),
    Shape("loguru", "2026-11-24 10:00:00.123 | ERROR    | app:main:12 - boom"),
    Shape("structlog, console", "2026-11-24 10:00:00 [error    ] boom"),
    Shape("tornado", "[E 261124 10:00:00 web:12] boom"),
    Shape("jupyter", "[W 2026-11-24 10:00:00.123 ServerApp] boom", W),
    Shape("OpenStack oslo.log", "2026-11-24 10:00:00.123 7 ERROR nova.x [req-1 - -] boom"),
    Shape("klog", "E1124 10:00:00.123456       7 controller.go:12] boom"),
    Shape("glog, fatal", "F1124 10:00:00.123456 7 main.cc:12] boom", F),
    Shape("Go log", "2026/11/24 10:00:00 boom", None),
    Shape("slog, default handler", "2026/11/24 10:00:00 ERROR boom"),
    Shape("slog, text handler", "time=2026-11-24T10:00:00.123Z level=ERROR msg=boom a=1"),
    Shape("logrus, text", 'time="2026-11-24T10:00:00Z" level=error msg="boom" a="x y"'),
    Shape("the framework's logfmt", "ts=2026-11-24T10:00:00.123Z module=m pid=1 caller=a.go:3 level=error msg=boom"),
    Shape("logrus, terminal", "ERRO[0001] boom", timed=False),
    Shape("zap, console", "2026-11-24T10:00:00.123Z\terror\tapp\ta/b.go:12\tboom"),
    Shape("zerolog, console", "2026-11-24T10:00:00Z ERR boom"),
    Shape("hclog, text", "2026-11-24T10:00:00.123Z [ERROR] boom"),
    Shape("logback", "2026-11-24 10:00:00.123 [main] ERROR c.e.App - boom"),
    Shape("logback, default", "10:00:00.123 [main] ERROR c.e.App -- boom", timed=False),
    Shape("Spring Boot 3", "2026-11-24T10:00:00.123Z ERROR 7 --- [app] [           main] c.e.App       : boom"),
    Shape("Spring Boot 2", "2026-11-24 10:00:00.123 ERROR 7 --- [           main] c.e.App       : boom"),
    Shape("log4j, Kafka", "[2026-11-24 10:00:00,123] FATAL boom", F),
    Shape("log4j, Spark", "26/11/24 10:00:00 ERROR boom"),
    Shape(
        "ZooKeeper",
        "2026-11-24 10:00:00,123 [myid:1] - ERROR [main:Quorum@12] - boom",
        message="[main:Quorum@12] - boom",
    ),
    Shape("Cassandra", "ERROR [main] 2026-11-24 10:00:00,123 Daemon.java:12 - boom"),
    Shape("Tomcat", "24-Nov-2026 10:00:00.123 SEVERE [main] org.x.Y boom"),
    Shape("WildFly", "10:00:00,123 ERROR [org.x] (main) boom", timed=False),
    Shape("nginx", "2026/11/24 10:00:00 [emerg] 7#8: *3 boom", F),
    Shape("Apache httpd", "[Tue Nov 24 10:00:00.123456 2026] [core:error] [pid 7:tid 8] boom"),
    Shape(
        "access log",
        '127.0.0.1 - - [24/Nov/2026:10:00:00 +0000] "GET / HTTP/1.1" 500 1',
        None,
        message='"GET / HTTP/1.1" 500 1',
    ),
    Shape("PostgreSQL", "2026-11-24 10:00:00.123 UTC [7] ERROR:  boom"),
    Shape("PostgreSQL, panic", "2026-11-24 10:00:00.123 UTC [7] u@d PANIC:  boom", F),
    Shape("Redis", "7:M 24 Nov 2026 10:00:00.123 # boom", W),
    Shape("MySQL", "2026-11-24T10:00:00.123456Z 0 [ERROR] [MY-010119] [Server] boom"),
    Shape("MariaDB", "2026-11-24 10:00:00 0 [ERROR] boom"),
    Shape("RabbitMQ", "2026-11-24 10:00:00.123456+00:00 [error] <0.1.0> boom", message="<0.1.0> boom"),
    Shape("Monolog, line", "[2026-11-24T10:00:00.123456+00:00] app.ERROR: boom"),
    Shape("Ruby Logger", "E, [2026-11-24T10:00:00.123456 #7] ERROR -- prog: boom"),
    Shape("Rust tracing, text", "2026-11-24T10:00:00.123456Z ERROR app::db: boom"),
    Shape("Rust env_logger", "[2026-11-24T10:00:00Z ERROR app] boom"),
    Shape("Elixir", "10:00:00.123 [error] boom", timed=False),
    Shape("spdlog", "[2026-11-24 10:00:00.123] [app] [error] boom"),
    Shape("Envoy", "[2026-11-24 10:00:00.123][7][critical][main] [a.cc:12] boom", F),
    Shape("Fluentd", "2026-11-24 10:00:00 +0000 [error]: boom"),
    Shape("Fluent Bit", "[2026/11/24 10:00:00] [error] boom"),
    Shape(".NET, simple console", "fail: App.Program[0] boom", timed=False),
    Shape("Android logcat", "11-24 10:00:00.123  7  8 E Tag: boom"),
    Shape("sd-daemon", "<3>boom", timed=False),
)
