"""
Kapear with one deliberate leak each: controls that the search must catch.

Each is a small change to the real program of the kind that libraries and
people make without thinking of it; most are put where `kapear hash` reads.
"""

from __future__ import annotations

import asyncio
import base64
import contextlib
import gzip
import logging
import mmap
import os
import sqlite3
import subprocess
import sys
import traceback
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import Any

from tests.retention.watchable import be_watchable

ROOM = Path("leaks")


def on_read(leaks: Iterable[Callable[[bytes], None]]) -> None:
    """Let media that is read pass through every leak as well, each with a folder and a standard error of its own."""
    from app.commands.hashing import FileMedia  # noqa: PLC0415 - each control imports what it breaks

    read = FileMedia.read

    async def leaky(self: Any, offset: int, length: int) -> bytes:
        data = await read(self, offset, length)
        if not offset:
            for leak in leaks:
                apart(leak, data)
        return data

    FileMedia.read = leaky  # type: ignore[method-assign]  # the leak


def apart(leak: Callable[[bytes], None], data: bytes) -> None:
    import tempfile  # noqa: PLC0415, TID251 - the leak

    folder = ROOM / leak.__name__
    folder.mkdir()
    os.environ["TMPDIR"] = tempfile.tempdir = str(folder)
    with (folder / "stderr").open("w") as errors, contextlib.redirect_stderr(errors):
        logging.basicConfig(level=logging.DEBUG, stream=errors, force=True)
        leak(data)
        logging.basicConfig(handlers=[logging.NullHandler()], force=True)


def scratch(name: str) -> Path:
    return Path(os.environ["TMPDIR"]) / name


def temporary_file(data: bytes) -> None:
    """A file that is gone before anybody looks."""
    import tempfile  # noqa: PLC0415, TID251 - the leak

    with tempfile.NamedTemporaryFile() as file:
        file.write(data)


def unlinked_file(data: bytes) -> None:
    """A file without a name."""
    import tempfile  # noqa: PLC0415, TID251 - the leak

    with tempfile.TemporaryFile() as file:
        file.write(data)


def memory_file(data: bytes) -> None:
    """A file in memory that can be swapped out, and passed on."""
    with os.fdopen(os.memfd_create("kites"), "wb") as file:
        file.write(data)


def shared_memory(data: bytes) -> None:
    path = Path("/dev/shm") / f"kites-{os.getpid()}"  # noqa: S108 - the leak
    path.write_bytes(data)
    path.unlink()


def mapped_file(data: bytes) -> None:
    """A file that is written without a single call to write."""
    with scratch("mapped").open("w+b") as file:
        file.truncate(len(data))
        with mmap.mmap(file.fileno(), len(data)) as mapped:
            mapped[:] = data


def packed_log(data: bytes) -> None:
    with gzip.open(scratch("log.gz"), "ab") as log:
        log.write(data.hex().encode())


def hex_dump(data: bytes) -> None:
    """Sixteen bytes a line, as people look at what they do not understand."""
    with scratch("dump").open("a") as dump:
        for at in range(0, min(len(data), 4_000), 16):
            dump.write(f"{at:08x}: {data[at : at + 16].hex(' ', 2)}  ................\n")


def file_name(data: bytes) -> None:
    """A cache that is named by the first bytes of what it holds."""
    scratch(base64.urlsafe_b64encode(data[2_000:2_060]).decode()).touch()


def pillow_dump(data: bytes) -> None:
    """Pillow's own way to look at a picture in the making."""
    import io  # noqa: PLC0415 - see above

    from PIL import Image  # noqa: PLC0415 - see above

    with Image.open(io.BytesIO(data)) as picture:
        picture._dump()


def deleted_blob(data: bytes) -> None:
    """A row that is deleted again: the pages keep it."""
    database = sqlite3.connect(scratch("cache.db"))
    with database:
        database.execute("CREATE TABLE IF NOT EXISTS pieces (body BLOB)")
        database.execute("INSERT INTO pieces VALUES (?)", (data,))
    with database:
        database.execute("DELETE FROM pieces")
    database.close()


def database_error(data: bytes) -> None:
    """The database's words about a failed statement, parameters included."""
    import sqlalchemy  # noqa: PLC0415 - see above

    engine = sqlalchemy.create_engine("sqlite://")
    try:
        with engine.connect() as connection:
            connection.execute(sqlalchemy.text("INSERT INTO nowhere VALUES (:body)"), {"body": data[2_000:2_200]})
    except sqlalchemy.exc.SQLAlchemyError as fault:
        sys.stderr.write(f"{fault}\n")
    finally:
        engine.dispose()


def error_text(data: bytes) -> None:
    """An exception that quotes what it could not read."""
    try:
        raise ValueError(f"cannot decode {data[2_000:2_300]!r}")  # noqa: TRY301 - the leak
    except ValueError:
        logging.getLogger("decoder").exception("failed")


