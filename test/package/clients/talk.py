"""Talks to a server in Python: with docs/examples/python/sockhop_client.py, or in lines of JSON without it.

    python3 talk.py sockhop|json PORT|PATH

The server has to do as clients.test.ts does. It ends with exit code 0 if everything was as it should be.
"""

import json
import os
import queue
import socket
import sys

sys.dont_write_bytecode = True
sys.path.insert(0, os.path.join(os.path.dirname(__file__), "../../../docs/examples/python"))

from sockhop_client import SockhopClient, SockhopError  # noqa: E402


def expect(found, wanted):
    if found != wanted:
        raise AssertionError(f"{found!r} is not {wanted!r}")


def error_of(function, *args, **named):
    try:
        found = function(*args, **named)
    except SockhopError as error:
        return error.code, str(error)
    raise AssertionError(f"{found!r} was not expected")


def in_json(place):
    family = socket.AF_UNIX if isinstance(place, str) else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as connected:
        connected.settimeout(5)
        connected.connect(place if isinstance(place, str) else ("127.0.0.1", place))
        with connected.makefile("rw", encoding="utf-8", newline="\n") as lines:

            def say(value):
                lines.write(json.dumps(value, ensure_ascii=False) + "\n")
                lines.flush()
                return json.loads(lines.readline())

            expect(say({"name": "world"}), {"hello": "world"})
            expect(say(["é→😀", None]), {"seen": ["é→😀", None]})
            expect(say({"name": "é" * 1_000_000}), {"hello": "é" * 1_000_000})
            expect(say({"name": "bye"}), {"bye": True})


def in_sockhop(place):
    heard = queue.Queue()
    closed = queue.Queue()

    def on_receive(value, type, reply):
        heard.put((value, type))
        if reply:
            reply("I am Python")

    def on_request(value, type):
        if value == "fail":
            raise ValueError("Not me")
        return [value, type]

    def hear():
        return heard.get(timeout=5)

    client = SockhopClient(place, on_receive=on_receive, on_request=on_request, on_close=lambda: closed.put(True))

    client.send({"name": "world"}, type="Greeting")
    expect(hear(), ({"hello": "world"}, "Object"))
    for value in ["é→😀", "", 4.5, 0, True, None, [1, ["two"]], {"a": {"b": None}}, "é→😀" * 300_000]:
        expect(client.call(["seen", value]), value)
    expect(client.call("how are you?"), "fine")

    client.send("ask me")
    expect(hear(), ("who are you?", "String"))
    expect(hear(), ({"answer": "I am Python"}, "Object"))
    client.send("request from me")
    expect(hear(), ({"answer": [{"a": 1}, "Object"]}, "Object"))
    expect(hear(), ({"code": "ERR_REQUEST_FAILED", "message": "Not me"}, "Object"))

    expect(client.ask("sum"), 5)
    expect(list(client.request(1000)), list(range(1, 1001)))
    expect(error_of(client.ask, -1), ("ERR_REQUEST_FAILED", "No"))
    for part in client.request("without end"):
        expect(part, "a part")
        break
    expect(hear(), ("given up", "String"))
    expect(error_of(client.ask, "no answer", timeout=0.1), ("ERR_RESPONSE_TIMEOUT", "There was no reply within 0.1 s"))
    expect(hear(), ("given up", "String"))

    client.send("ping me")
    expect(hear(), ("pinged", "String"))

    client.send("hang up")
    expect(closed.get(timeout=5), True)
    expect(error_of(client.ask, "q")[0], "ERR_SOCKET_DESTROYED")
    expect(error_of(client.call, "q")[0], "ERR_SOCKET_DESTROYED")
    client.close()

    with SockhopClient(place) as another:
        another.send({"name": "bye"}, type="Greeting")  # closed in the next moment, and yet it arrives


def main(language, place):
    {"json": in_json, "sockhop": in_sockhop}[language](int(place) if place.isdigit() else place)


main(*sys.argv[1:])
