"""The proxies that are compared: how each is configured and started. One core each, the same one."""

import dataclasses
import pathlib
import sqlite3

ORIGIN = 18000
SONG_BYTES = 64 << 20
SHORT_BYTES = 8 << 20
LATE, SHORT = 1000, 2000  # the first songs that the origin answers after 40 ms; short ones, after 20 ms
LATE_PATH, SHORT_PATH, OTHER_PATH = f"/{SONG_BYTES}/40/", f"/{SHORT_BYTES}/20/", f"/{SONG_BYTES}/0/"

RESOLVED = 3000  # the first of those that a command has to find, for tonearm alone

# glibc gives large blocks back to the kernel at each free; with this nginx keeps them, as tonearm does.
MALLOC = {"GLIBC_TUNABLES": "glibc.malloc.mmap_threshold=33554432:glibc.malloc.trim_threshold=67108864"}


@dataclasses.dataclass(frozen=True)
class Peer:
    name: str
    title: str
    port: int
    caches: bool

    def files(self, where):
        """{file: text} of its configuration, below the directory `where`."""
        return CONFIGURATIONS[self.name](self, where)

    def command(self, where, build):
        if self.name == "haproxy":
            return ["haproxy", "-f", str(where / "haproxy.cfg")]
        if self.name == "varnish":
            return ["varnishd", "-F", "-n", str(where / "work"), "-f", str(where / "default.vcl"),
                    "-a", f"127.0.0.1:{self.port}", "-s", "malloc,6G", "-T", "none",
                    "-p", "workspace_backend=256k"]
        if self.name.startswith("tonearm"):
            return [str(build / "tonearm"), "serve", "-c", str(where / "tonearm.toml")]
        return ["nginx", "-p", str(where), "-c", str(where / "nginx.conf"), "-e", str(where / "error.log")]

    def environment(self):
        return MALLOC if self.name in ("nginx-tuned", "nginx-slice") else {}


# A song's number says where the origin has it.
PATHS = [("1[0-9][0-9][0-9]", LATE_PATH), ("2[0-9][0-9][0-9]", SHORT_PATH), ("[0-9]+", OTHER_PATH)]