def traceback_with_locals(data: bytes) -> None:
    untrusted_piece = data[2_000:2_120]
    try:
        raise ValueError(len(untrusted_piece))  # noqa: TRY301 - the leak
    except ValueError as fault:
        sys.stderr.write("".join(traceback.TracebackException.from_exception(fault, capture_locals=True).format()))


def item_log(data: bytes) -> None:
    """Scrapy's way to log every item with all that is in it."""
    import scrapy  # noqa: PLC0415 - see above

    item = type("Piece", (scrapy.Item,), {"body": scrapy.Field()})(body=data[:3_000])
    logging.getLogger("scrapy.core.scraper").debug("Scraped from <200>\n%s", item)


def http_cache(data: bytes) -> None:
    """Scrapy's cache of answers."""
    import scrapy  # noqa: PLC0415 - see above
    from scrapy.extensions.httpcache import FilesystemCacheStorage  # noqa: PLC0415 - see above
    from scrapy.settings import Settings  # noqa: PLC0415 - see above

    storage = FilesystemCacheStorage(Settings({"HTTPCACHE_DIR": str(scratch("cache")), "HTTPCACHE_GZIP": True}))
    spider = scrapy.Spider("kites")
    spider.settings = Settings()
    request = scrapy.Request("http://127.0.0.1/kite.png", meta={"download_latency": 0})
    response = scrapy.http.Response(request.url, body=data, request=request)
    storage.cachedir = str(scratch("cache"))
    storage._open = gzip.open  # type: ignore[assignment]  # what open_spider would do
    spider.crawler = type("Crawler", (), {"request_fingerprinter": None})()
    storage._fingerprinter = type("Prints", (), {"fingerprint": lambda _self, _request: b"kite"})()
    storage.store_response(spider, request, response)


def multipart_spool(data: bytes) -> None:
    """A server's form with a file in it, which aiohttp keeps on disk from a MiB on."""

    async def post() -> None:
        import aiohttp  # noqa: PLC0415 - see above
        from aiohttp import web  # noqa: PLC0415 - see above

        async def take(request: web.Request) -> web.Response:
            await request.post()
            return web.Response()

        app = web.Application(client_max_size=1 << 26)
        app.router.add_post("/", take)
        runner = web.AppRunner(app)
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        form = aiohttp.FormData()
        form.add_field("file", data * 24, filename="kite.png", content_type="image/png")
        async with aiohttp.ClientSession() as session:
            await (await session.post(f"http://127.0.0.1:{runner.addresses[0][1]}/", data=form)).read()
        await runner.cleanup()

    import threading  # noqa: PLC0415 - see above

    thread = threading.Thread(target=lambda: asyncio.run(post()))
    thread.start()
    thread.join()


def other_program(data: bytes) -> None:
    """A tool that is given the bytes by a pipe: no child of ours."""
    subprocess.run(["/bin/cat"], input=data, stdout=subprocess.DEVNULL, check=True)


def moved_unseen(data: bytes) -> None:
    """Bytes that go from a pipe into a file without passing through write."""
    reader, writer = os.pipe()
    os.write(writer, data[:24])
    with scratch("moved").open("wb") as file:
        os.splice(reader, file.fileno(), 24)


def decoded_pixels(data: bytes) -> None:
    """What was decoded is as bad as the file."""
    import io  # noqa: PLC0415 - see above

    from PIL import Image  # noqa: PLC0415 - see above

    with Image.open(io.BytesIO(data)) as picture:
        scratch("pixels").write_bytes(picture.convert("L").tobytes())


def audit_details(data: bytes) -> None:
    """A piece for the record, in the audit log of a real desk."""
    from app import config  # noqa: PLC0415 - see above
    from app.instance import open_instance  # noqa: PLC0415 - see above
    from domain.store import Tx  # noqa: PLC0415 - see above

    async def note() -> None:
        async with open_instance(config.load(), create=True) as instance:

            def work(tx: Tx) -> None:
                instance.office.desk.note(tx, "leak", "leak", base64.b64encode(data[2_000:2_150]).decode())

            await instance.store.write(work)

    import threading  # noqa: PLC0415 - see above

    thread = threading.Thread(target=lambda: asyncio.run(note()))
    thread.start()
    thread.join()


CONTROLS: dict[str, Callable[[bytes], None]] = {
    leak.__name__: leak
    for leak in (
        temporary_file, unlinked_file, memory_file, shared_memory, mapped_file, packed_log, hex_dump, file_name,
        pillow_dump, deleted_blob, database_error, error_text, traceback_with_locals, item_log, http_cache,
        multipart_spool, other_program, moved_unseen, decoded_pixels, audit_details,
    )
}  # fmt: skip

if __name__ == "__main__":
    be_watchable()
    on_read(CONTROLS.values())
    import cli

    cli.main()
