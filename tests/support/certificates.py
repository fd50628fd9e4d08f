"""Certificates made with the openssl command: an authority, and what it says of servers."""

import os
import ssl
import subprocess

_KEY = ("-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1", "-nodes")
HERE = "DNS:localhost,IP:127.0.0.1"


class Certificate:
    """A certificate and its key, two files of PEM."""

    def __init__(self, stem):
        self.path, self.key = f"{stem}.pem", f"{stem}.key"

    def context(self):
        """What a server needs to show it."""
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(self.path, self.key)
        return context


class Authority(Certificate):
    def __init__(self, directory, name="authority"):
        super().__init__(os.path.join(directory, name))
        self.directory = directory
        _self_signed(self, name, "basicConstraints=critical,CA:TRUE", "keyUsage=keyCertSign")

    def issue(self, name, hosts=HERE, days=1):
        """A server's certificate; `days` is how long it is good for, negative: it was once."""
        leaf = Certificate(os.path.join(self.directory, name))
        request = f"{leaf.path}.request"
        openssl("req", "-new", *_KEY, "-subj", f"/CN={name}", "-addext", f"subjectAltName={hosts}",
                 "-keyout", leaf.key, "-out", request)
        openssl("x509", "-req", "-in", request, "-CA", self.path, "-CAkey", self.key,
                 "-copy_extensions", "copy", "-days", days, "-out", leaf.path)
        return leaf


def self_signed(directory, name, hosts=HERE):
    """A server's certificate that nobody else has signed."""
    leaf = Certificate(os.path.join(directory, name))
    _self_signed(leaf, name, f"subjectAltName={hosts}")
    return leaf


def _self_signed(certificate, name, *extensions):
    added = [word for extension in extensions for word in ("-addext", extension)]
    openssl("req", "-x509", *_KEY, "-days", 1, "-subj", f"/CN={name}", *added,
             "-keyout", certificate.key, "-out", certificate.path)


def openssl(*arguments):
    """Runs the command; it must do its work."""
    done = subprocess.run(["openssl", *map(str, arguments)], capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