def nginx(peer, where):
    temp = " ".join(f"{kind}_temp_path {where}/{kind};"
                    for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi"))
    late = "map $uri $origin_path {" + " ".join(
        f"~^/songs/listen/(?<n>{pattern})$ {path}$n;" for pattern, path in PATHS) + "}"
    return f"""
daemon off; worker_processes 1; pid {where}/pid; events {{ worker_connections 8192; }}
http {{
  access_log off; tcp_nodelay on; {temp} {late}
  upstream origin {{ server 127.0.0.1:{ORIGIN}; {NGINX[peer.name][0]} }}
  {NGINX[peer.name][1].format(where=where)}
  server {{
    listen 127.0.0.1:{peer.port} backlog=4096; keepalive_requests 1000000;
    location /songs/listen/ {{ proxy_pass http://origin$origin_path; {NGINX[peer.name][2]} }}
  }}
}}
"""


KEPT = "proxy_http_version 1.1; proxy_set_header Connection '';"

# What stands in the upstream block, in the http block, and in the location.
NGINX = {
    "nginx": ("", "", ""),
    # Connections to the origin are kept, buffers hold a 64 KiB answer, nothing is spooled to disk.
    "nginx-tuned": ("keepalive 256; keepalive_requests 1000000;", "",
                    KEPT + " proxy_buffer_size 256k; proxy_buffers 4 256k;"
                    " proxy_busy_buffers_size 512k; proxy_max_temp_file_size 0;"),
    "nginx-slice": ("keepalive 256; keepalive_requests 1000000;",
                    "proxy_cache_path {where}/cache keys_zone=songs:64m max_size=20g use_temp_path=off;"
                    " tcp_nopush off; sendfile on;",
                    KEPT + " slice 1m; proxy_cache songs; proxy_cache_key $uri$slice_range;"
                    " proxy_set_header Range $slice_range; proxy_cache_valid 200 206 1h;"
                    " proxy_cache_lock on; proxy_buffer_size 64k; proxy_buffers 8 64k;"),
}


def haproxy(peer, where):
    rewrites = "\n  ".join(f"http-request replace-path ^/songs/listen/({pattern})$ {path}\\1"
                           for pattern, path in PATHS)
    return f"""
global
  maxconn 4000
  nbthread 1
defaults
  mode http
  option splice-auto
  http-reuse always
  timeout connect 5s
  timeout client 300s
  timeout server 300s
frontend listen
  bind 127.0.0.1:{peer.port} backlog 4096
  {rewrites}
  default_backend origin
backend origin
  server origin 127.0.0.1:{ORIGIN}
"""


def varnish(peer, where):
    rewrites = "\n  ".join(f'set req.url = regsub(req.url, "^/songs/listen/({pattern})$", "{path}\\1");'
                           for pattern, path in PATHS)
    return f"""
vcl 4.1;
backend origin {{ .host = "127.0.0.1"; .port = "{ORIGIN}"; }}
sub vcl_recv {{
  {rewrites}
  return (hash);
}}
"""


def tonearm(peer, where):
    with sqlite3.connect(where / "catalog.sqlite3") as catalog:
        catalog.execute("CREATE TABLE music_song(id INTEGER PRIMARY KEY, name TEXT, file TEXT)")
        for first, path in ((1, OTHER_PATH), (LATE, LATE_PATH), (SHORT, SHORT_PATH)):
            catalog.executemany("INSERT INTO music_song VALUES(?, 'bench', ?)",
                                [(song, f"http://127.0.0.1:{ORIGIN}{path}{song}")
                                 for song in range(first, first // 1000 * 1000 + 1000)])
        catalog.executemany("INSERT INTO music_song VALUES(?, 'bench', ?)",
                            [(song, f"page:{song}") for song in range(RESOLVED, RESOLVED + 100)])
    cache = f'[cache]\npath = "{where}/cache"\nsize = "20GiB"\n' if peer.caches else ""
    return f"""
[server]
listen = ["127.0.0.1:{peer.port}"]
threads = 1
[admin]
listen = ["127.0.0.1:{peer.port + 1000}"]
[log]
level = "warn"
access = ""
[catalog]
path = "{where}/catalog.sqlite3"
[upstream]
allow_private = true
[resolver.page]
command = ["/bin/sh", "-c", "sleep 0.3; echo http://127.0.0.1:{ORIGIN}{OTHER_PATH}$1", "--", "{{}}"]
{cache}"""


CONFIGURATIONS = {
    "nginx": lambda peer, where: {"nginx.conf": nginx(peer, where)},
    "nginx-tuned": lambda peer, where: {"nginx.conf": nginx(peer, where)},
    "nginx-slice": lambda peer, where: {"nginx.conf": nginx(peer, where)},
    "haproxy": lambda peer, where: {"haproxy.cfg": haproxy(peer, where)},
    "varnish": lambda peer, where: {"default.vcl": varnish(peer, where)},
    "tonearm": lambda peer, where: {"tonearm.toml": tonearm(peer, where)},
    "tonearm-cache": lambda peer, where: {"tonearm.toml": tonearm(peer, where)},
}

PEERS = [
    Peer("nginx", "nginx proxy_pass as it comes", 18001, False),
    Peer("nginx-tuned", "nginx proxy_pass tuned", 18002, False),
    Peer("haproxy", "haproxy with splice", 18003, False),
    Peer("tonearm", "tonearm", 18004, False),
    Peer("nginx-slice", "nginx slice + cache", 18005, True),
    Peer("varnish", "Varnish", 18006, True),
    Peer("tonearm-cache", "tonearm with cache", 18007, True),
]
