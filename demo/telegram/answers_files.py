"""Answer requests for parts of files, by the platform's rules of offsets and limits."""

from __future__ import annotations

from typing import Any

from telethon.tl import functions, types

from demo.telegram.asking import Answer, Asked
from demo.telegram.files import File
from demo.telegram.tl import Refused

KILO = 1024
MEGA = 1024 * KILO
_MIMES = {
    "image/jpeg": types.storage.FileJpeg,
    "image/png": types.storage.FilePng,
    "image/gif": types.storage.FileGif,
    "image/webp": types.storage.FileWebp,
    "video/mp4": types.storage.FileMp4,
}


def part(asked: Asked) -> Any:
    """Return up to `limit` bytes of a file from `offset` on."""
    _ = asked.account
    ask = asked.request
    check_range(ask.offset, ask.limit, precise=bool(ask.precise))
    file, variant = located(asked, ask.location)
    if file.dc != asked.dc:
        raise Refused(303, f"FILE_MIGRATE_{file.dc}")
    found = file.variants.get(variant)
    if found is None:
        raise Refused(400, "LOCATION_INVALID")
    data = found.read(ask.offset, ask.limit) if ask.offset < found.size else b""
    file.served += len(data)
    kind = _MIMES.get(file.mime if not variant else "image/jpeg", types.storage.FilePartial)
    return types.upload.File(kind(), 1_704_067_200, data)


def check_range(offset: int, limit: int, *, precise: bool) -> None:
    """Raise Refused at a range that the platform does not give."""
    step = KILO if precise else 4 * KILO
    if offset < 0 or offset % step:
        raise Refused(400, "OFFSET_INVALID")
    if limit <= 0 or limit > MEGA or limit % step or (not precise and MEGA % limit):
        raise Refused(400, "LIMIT_INVALID")
    if offset // MEGA != (offset + limit - 1) // MEGA:
        raise Refused(400, "LIMIT_INVALID")


def located(asked: Asked, location: Any) -> tuple[File, str]:
    """Return the file that a location names, and which variant of it; raises Refused."""
    if isinstance(location, types.InputPeerPhotoFileLocation):
        channel = asked.platform.addressed(asked.account, location.peer)
        if channel.photo is None or channel.photo.id != location.photo_id:
            raise Refused(400, "PHOTO_ID_INVALID")
        file = asked.platform.files[location.photo_id]
        sizes = sorted(file.variants, key=lambda letter: file.variants[letter].size)
        return file, sizes[-1] if location.big else sizes[0]
    if not isinstance(location, types.InputPhotoFileLocation | types.InputDocumentFileLocation):
        raise Refused(400, "LOCATION_INVALID")
    found = asked.platform.files.get(location.id)
    if found is None or found.access_hash != location.access_hash:
        raise Refused(400, "FILE_ID_INVALID")
    if not location.file_reference:
        raise Refused(400, "FILE_REFERENCE_EMPTY")
    if location.file_reference != found.shown.file_reference:
        raise Refused(400, "FILE_REFERENCE_EXPIRED")
    return found, location.thumb_size


FILES: dict[type, Answer] = {functions.upload.GetFileRequest: part}
