"""Services as people run them: their applications, and the commands that serve these."""

from __future__ import annotations

from dataclasses import dataclass

#: What a service has in it when nothing else brings a stub into its processes.
LINE = "from corvo_agent import start; start('shop', node='node1')\n"

_LEVEL = """
import json, logging, os
logging.basicConfig(level=logging.INFO)
own = logging.getLogger("shop.api")
quiet = logging.getLogger("quiet")
quiet.setLevel(logging.ERROR)

def shown():
    return json.dumps([os.getpid(), logging.root.level, own.getEffectiveLevel(), quiet.level])
"""

FLASK = f"""{_LEVEL}
from flask import Flask
app = Flask(__name__)
app.get("/")(shown)
"""

FASTAPI = f"""{_LEVEL}
from fastapi import FastAPI
from fastapi.responses import PlainTextResponse
app = FastAPI()

@app.get("/", response_class=PlainTextResponse)
async def index():
    return shown()
"""

DJANGO = f"""{_LEVEL}
import sys
from django.conf import settings
from django.core.wsgi import get_wsgi_application
from django.http import HttpResponse
from django.urls import path

settings.configure(ROOT_URLCONF=__name__, SECRET_KEY="x", ALLOWED_HOSTS=["*"], DEBUG=True)
urlpatterns = [path("", lambda request: HttpResponse(shown()))]
app = get_wsgi_application()

if __name__ == "__main__":
    from django.core.management import execute_from_command_line
    execute_from_command_line(sys.argv)
"""

AIOHTTP = f"""{_LEVEL}
import sys
from aiohttp import web

async def index(request):
    return web.Response(text=shown())

app = web.Application()
app.add_routes([web.get("/", index)])

if __name__ == "__main__":
    web.run_app(app, host="127.0.0.1", port=int(sys.argv[1]))
"""

# One thread serves, another one is busy; of the standard library alone.
_STANDARD = f"""{_LEVEL}
import sys, threading, time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

class Index(BaseHTTPRequestHandler):
    def do_GET(self):
        self.send_response(200)
        self.end_headers()
        self.wfile.write(shown().encode())
    def log_message(self, *arguments):
        pass

def serve():
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Index).serve_forever()
"""

THREADS = f"""{_STANDARD}
threading.Thread(target=lambda: [time.sleep(0.01) for _ in iter(int, 1)], daemon=True).start()
serve()
"""

TRIO = f"""{_STANDARD}
import trio
threading.Thread(target=serve, daemon=True).start()
trio.run(trio.sleep_forever)
"""

_EVENTLET = """
import os
# Names are looked up by the system: what eventlet has for that does not go with every dnspython.
os.environ["EVENTLET_NO_GREENDNS"] = "yes"
import eventlet
eventlet.monkey_patch()
"""

EVENTLET = f"""{_LEVEL}
import sys, time
import eventlet.wsgi

def index(environment, start_response):
    start_response("200 OK", [])
    return [shown().encode()]

eventlet.spawn(lambda: [time.sleep(0.01) for _ in iter(int, 1)])
eventlet.wsgi.server(eventlet.listen(("127.0.0.1", int(sys.argv[1]))), index, log_output=False)
"""

MULTIPROCESSING = f"""{_STANDARD}
import multiprocessing

def work():
    while True:
        time.sleep(0.05)

if __name__ == "__main__":
    context = multiprocessing.get_context(sys.argv[2])
    for _ in range(2):
        context.Process(target=work, daemon=True).start()
    import signal
    signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
    serve()
"""

CELERY = f"""{_LEVEL}
from celery import Celery
from celery.utils.log import get_task_logger

# Hung below a logger of Celery's, as its documents tell to.
own = get_task_logger("shop.api")
app = Celery("tasks", broker="filesystem://", backend="file://results")
app.conf.broker_transport_options = dict(data_folder_in="queue", data_folder_out="queue", processed_folder="done")
app.conf.worker_hijack_root_logger = False

@app.task
def level():
    return shown()
"""


