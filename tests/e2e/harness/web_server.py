"""
Other web servers in front of the same flopynet-api socket and flopynet-stream port, with the snippets that are shipped in conf/:

    server = WebServer("nginx", root, stack.api_socket, stack.stream_port, web, prefix="/lab").start()
    httpx.get(f"{server.url}/api/v1/health")
    server.stop()
"""
import os
import subprocess
from pathlib import Path

import httpx

from . import contract
from .process import Process, free_port, wait_until

SOURCE = Path(__file__).resolve().parents[3]
KINDS = ("lighttpd", "nginx", "apache", "caddy")

_NGINX = """
daemon off; pid {root}/nginx.pid; error_log stderr; worker_processes 1; {user}
events {{ }}
http {{
	access_log off;
	client_body_temp_path {root}/t1; proxy_temp_path {root}/t2; fastcgi_temp_path {root}/t3; uwsgi_temp_path {root}/t4; scgi_temp_path {root}/t5;
	server {{ listen 127.0.0.1:{port}; include {snippet}; }}
}}
"""
_APACHE = """
ServerRoot {root}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {root}/apache.pid
Mutex file:{root}
TypesConfig /dev/null
ErrorLog /dev/stderr
{modules}
{user}
<VirtualHost *:{port}>
	DocumentRoot {root}/empty
	Include {snippet}
</VirtualHost>
"""
_APACHE_MODULES = "mpm_event authz_core alias dir mime headers setenvif env proxy proxy_fcgi proxy_http proxy_wstunnel filter deflate"
_CADDY = """
{{
	admin off
	auto_https off
	grace_period 1s
	storage file_system {root}/caddy
}}
http://127.0.0.1:{port} {{
	import {snippet}
}}
"""
_LIGHTTPD = """
server.bind = "127.0.0.1"
server.port = {port}
server.document-root = "{root}/empty"
server.modules = ( "mod_access" )
include "{snippet}"
"""


class WebServer:
    def __init__(self, kind, root, api_socket, stream_port, web, prefix=""):
        self.kind, self.root, self.prefix, self.port = kind, Path(root), prefix, free_port()
        contract.dashboards.add(self.port)
        if stream_port in contract.invented:
            contract.invented.add(self.port)
        self.url = f"http://127.0.0.1:{self.port}{prefix}"
        self.ws_url = f"ws://127.0.0.1:{self.port}{prefix}/ws/dashboard"
        (self.root / "empty").mkdir(parents=True, exist_ok=True)
        subprocess.run(["sh", SOURCE / "conf/errors.sh", self.root / "errors"], check=True)
        self._values = {
            "prefix": prefix, "sbindir": "", "sysconfdir": "", "socket": api_socket, "stream_port": stream_port, "webdir": web, "errorsdir": self.root / "errors",
            "errors_location": f"{prefix}/flopynet-errors", "routes": SOURCE / "conf/lighttpd-routes.conf",
        }
        argv = getattr(self, f"_{kind}")()
        env = {**os.environ, "PATH": os.environ["PATH"] + ":/usr/sbin", "HOME": str(self.root), "XDG_DATA_HOME": str(self.root), "XDG_CONFIG_HOME": str(self.root)}
        self.process = Process(kind, argv, self.root / f"{kind}.log", env)

    def _fill(self, template):
        """The shipped snippet with our paths in it."""
        out = self.root / template
        done = subprocess.run(["sh", SOURCE / "conf/fill.sh", SOURCE / f"conf/{template}.in", *(f"{k}={v}" for k, v in self._values.items())],
                              check=True, stdout=subprocess.PIPE, text=True)
        out.write_text(done.stdout)
        return out

    def _write(self, name, text, **values):
        file = self.root / name
        file.write_text(text.format(root=self.root, port=self.port, **values))
        return file

    def _nginx(self):
        user = "user root;" if os.geteuid() == 0 else ""
        return ["nginx", "-p", self.root, "-c", self._write("nginx-main.conf", _NGINX, snippet=self._fill("nginx.conf"), user=user)]

    def _apache(self):
        modules = "\n".join(f"LoadModule {m}_module /usr/lib/apache2/modules/mod_{m}.so" for m in _APACHE_MODULES.split())
        user = ""
        if os.geteuid() == 0:
            # Apache will not serve as root: let its user in.
            user = "User www-data\nGroup www-data"
            for d in (self.root, Path(self._values["socket"]).parent, Path(self._values["webdir"])):
                d.chmod(0o755)
            Path(self._values["socket"]).chmod(0o666)
        return ["apache2", "-DFOREGROUND", "-f", self._write("apache-main.conf", _APACHE, snippet=self._fill("apache.conf"), modules=modules, user=user)]

    def _caddy(self):
        return ["caddy", "run", "--adapter", "caddyfile", "--config", self._write("Caddyfile-main", _CADDY, snippet=self._fill("Caddyfile"))]

    def _lighttpd(self):
        return ["lighttpd", "-D", "-f", self._write("lighttpd-main.conf", _LIGHTTPD, snippet=self._fill("lighttpd-dropin.conf"))]

    def start(self):
        self.process.start()

        def ready():
            assert self.process.running, self.process.stderr.read_text()[-2000:]
            return httpx.get(f"{self.url}/api/v1/health").status_code == 200
        wait_until(ready, 20, f"{self.kind} to answer")
        return self

    def stop(self):
        # In peace: a killed Apache leaves its children behind.
        self.process.stop()
