#!/usr/bin/env python3
"""A client for sockhop servers in Python 3.8 or newer. It uses only the standard library.

Copy this file. Then, with a server on port 50000 (or at the path of a Unix domain socket):

    from sockhop_client import SockhopClient

    with SockhopClient(50000) as client:
        client.send({"color": "red"}, type="Widget")  # calls the handlers of `receive`
        print(client.call("how are you?"))            # prints the reply of meta.callback()
        print(client.ask("sum"))                      # prints the response of the handler of `request`
        for part in client.request("count"):          # a response with many parts
            print(part)

The functions `on_receive` and `on_request` receive messages and requests of the server. The client has no TLS and no
automatic reconnect.

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
    """An error with a `code`, as in the JavaScript library."""

    def __init__(self, message, code):
        super().__init__(message)
        self.code = code


class SockhopClient:
    """A connection to a sockhop server.

    address: a port of 127.0.0.1, a pair of host and port, or the path of a Unix domain socket
    on_receive(value, type, reply): called with each message; `reply(value)` replies to it, and is None if the
        server wants no reply
    on_request(value, type): called with each request of the server; the return value is the response, and an
        exception fails the request
    on_close(): called once, when the connection is closed
    timeout: seconds for the attempt to connect

    The functions run in a thread of the client, one after the other, so they must not wait for a reply of the server.
    """

    def __init__(self, address, on_receive=None, on_request=None, on_close=None, timeout=5):
        self.on_receive = on_receive
        self.on_request = on_request
        self.on_close = on_close
        self._pending = {}  # id of a call or request → queue of its replies
        self._lock = threading.Lock()  # protects _pending and _open
        self._open = True
        self._sending = threading.Lock()
        self._socket = _connect(address, timeout)
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.close()

    def send(self, value, type=None):
        """Sends a message. `type` is a class name, by default that of the value."""
        self._transmit({"type": type or type_of(value), "data": value})

    def call(self, value, type=None, timeout=30):
        """Sends a message with a callback id, and returns the reply of the server."""
        with _PendingReply(self) as pending:
            self._transmit({"type": type or type_of(value), "data": value, "id": pending.id})
            return pending.next(timeout)

    def ask(self, value, type=None, timeout=30):
        """Sends a request, and returns the first part of its response."""
        parts = self.request(value, type, timeout)
        try:
            return next(parts)
        except StopIteration:
            raise SockhopError("The response has no parts", "ERR_RESPONSE_END") from None
        finally:
            parts.close()

    def request(self, value, type=None, timeout=30):
        """Sends a request, and yields the parts of its response. `timeout` is the time in seconds for each part.

        Closing the generator sends a cancel message to the server.
        """
        with _PendingReply(self) as pending:
            request = {"uuid": pending.id, "data": value, "type": type or type_of(value), "errors": True}
            self._transmit({"type": "SockhopRequest", "data": request})
            last = False
            try:
                while not last:
                    packet = pending.next(timeout)
                    last = packet.get("last") is True
                    if "error" in packet:
                        raise SockhopError(packet["error"].get("message"), packet["error"].get("code"))
                    if not packet.get("empty"):
                        yield packet.get("data", {})
            finally:
                if not last:
                    self._respond(pending.id, {}, cancel=True)

    def close(self, timeout=5):
        """Closes the connection after all messages are sent, and waits for the server to close it too."""
        try:
            self._socket.shutdown(socket.SHUT_WR)
        except OSError:
            pass  # already closed
        if threading.current_thread() is not self._reader:
            self._reader.join(timeout)
        _destroy(self._socket)

    def _transmit(self, envelope):
        # json escapes characters that are not ASCII as \uXXXX.
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
            if error.code != "ERR_SOCKET_DESTROYED":  # the server has disconnected
                raise

    def _read(self):
        try:
            for frame in _frames(self._socket):
                try:
                    envelope = json.loads(frame)
                except ValueError:
                    continue  # not JSON: dropped
                if isinstance(envelope, dict) and "type" in envelope:
                    self._on_message(envelope)
        except OSError:
            pass  # the connection is closed
        finally:
            self._closed()

    def _on_message(self, envelope):
        type_name, data = envelope["type"], envelope.get("data")
        own = {
            "SockhopPing": self._ping_received,
            "SockhopPong": lambda pong: None,
            "SockhopRequest": self._request_received,
            "SockhopResponsePacket": self._packet_received,
        }
        if isinstance(type_name, str) and type_name in own:
            if isinstance(data, dict):
                own[type_name](data)
        elif envelope.get("callback_id"):
            self._settle(envelope["callback_id"], data)
        elif self.on_receive:
            try:
                self.on_receive(data, type_name, self._reply_to(envelope["id"]) if envelope.get("id") else None)
            except Exception:  # does not stop the delivery of other messages
                traceback.print_exc()

    def _ping_received(self, ping):
        now = datetime.datetime.now(datetime.timezone.utc).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        pong = {"_id": ping.get("_id"), "_created": ping.get("_created"), "_returned": now, "_finished": None}
        try:
            self._transmit({"type": "SockhopPong", "data": pong})
        except SockhopError:
            pass  # the reader detects the closed connection

    def _request_received(self, request):
        value, type_name = request.get("data", {}), request.get("type")
        if not self.on_request:
            self._refuse(request, "ERR_REQUEST_UNHANDLED", "There is no handler for requests")
            return
        try:
            self._respond(request.get("uuid"), self.on_request(value, type_name))
        except Exception as error:  # fails the request
            self._refuse(request, "ERR_REQUEST_FAILED", str(error))

    def _refuse(self, request, code, message):
        if request.get("errors") is True:  # older peers do not understand errors
            self._respond(request.get("uuid"), {}, empty=True, error={"code": code, "message": message})

    def _packet_received(self, packet):
        if not packet.get("cancel"):  # the server cancels a request that is already complete
            self._settle(packet.get("uuid"), packet)

    def _reply_to(self, call_id):
        def reply(value=None):
            self._transmit({"type": type_of(value), "data": value, "callback_id": call_id})

        return reply

    def _settle(self, key, value):
        with self._lock:
            replies = self._pending.get(key) if isinstance(key, str) else None
        if replies:
            replies.put((True, value))

    def _closed(self):
        with self._lock:
            self._open = False
            for replies in self._pending.values():
                replies.put((False, None))
        _destroy(self._socket)
        if self.on_close:
            self.on_close()


class _PendingReply:
    """The replies to one call or request. The end of a `with` block removes it."""

    def __init__(self, client):
        self.id = str(uuid.uuid4())
        self._client = client
        self._queue = queue.Queue()

    def __enter__(self):
        with self._client._lock:
            if not self._client._open:
                raise SockhopError("There is no connection", "ERR_SOCKET_DESTROYED")
            self._client._pending[self.id] = self._queue
        return self

    def __exit__(self, *_):
        with self._client._lock:
            del self._client._pending[self.id]

    def next(self, timeout):
        try:
            arrived, value = self._queue.get(timeout=timeout)
        except queue.Empty:
            raise SockhopError(f"There was no reply within {timeout} s", "ERR_RESPONSE_TIMEOUT") from None
        if not arrived:
            raise SockhopError("The connection is closed", "ERR_SOCKET_DESTROYED")
        return value


def type_of(value):
    """Returns the class name of a value in JavaScript."""
    if isinstance(value, str):
        return "String"
    if isinstance(value, bool):  # bool is a subclass of int in Python
        return "Boolean"
    if isinstance(value, (int, float)):
        return "Number"
    if isinstance(value, (list, tuple)):
        return "Array"
    return "Object"


def _connect(address, timeout):
    if isinstance(address, str):
        connected = socket.socket(socket.AF_UNIX, socket.SOCK_STREAM)
        connected.settimeout(timeout)
        try:
            connected.connect(address)
        except OSError:
            connected.close()
            raise
    else:
        host, port = address if isinstance(address, tuple) else ("127.0.0.1", address)
        connected = socket.create_connection((host, port), timeout)
        connected.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    connected.settimeout(None)
    return connected


def _destroy(connected):
    try:
        connected.shutdown(socket.SHUT_RDWR)  # close() alone does not wake a thread that reads
    except OSError:
        pass  # already closed
    connected.close()


def _frames(connected):
    """Yields the bytes between terminators. The transport splits bytes anywhere, even inside a character."""
    parts, size = [], 0
    while True:
        chunk = connected.recv(65536)
        if not chunk:
            return
        *complete, partial = chunk.split(TERMINATOR)
        for end in complete:
            yield b"".join([*parts, end])
            parts, size = [], 0
        parts.append(partial)
        size += len(partial)
        if size > MAX_MESSAGE_SIZE:
            raise OSError("The server has sent a message that is too large")


def main(address, method, text):
    value = json.loads(text)
    with SockhopClient(int(address) if address.isdigit() else address) as client:
        if method == "send":
            client.send(value)
        elif method == "request":
            for part in client.request(value):
                print(json.dumps(part))
        else:
            print(json.dumps({"call": client.call, "ask": client.ask}[method](value)))


if __name__ == "__main__":
    if len(sys.argv) != 4:
        sys.exit(__doc__)
    main(*sys.argv[1:])