@dataclass(frozen=True, slots=True)
class Kind:
    """One way to run a service: its name, the package that it needs, its application, and how that is served.

    ``{port}`` and ``{bin}`` in ``command`` are filled in. ``processes`` are those that become workers by ``start`` and
    by ``corvo run``, 0 for not at all. ``tasks``: it is asked by tasks, and not over HTTP. ``first`` is what the
    application begins with, before the line that starts a stub.
    """

    name: str
    needs: str
    application: str
    command: str
    by_start: int
    by_run: int
    tasks: bool = False
    first: str = ""


_GUNICORN = "{bin}/gunicorn -b 127.0.0.1:{port} -w 2 app:app"
_UVICORN = "{bin}/uvicorn --port {port} app:app"
_UWSGI = "{bin}/uwsgi --http-socket 127.0.0.1:{port} --master -p 2 --enable-threads --die-on-term -w app:app"
_SCRIPT = "{bin}/python app.py {port}"

KINDS = (
    Kind("gunicorn-sync-flask", "gunicorn", FLASK, _GUNICORN, 2, 3),
    Kind("gunicorn-gthread-flask", "gunicorn", FLASK, f"{_GUNICORN} -k gthread --threads 4", 2, 3),
    Kind("gunicorn-preload-flask", "gunicorn", FLASK, f"{_GUNICORN} --preload", 3, 3),
    Kind("gunicorn-gevent-flask", "gevent", FLASK, f"{_GUNICORN} -k gevent", 2, 3),
    Kind("gunicorn-gevent-preload", "gevent", FLASK, f"{_GUNICORN} -k gevent --preload", 3, 3),
    Kind("gunicorn-sync-django", "django", DJANGO, _GUNICORN, 2, 3),
    Kind("django-runserver", "django", DJANGO, "{bin}/python app.py runserver {port}", 2, 2),
    # It loads the application in the process that reloads as well.
    Kind("flask-debug", "flask", FLASK, "{bin}/flask --app app --debug run --port {port}", 2, 2),
    Kind("uvicorn-fastapi", "fastapi", FASTAPI, f"{_UVICORN} --loop asyncio", 1, 1),
    Kind("uvicorn-uvloop", "uvloop", FASTAPI, f"{_UVICORN} --loop uvloop", 1, 1),
    Kind("uvicorn-workers", "uvicorn", FASTAPI, f"{_UVICORN} --workers 2", 2, 3),
    Kind("uvicorn-reload", "uvicorn", FASTAPI, f"{_UVICORN} --reload", 1, 2),
    Kind("uwsgi", "uwsgi", FLASK, _UWSGI, 2, 0),
    Kind("uwsgi-lazy", "uwsgi", FLASK, f"{_UWSGI} --lazy-apps", 2, 0),
    Kind("aiohttp", "aiohttp", AIOHTTP, _SCRIPT, 1, 1),
    Kind("threads", "python", THREADS, _SCRIPT, 1, 1),
    Kind("eventlet", "eventlet", EVENTLET, _SCRIPT, 1, 1, first=_EVENTLET),
    Kind("trio", "trio", TRIO, _SCRIPT, 1, 1),
    Kind("ipython", "IPython", THREADS, "{bin}/ipython --no-banner app.py {port}", 1, 1),
    Kind("multiprocessing-fork", "python", MULTIPROCESSING, f"{_SCRIPT} fork", 3, 3),
    Kind("multiprocessing-spawn", "python", MULTIPROCESSING, f"{_SCRIPT} spawn", 3, 3),
    Kind("multiprocessing-forkserver", "python", MULTIPROCESSING, f"{_SCRIPT} forkserver", 3, 3),
    Kind(
        "celery-prefork",
        "celery",
        CELERY,
        "{bin}/celery -A app worker -c 2 -P prefork --loglevel INFO",
        3,
        3,
        tasks=True,
    ),
)
