"""Answers that are framed in unusual ways, all of them legal or well known: what is played is their content alone."""

import os
import sys
import unittest

sys.path.insert(0, os.path.dirname(os.path.dirname(os.path.abspath(__file__))))

from support.content import content
from support.fault_stage import Case, played, setUpModule

KIB = 1 << 10


def chunks(size, padding=b"", block=KIB):
    """The content, each chunk's size followed by `padding`."""
    whole = content(0, size)
    parts = [whole[at : at + block] for at in range(0, size, block)]
    return b"".join(b"%x%s\r\n%s\r\n" % (len(part), padding, part) for part in parts) + b"0\r\n\r\n"


def answering(head, body):
    def handler(exchange):
        exchange.raw(b"\r\n".join([b"HTTP/1.1 200 OK", *head, b"", b""]))
        exchange.send(body)
        exchange.close()

    return handler


class ChunksTest(Case):
    def test_sizes_of_a_long_body_may_be_padded(self):
        for padding in (b"", b" ", b"     ", b";ieof", b';a="b"'):
            with self.subTest(padding=padding):
                body = chunks(5000 * KIB, padding)
                response = played(answering([b"Transfer-Encoding: chunked"], body))
                self.assertEqual(response.status, 200)
                self.assert_bytes(response, 0, 5000 * KIB)

    def test_field_that_says_so_may_be_written_oddly(self):
        for head in (
            [b"Transfer-Encoding:", b" chunked"],
            [b"Transfer-Encoding : chunked"],
            [b"transfer-encoding:chunked", b"Transfer-Encoding: chunked"],
            [b"Transfer-Encoding: identity, Chunked"],
            [b" ignored: behind the status line", b"Transfer-Encoding: chunked"],
        ):
            with self.subTest(head=head):
                response = played(answering(head, chunks(100 * KIB)))
                self.assertEqual(response.status, 200)
                self.assert_bytes(response, 0, 100 * KIB)

    def test_content_coding_is_seen_however_it_is_written(self):
        for head in ([b"Content-Encoding:", b"\tgzip"], [b"Content-Encoding \t: gzip"]):
            with self.subTest(head=head):
                response = played(answering([*head, b"Content-Length: 5"], b"hello"))
                self.assert_problem(response, 502)

    def test_transfer_coding_that_nobody_asked_for_is_502(self):
        response = played(answering([b"Transfer-Encoding: gzip, chunked"], chunks(KIB)))
        self.assert_problem(response, 502)


class RefusalTest(Case):
    def test_status_counts_whatever_its_body_is_coded_in(self):
        def handler(exchange):
            exchange.raw(b"HTTP/1.1 404 Not Found\r\nTransfer-Encoding: gzip, chunked\r\n\r\n")
            exchange.close()

        self.assert_problem(played(handler), 404)


if __name__ == "__main__":
    unittest.main()
