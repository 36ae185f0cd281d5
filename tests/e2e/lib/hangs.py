# SPDX-License-Identifier: Apache-2.0
"""Servers that hang in every way there is, each on a port of its own, all in a process of their own."""
import asyncio
import contextlib
import multiprocessing.managers
import os
import pathlib
import socket
import subprocess
import threading

HTTP_WAYS = ("no accept", "silence", "TLS handshake", "header drip", "body drip", "endless body", "redirect loop",
             "name")
SMTP_WAYS = ("no accept", "banner", "EHLO", "STARTTLS", "MAIL", "RCPT", "DATA", "end", "QUIT", "name")
SMS_WAYS = ("silence", "break", "drip")
NAME = "hang.invalid"

# A name that is never resolved, in the server and in its mail workers.
RESOLVER = r"""
#define _GNU_SOURCE
#include <dlfcn.h>
#include <netdb.h>
#include <string.h>
#include <unistd.h>

int
getaddrinfo(const char *node, const char *service, const struct addrinfo *hints, struct addrinfo **out)
{
	int (*real)(const char *, const char *, const struct addrinfo *, struct addrinfo **);

	while (node != NULL && strcmp(node, "%s") == 0)
		pause();
	*(void **)&real = dlsym(RTLD_NEXT, "getaddrinfo");
	return real(node, service, hints, out);
}
""" % NAME


def hanging_resolver(directory):
    """Environment in which NAME hangs when it is looked up."""
    source, library = pathlib.Path(directory, "resolver.c"), pathlib.Path(directory, "resolver.so")
    source.write_text(RESOLVER)
    subprocess.run(["cc", "-shared", "-fPIC", "-o", library, source, "-ldl"], check=True)
    options = os.environ.get("ASAN_OPTIONS", "")
    return {"LD_PRELOAD": str(library), "ASAN_OPTIONS": f"{options}:verify_asan_link_order=0"}


class Hangs:
    def __init__(self):
        self.loop = asyncio.new_event_loop()
        self.sockets = []
        self.arrived = {"http": 0, "smtp": 0}
        self.more = threading.Condition()
        threading.Thread(target=self.loop.run_forever, daemon=True).start()

    def _serve(self, handler, kind):
        async def guarded(reader, writer):
            with self.more:
                self.arrived[kind] += 1
                self.more.notify_all()
            try:
                await handler(reader, writer)
            except (ConnectionError, asyncio.IncompleteReadError):
                pass
            finally:
                writer.close()

        async def start():
            return await asyncio.start_server(guarded, "127.0.0.1", 0, backlog=1000)
        server = asyncio.run_coroutine_threadsafe(start(), self.loop).result()
        return server.sockets[0].getsockname()[1]

    def _full(self):
        """A listener whose queue is full: who connects is never answered."""
        listener = socket.create_server(("127.0.0.1", 0), backlog=0)
        self.sockets.append(listener)
        for _ in range(4):
            s = socket.socket()
            s.setblocking(False)
            s.connect_ex(listener.getsockname())
            self.sockets.append(s)
        return listener.getsockname()[1]

    @staticmethod
    async def _forever():
        await asyncio.get_running_loop().create_task(asyncio.sleep(3600))

    async def _request(self, reader):
        head = await reader.readuntil(b"\r\n\r\n")
        for line in head.split(b"\r\n"):
            if line.lower().startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))

    def http(self, way):
        """The URL of a server that hangs like this."""
        async def silence(reader, writer):
            await self._forever()

        async def drip(reader, writer, text):
            await self._request(reader)
            for byte in text:
                writer.write(bytes([byte]))
                await writer.drain()
                await asyncio.sleep(0.2)

        async def endless(reader, writer):
            await self._request(reader)
            writer.write(b"HTTP/1.1 500 x\r\nContent-Type: text/plain\r\n\r\n")
            while True:
                writer.write(b"x" * 65536)
                await writer.drain()
                await asyncio.sleep(0.05)

        async def redirect(reader, writer):
            while True:
                await self._request(reader)
                writer.write(b"HTTP/1.1 307 x\r\nLocation: /again\r\nContent-Length: 0\r\n\r\n")
                await writer.drain()

        async def cut(reader, writer):
            await self._request(reader)

        long = b"HTTP/1.1 200 OK\r\nX: " + b"x" * 100000
        body = b"HTTP/1.1 200 OK\r\nContent-Length: 100000\r\n\r\n" + b"x" * 100000
        if way == "name":
            return f"http://{NAME}/"
        if way == "no accept":
            return f"http://127.0.0.1:{self._full()}/"
        handler = {"silence": silence, "TLS handshake": silence, "endless body": endless, "redirect loop": redirect,
                   "break": cut, "header drip": lambda r, w: drip(r, w, long), "drip": lambda r, w: drip(r, w, body),
                   "body drip": lambda r, w: drip(r, w, body[:50] + body)}[way]
        return f"{'https' if way == 'TLS handshake' else 'http'}://127.0.0.1:{self._serve(handler, 'http')}/"

    def smtp(self, way):
        """host:port of a server that answers until this stage."""
        async def talk(reader, writer):
            if way == "banner":
                await self._forever()
            writer.write(b"220 hangs\r\n")
            data = False
            while True:
                line = (await reader.readuntil(b"\r\n")).decode(errors="replace").strip()
                if data and line != ".":
                    continue
                command = "end" if data else line.split(" ")[0].split(":")[0].upper()
                if command == way:
                    await self._forever()
                data = command == "DATA"
                writer.write({"EHLO": b"250-hangs\r\n250 STARTTLS\r\n", "DATA": b"354 go\r\n",
                              "QUIT": b"221 bye\r\n"}.get(command, b"250 ok\r\n"))
                await writer.drain()

        if way == "name":
            return f"{NAME}:25"
        return f"127.0.0.1:{self._full() if way == 'no accept' else self._serve(talk, 'smtp')}"

    def wait(self, http, smtp, timeout=300):
        """Until so many connections have been accepted."""
        with self.more:
            assert self.more.wait_for(lambda: self.arrived["http"] >= http and self.arrived["smtp"] >= smtp,
                                      timeout), self.arrived

    def nice(self):
        """In life they have machines of their own: here they shall not take the processors from those that are measured."""
        os.sched_setscheduler(0, os.SCHED_OTHER, os.sched_param(0))
        os.nice(19)

    def close(self):
        async def end():
            tasks = asyncio.all_tasks() - {asyncio.current_task()}
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
        asyncio.run_coroutine_threadsafe(end(), self.loop).result(10)
        self.loop.call_soon_threadsafe(self.loop.stop)
        for s in self.sockets:
            s.close()


class Manager(multiprocessing.managers.BaseManager):
    pass


Manager.register("Hangs", Hangs)


@contextlib.contextmanager
def hangs_apart():
    """Hangs in another process, so that what keeps it busy does not delay who posts, receives and looks at the clock."""
    with Manager(ctx=multiprocessing.get_context("spawn")) as manager:
        hangs = manager.Hangs()
        hangs.nice()
        yield hangs
        hangs.close()
