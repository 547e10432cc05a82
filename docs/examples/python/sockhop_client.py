#!/usr/bin/env python3
"""A client for sockhop servers in Python 3.8 or newer. It needs nothing but the standard library.

Copy this file. Then, with a server on port 50000 (or at the path of a Unix domain socket):

    from sockhop_client import SockhopClient

    with SockhopClient(50000) as client:
        client.send({"color": "red"}, type="Widget")  # the handlers of `receive` get it
        print(client.call("how are you?"))            # what they answer by meta.callback()
        print(client.ask("sum"))                      # what the handler of `request` answers
        for part in client.request("count"):          # an answer in many parts
            print(part)

What the server says by itself is given to the functions `on_receive` and `on_request`. There is no TLS, and no
reconnection.

From a shell: python3 sockhop_client.py PORT|PATH send|call|ask|request JSON
"""

import datetime
import json
import queue
import socket
import sys
import threading
import traceback
import uuid

MAX_MESSAGE_SIZE = 100 * 1024 * 1024  # bytes, as at the server
TERMINATOR = b"\n"


class SockhopError(Exception):
    """Something has gone wrong; `code` says what, as in the errors of the JavaScript library."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class SockhopClient:
    """A connection to a sockhop server.

    place: a port of 127.0.0.1, a pair of host and port, or the path of a Unix domain socket
    on_receive(value, type, reply): called with each message; `reply(value)` answers it, and is None when the
        server does not ask
    on_request(value, type): called with each request of the server; what it returns is the answer, and when it
        raises an exception, the server is told that the request has failed
    on_close(): called once, when the connection has ended
    timeout: seconds that it may take to connect

    The functions are called in a thread of the client, one after the other: what waits for an answer of the server
    in them waits in vain.
    """

    def __init__(self, place, on_receive=None, on_request=None, on_close=None, timeout=5):
        self.on_receive = on_receive
        self.on_request = on_request
        self.on_close = on_close
        self._waiting = {}  # id of what was asked → queue for what comes back
        self._lock = threading.Lock()  # for the above and the below
        self._open = True
        self._sending = threading.Lock()
        self._socket = _connect(place, timeout)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, value, type=None):
        """Sends a message. `type` is the name of a class; that of the value if left out."""
        self._transmit({"type": type or type_of(value), "data": value})

    def call(self, value, type=None, timeout=30):
        """Sends a message with a question, and returns what the server gives to its callback."""
        with _Answer(self) as answer:
            self._transmit({"type": type or type_of(value), "data": value, "id": answer.id})
            return answer.next(timeout)

    def ask(self, value, type=None, timeout=30):
        """Sends a request, and returns its answer; of an answer in many parts the first one."""
        parts = self.request(value, type, timeout)
        try:
            return next(parts)
        except StopIteration:
            raise SockhopError("The answer has no parts", "ERR_RESPONSE_END") from None
        finally:
            parts.close()

    def request(self, value, type=None, timeout=30):
        """Sends a request, and yields the parts of its answer, each of which may take `timeout` seconds.

        When they are not wanted any more, the server is told so.
        """
        with _Answer(self) as answer:
            request = {"uuid": answer.id, "data": value, "type": type or type_of(value), "errors": True}
            self._transmit({"type": "SockhopRequest", "data": request})
            last = False
            try:
                while not last:
                    packet = answer.next(timeout)
                    last = packet.get("last") is True
                    if "error" in packet:
                        raise SockhopError(packet["error"].get("message"), packet["error"].get("code"))
                    if not packet.get("empty"):
                        yield packet.get("data", {})
            finally:
                if not last:
                    self._respond(answer.id, {}, cancel=True)

    def close(self, timeout=5):
        """Ends the connection; what was sent before goes out first. Waits for the server to do the same."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # it has ended already
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout)
        _destroy(self._socket)

    def _transmit(self, envelope):
        # By default json writes everything but ASCII as \uXXXX: nothing can be wrong with the encoding.
        frame = json.dumps(envelope, allow_nan=False).encode("ascii")
        if len(frame) > MAX_MESSAGE_SIZE:
            raise SockhopError(f"The message has {len(frame)} bytes", "ERR_MESSAGE_TOO_LARGE")
        try:
            with self._sending:
                self._socket.sendall(frame + TERMINATOR)
        except OSError as error:
            raise SockhopError("There is no connection", "ERR_SOCKET_DESTROYED") from error

    def _respond(self, request_id, value, **more):
        packet = {"uuid": request_id, "type": type_of(value), "data": value, "last": True, **more}
        try:
            self._transmit({"type": "SockhopResponsePacket", "data": packet})
        except SockhopError as error:
            if error.code != "ERR_SOCKET_DESTROYED":  # then nobody is there to hear it
                raise

    def _read(self):
        try:
            for frame in _frames(self._socket):
                try:
                    envelope = json.loads(frame)
                except ValueError:
                    continue  # not JSON: dropped
                if isinstance(envelope, dict) and "type" in envelope:
                    self._received(envelope)
        except OSError:
            pass  # an end like any other
        finally:
            self._closed()

    def _received(self, envelope):
        kind, data = envelope["type"], envelope.get("data")
        own = {
            "SockhopPing": self._ping_received,
            "SockhopPong": lambda pong: None,
            "SockhopRequest": self._request_received,
            "SockhopResponsePacket": self._packet_received,
        }
        if isinstance(kind, str) and kind in own:
            if isinstance(data, dict):
                own[kind](data)
        elif envelope.get("callback_id"):
            self._settle(envelope["callback_id"], data)
        elif self.on_receive:
            try:
                self.on_receive(data, kind, self._reply_to(envelope["id"]) if envelope.get("id") else None)
            except Exception:  # must not keep the others from being delivered
                traceback.print_exc()

    def _ping_received(self, ping):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        pong = {"_id": ping.get("_id"), "_created": ping.get("_created"), "_returned": now, "_finished": None}
        try:
            self._transmit({"type": "SockhopPong", "data": pong})
        except SockhopError:
            pass  # the connection has ended, as the reader is about to see

    def _request_received(self, request):
        value, kind = request.get("data", {}), request.get("type")
        if not self.on_request:
            self._refuse(request, "ERR_REQUEST_UNHANDLED", "Nobody handles requests there")
            return
        try:
            self._respond(request.get("uuid"), self.on_request(value, kind))
        except Exception as error:  # whatever it is, it is the answer
            self._refuse(request, "ERR_REQUEST_FAILED", str(error))

    def _refuse(self, request, code, message):
        if request.get("errors") is True:  # older peers cannot read it
            self._respond(request.get("uuid"), {}, empty=True, error={"code": code, "message": message})

    def _packet_received(self, packet):
        if not packet.get("cancel"):  # of a request of the server, which is answered by now
            self._settle(packet.get("uuid"), packet)

    def _reply_to(self, question):
        def reply(value=None):
            self._transmit({"type": type_of(value), "data": value, "callback_id": question})

        return reply

    def _settle(self, key, value):
        with self._lock:
            waiting = self._waiting.get(key) if isinstance(key, str) else None
        if waiting:
            waiting.put((True, value))

    def _closed(self):
        with self._lock:
            self._open = False
            for waiting in self._waiting.values():
                waiting.put((False, None))
        _destroy(self._socket)
        if self.on_close:
            self.on_close()


