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
    # What stands before objects, and times as they are seldom written
    Shape("kubectl logs --timestamps", '2026-11-24T10:00:00.251851909Z {"level":"error","msg":"boom"}'),
    Shape(
        "kubectl logs --timestamps, pino",
        '2026-11-24T10:00:00.2Z {"level":50,"time":1795514400200,"pid":7,"hostname":"h","msg":"boom"}',
    ),
    Shape("docker compose logs --timestamps", 'web-1  | 2026-11-24T10:00:00.251851909Z {"level":"error","msg":"boom"}'),
    Shape("Heroku", '2026-11-24T10:00:00.123456+00:00 app[web.1]: {"level":"error","msg":"boom"}'),
    Shape("pm2, with a date", '2026-11-24 10:00 +00:00: {"level":"error","msg":"boom"}'),
    Shape("pm2 logs", '0|app      | {"level":"error","ts":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("honcho", '10:00:00 web.1   | {"level":"error","ts":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("kubetail", '[web-5d9f-xyz] {"level":"error","ts":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("stern", 'web-5d9f-xyz app {"level":"error","ts":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("Lambda, Node", '2026-11-24T10:00:00.123Z\t4d8b3785-079a-5f47-9b09-647242079aed\tERROR\t{"msg":"boom"}'),
    Shape("Lambda, Python", "[ERROR]\t2026-11-24T10:00:00.123Z\t4d8b3785\tboom", message="4d8b3785\tboom"),
    Shape("journalctl, short-precise", 'Nov 24 10:00:00.123456 host app[1]: {"level":"error","msg":"boom"}'),
    Shape("journalctl, short-iso", '2026-11-24T10:00:00+0000 host app[1]: {"level":"error","msg":"boom"}'),
    Shape("journalctl, short-full", "Tue 2026-11-24 10:00:00 UTC host app[1]: boom", None),
    Shape("dmesg -T", "[Tue Nov 24 10:00:00 2026] boom", None),
    Shape("OpenVPN", "Tue Nov 24 10:00:00 2026 boom", None),
    Shape("WebLogic", "####<Nov 24, 2026 10:00:00 AM UTC> <Error> <boom>", message="<boom>"),
    Shape("Apache Sling", "24.11.2026 10:00:00.123 *ERROR* [main] boom", message="[main] boom"),
    Shape("NestJS", "[Nest] 7  - 11/24/2026, 10:00:00 AM   ERROR [x] boom"),
    Shape("Telegraf", "2026-11-24T10:00:00Z E! [agent] boom"),
    Shape("etcd before 3.4", "2026-11-24 10:00:00.123456 E | etcdserver: boom"),
    Shape("MongoDB before 4.4", "2026-11-24T10:00:00.123+0000 E NETWORK  [conn1] boom"),
    Shape("TensorFlow", "2026-11-24 10:00:00.123456: E tensorflow/x.cc:12] boom"),
    Shape("Ray", "[2026-11-24 10:00:00,123 E 7 8] core_worker.cc:12: boom"),
    Shape("Prefect", "10:00:00.123 | ERROR   | prefect.x - boom", timed=False),
    Shape("logging, semicolons", "2026-11-24 10:00:00,123;ERROR;boom"),
    Shape("logging, commas", "2026-11-24 10:00:00,123,ERROR,boom"),
    Shape("logging, colons", "2026-11-24 10:00:00,123:ERROR:boom"),
    Shape("structlog, KeyValueRenderer", "event='boom' level='error' timestamp='2026-11-24T10:00:00Z'"),
    Shape("Go, time.Time.String", '{"level":"error","time":"2026-11-24 12:00:00.1 +0200 CEST m=+0.012","msg":"boom"}'),
    Shape("date, Go's UnixDate", '{"level":"error","time":"Tue Nov 24 10:00:00 UTC 2026","msg":"boom"}'),
    Shape("Ruby's date", '{"level":"error","time":"Tue Nov 24 11:00:00 +0100 2026","msg":"boom"}'),
    Shape("RFC 850", '{"level":"error","time":"Tuesday, 24-Nov-26 10:00:00 UTC","msg":"boom"}'),
    Shape(
        "JavaScript, Date.toString",
        '{"level":"error","time":"Tue Nov 24 2026 11:00:00 GMT+0100 (Central European Standard Time)","msg":"boom"}',
    ),
    Shape("JavaScript, toLocaleString", '{"level":"error","time":"11/24/2026, 10:00:00 AM","msg":"boom"}'),
    Shape("ISO 8601 without seconds", '{"level":"error","time":"2026-11-24T10:00Z","msg":"boom"}'),
    Shape("a picture before the level", '{"level":"\U0001f525 Error!","time":"2026-11-24T10:00:00Z","msg":"boom"}'),
    Shape("Kong", '{"started_at":1795514400000,"level":"error","message":"boom"}'),
    Shape("a level in the body", '{"time":"2026-11-24T10:00:00Z","body":{"level":"error","message":"boom"}}'),
    Shape("Rich", "[11/24/26 10:00:00] ERROR    boom"),
    Shape("Rich, time of day", "[10:00:00] ERROR    boom", timed=False),
    Shape("logrus, terminal with times", "\x1b[31mERRO\x1b[0m[2026-11-24T10:00:00Z] boom"),
    Shape("NATS", "[7] 2026/11/24 10:00:00.123456 [ERR] boom"),
    Shape("CockroachDB, text", "E261124 10:00:00.123456 12 1@x/y.go:12 \u22ee [T1,n1] 7  boom"),
    Shape("Locust", "[2026-11-24 10:00:00,123] host/ERROR/locust.main: boom"),
    Shape("structlog, numbers", '{"event":"boom","level_number":40,"timestamp":"2026-11-24T10:00:00Z"}'),
)
