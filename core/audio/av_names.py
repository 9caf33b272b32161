"""What FFmpeg's containers and codecs are called by people, and which of them are opened."""

from __future__ import annotations

from pathlib import Path
from typing import Any

# Without these a playlist among the files could make FFmpeg open other files or the network.
OPEN_OPTIONS = {
    "protocol_whitelist": "file",
    "format_whitelist": (
        "mov,mp4,m4a,3gp,3g2,mj2,matroska,webm,asf,mp3,aac,ac3,eac3,dts,dtshd,flac,ogg,wav,w64,aiff,"
        "caf,au,ape,wv,tta,tak,mpc,mpc8,mpegts,mpeg,avi,flv,amr,truehd,rm,loas,latm,voc,nist,oma,"
        "dsf,iff"
    ),
}
_BY_SUFFIX = {
    ".m4a": "M4A", ".m4b": "M4A", ".mp4": "MP4", ".m4v": "MP4", ".mov": "MOV", ".3gp": "3GP",
    ".webm": "WebM", ".weba": "WebM", ".mkv": "MKV", ".mka": "MKV", ".wma": "WMA", ".wmv": "WMV",
}  # fmt: skip
_BY_FORMAT = {
    "mov": "MP4", "matroska": "MKV", "asf": "WMA", "mp3": "MP3", "aac": "AAC", "ogg": "Ogg",
    "wav": "WAV", "flac": "FLAC", "mpegts": "MPEG-TS", "avi": "AVI", "flv": "FLV", "aiff": "AIFF",
}  # fmt: skip
_ENCODINGS = {
    "aac": "AAC", "alac": "ALAC", "mp3": "MP3", "mp3float": "MP3", "mp2": "MP2", "mp2float": "MP2",
    "opus": "Opus", "libopus": "Opus", "vorbis": "Vorbis", "flac": "FLAC", "wmav1": "WMA",
    "wmav2": "WMA", "wmapro": "WMA Pro", "wmalossless": "WMA Lossless", "ac3": "AC-3",
    "eac3": "E-AC-3", "dca": "DTS", "ape": "Monkey's Audio", "wavpack": "WavPack", "tta": "TTA",
}  # fmt: skip
_LOSSLESS = frozenset({"alac", "flac", "wmalossless", "ape", "wavpack", "tta", "tak", "truehd"})


def container_name(format_name: str, path: Path) -> str:
    """ "M4A", "MKV"...: by the suffix where one format has several, else by FFmpeg's name."""
    first = format_name.split(",")[0]
    if first in ("mov", "matroska", "asf"):
        return _BY_SUFFIX.get(path.suffix.lower(), _BY_FORMAT[first])
    return _BY_FORMAT.get(first, first.upper())


def is_lossless(codec_name: str) -> bool:
    """Whether what is decoded is what was recorded."""
    if codec_name.startswith("pcm_"):
        return codec_name not in ("pcm_alaw", "pcm_mulaw", "pcm_vidc")
    return codec_name in _LOSSLESS


def integer_bits(codec: Any) -> int | None:
    """Bits per sample of a lossless integer codec, else None. 24-bit codecs decode into 32."""
    if not is_lossless(codec.name) or codec.format is None:
        return None
    if codec.name.startswith(("pcm_s", "pcm_u")):
        digits = "".join(c for c in codec.name[5:] if c.isdigit())
        return int(digits) if digits in ("8", "16", "24", "32") else None
    kind = codec.format.name.removesuffix("p")
    bits = {"u8": 8, "s16": 16, "s32": 24}.get(kind)
    if bits == 24 and codec.name == "alac" and len(codec.extradata or b"") >= 36:
        return int(codec.extradata[17]) or bits  # sample size in the ALAC magic cookie
    return bits


def stream_encoding(codec: Any, bits: int | None) -> str:
    """ "AAC", "16-bit PCM", "24-bit ALAC"..."""
    name = codec.name
    if name.startswith("pcm_f"):
        return "64-bit float" if "64" in name else "32-bit float"
    spoken = "PCM" if name.startswith("pcm_") else _ENCODINGS.get(name, name)
    return f"{bits}-bit {spoken}" if bits is not None else spoken
