"""A bucket that lets nobody in without a right signature: S3's rules for a GET, written down from its
documentation and apart from the program's own code."""

import datetime
import hashlib
import hmac
import re
import threading
import urllib.parse

from support.fault_origin import FaultOrigin, Resource

EMPTY = hashlib.sha256(b"").hexdigest()
_STATUS = {
    "AccessDenied": 403,
    "AuthorizationHeaderMalformed": 400,
    "ExpiredToken": 400,
    "InvalidAccessKeyId": 403,
    "InvalidToken": 400,
    "NoSuchBucket": 404,
    "NoSuchKey": 404,
    "PermanentRedirect": 301,
    "PreconditionFailed": 412,
    "RequestTimeTooSkewed": 403,
    "SignatureDoesNotMatch": 403,
    "TemporaryRedirect": 307,
}


def signature(method, raw_path, query, fields, names, payload, secret, date, region):
    """The signature that is due; `fields` with names in lower case, `date` as in x-amz-date."""
    path = urllib.parse.quote(urllib.parse.unquote_to_bytes(raw_path), safe="-._~/")
    lines = [method, path, query]
    lines += [f"{name}:{' '.join(fields[name].split())}" for name in names]
    lines += ["", ";".join(names), payload]
    scope = f"{date[:8]}/{region}/s3/aws4_request"
    hashed = hashlib.sha256("\n".join(lines).encode()).hexdigest()
    text = "\n".join(["AWS4-HMAC-SHA256", date, scope, hashed])
    key = b"AWS4" + secret.encode()
    for part in (*scope.split("/"), text):
        key = hmac.digest(key, part.encode(), "sha256")
    return key.hex()


class Refused(Exception):
    def __init__(self, code, extra="", **fields):
        super().__init__(code)
        self.code, self.extra, self.fields = code, extra, fields


class Blob(Resource):
    """An object of given bytes."""

    def __init__(self, data, **options):
        super().__init__(len(data), **options)
        self.data = data

    def __call__(self, exchange):
        first, end = self.head(exchange)
        exchange.send(self.data[first:end])


class S3Origin(FaultOrigin):
    """`objects` by (bucket, key); `keys`: access key id to (secret, session token or None)."""

    def __init__(self, host="127.0.0.1"):
        self.objects = {}
        self.keys = {}
        self.expired = set()  # key ids whose token has expired
        self.denied = set()  # (bucket, key)
        self.regions = {}  # of buckets that are not in us-east-1
        self.elsewhere = {}  # bucket: URL of its region, told with a 307
        self.tells_region = "AuthorizationHeaderMalformed"  # or PermanentRedirect
        self.skew = datetime.timedelta(0)
        self.refusals = []
        self.prefix = ""
        self._told = threading.Lock()
        super().__init__(host)
        self.routes = self

    def get(self, _path, _missing):
        """For FaultOrigin: every path leads here."""
        return self._serve_object

    def _serve_object(self, exchange):
        try:
            found = self._find(exchange)
        except Refused as refused:
            with self._told:
                self.refusals.append(refused.code)
            region = self.regions.get(self.bucket_and_key(exchange)[0])
            fields = {"x-amz-bucket-region": region} if region else {}
            body = f"<?xml version='1.0'?>\n<Error><Code>{refused.code}</Code>{refused.extra}</Error>"
            fields.update(refused.fields, Content_Type="application/xml")
            exchange.answer(_STATUS[refused.code], body.encode(), **fields)
        else:
            found(exchange)

    def bucket_and_key(self, exchange):
        host = exchange.fields["host"].rpartition(":")[0]
        path = urllib.parse.unquote(exchange.path.removeprefix(self.prefix)[1:])
        bucket, dot, _ = host.rpartition(".localhost")
        if dot:
            return bucket, path
        bucket, _, key = path.partition("/")
        return bucket, key

    def _find(self, exchange):
        bucket, key = self.bucket_and_key(exchange)
        if bucket in self.elsewhere:
            raise Refused("TemporaryRedirect", Location=self.elsewhere[bucket] + exchange.path)
        self._check(exchange, self.regions.get(bucket, "us-east-1"))
        if (bucket, key) in self.denied:
            raise Refused("AccessDenied")
        if all(name != bucket for name, _ in self.objects):
            raise Refused("NoSuchBucket", f"<BucketName>{bucket}</BucketName>")
        if (bucket, key) not in self.objects:
            raise Refused("NoSuchKey", f"<Key>{key}</Key>")
        found = self.objects[bucket, key]
        if exchange.fields.get("if-match") not in (None, found.etag):
            raise Refused("PreconditionFailed")
        return found

    def _check(self, exchange, region):
        """Raises what S3 would answer to a request that is not signed as it must be."""
        fields = exchange.fields
        stated = re.fullmatch(
            r"AWS4-HMAC-SHA256 Credential=([^/]+)/(\d{8})/([^/]+)/s3/aws4_request, ?"
            r"SignedHeaders=([a-z0-9;-]+), ?Signature=([0-9a-f]{64})",
            fields.get("authorization", ""),
        )
        if not stated:
            raise Refused("AccessDenied")
        key_id, day, signed_for, names, given = stated.groups()
        if key_id not in self.keys:
            raise Refused("InvalidAccessKeyId", f"<AWSAccessKeyId>{key_id}</AWSAccessKeyId>")
        if signed_for != region:
            raise Refused(self.tells_region, f"<Region>{region}</Region>")
        names = names.split(";")
        must = {name for name in fields if name.startswith("x-amz-")} | {"host"}
        if names != sorted(names) or not must <= set(names) or not set(names) <= set(fields):
            raise Refused("SignatureDoesNotMatch")
        date = fields.get("x-amz-date", "")
        when = re.fullmatch(r"\d{8}T\d{6}Z", date) and datetime.datetime.strptime(date, "%Y%m%dT%H%M%SZ")
        now = datetime.datetime.now(datetime.timezone.utc).replace(tzinfo=None) + self.skew
        if not when or date[:8] != day or abs(now - when) > datetime.timedelta(minutes=15):
            raise Refused("RequestTimeTooSkewed")
        secret, token = self.keys[key_id]
        if fields.get("x-amz-content-sha256") not in ("UNSIGNED-PAYLOAD", EMPTY):
            raise Refused("SignatureDoesNotMatch")
        due = signature(exchange.method, exchange.path, "", fields, names,
                        fields["x-amz-content-sha256"], secret, date, region)
        if not hmac.compare_digest(due, given) or "?" in exchange.target:
            raise Refused("SignatureDoesNotMatch")
        if fields.get("x-amz-security-token") != token:
            raise Refused("InvalidToken")
        if key_id in self.expired:
            raise Refused("ExpiredToken")