class _Answer:
    """What comes back to one question or request. At the end of a `with` nobody waits for it any more."""

    def __init__(self, client):
        self.id = str(uuid.uuid4())
        self._client = client
        self._queue = queue.Queue()

    def __enter__(self):
        with self._client._lock:
            if not self._client._open:
                raise SockhopError("There is no connection", "ERR_SOCKET_DESTROYED")
            self._client._waiting[self.id] = self._queue
        return self

    def __exit__(self, *_):
        with self._client._lock:
            del self._client._waiting[self.id]

    def next(self, timeout):
        try:
            arrived, value = self._queue.get(timeout=timeout)
        except queue.Empty:
            raise SockhopError(f"There was no answer within {timeout} s", "ERR_RESPONSE_TIMEOUT") from None
        if not arrived:
            raise SockhopError("The connection has ended", "ERR_SOCKET_DESTROYED")
        return value


def type_of(value):
    """The name that JavaScript has for the class of a value."""
    if isinstance(value, str):
        return "String"
    if isinstance(value, bool):  # before the numbers: to Python it is one
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    if isinstance(value, (list, tuple)):
        return "Array"
    return "Object"


def _connect(place, timeout):
    if isinstance(place, str):
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(timeout)
        try:
            connected.connect(place)
        except OSError:
            connected.close()
            raise
    else:
        host, port = place if isinstance(place, tuple) else ("127.0.0.1", place)
        connected = socket.create_connection((host, port), timeout)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.settimeout(None)
    return connected


def _destroy(connected):
    try:
        connected.shutdown(socket.SHUT_RDWR)  # close() alone does not wake a thread that reads
    except OSError:
        pass  # it has ended already
    connected.close()


def _frames(connected):
    """Yields what lies between terminators. On their way bytes can be cut anywhere, also within a character."""
    parts, size = [], 0
    while True:
        chunk = connected.recv(65536)
        if not chunk:
            return
        *complete, rest = chunk.split(TERMINATOR)
        for end in complete:
            yield b"".join([*parts, end])
            parts, size = [], 0
        parts.append(rest)
        size += len(rest)
        if size > MAX_MESSAGE_SIZE:
            raise OSError("The server has sent a message that is too large")


def main(place, what, text):
    value = json.loads(text)
    with SockhopClient(int(place) if place.isdigit() else place) as client:
        if what == "send":
            client.send(value)
        elif what == "request":
            for part in client.request(value):
                print(json.dumps(part))
        else:
            print(json.dumps({"call": client.call, "ask": client.ask}[what](value)))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
