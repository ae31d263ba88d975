"""Mail addresses: which are written so that every server takes them."""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Mapping

_ATOM = r"[A-Za-z0-9!#$%&'*+/=?^_`{|}~-]+"
_LOCAL = re.compile(rf"{_ATOM}(?:\.{_ATOM})*")
_LABEL = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,61}[a-z0-9])?")


class BadAddressError(ValueError):
    """Not an address: why, in both languages."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(en)
        self.zh = zh
        self.en = en


def control(text: str) -> bool:
    """Whether a text holds what must not come near a header: line ends, control characters, lone surrogates."""
    return any(unicodedata.category(each) in ("Cc", "Cs", "Zl", "Zp") for each in text)


def checked(text: str) -> str:
    """The address in ASCII, an international domain in its ``xn--`` form. Raises ``BadAddressError``."""
    if control(text):
        raise BadAddressError("含有换行或控制字符", "holds a line end or a control character")
    local, at, domain = text.strip().rpartition("@")
    if not at:
        raise BadAddressError("缺少 @", "has no @")
    if len(local) > 64 or not _LOCAL.fullmatch(local):
        raise BadAddressError("@ 前只能用英文字母、数字和 . _ - 等", "may have letters, digits and . _ - before the @")
    try:
        domain = domain.encode("idna").decode("ascii").lower()
    except UnicodeError as error:
        raise BadAddressError("@ 后的域名写法不对", "has a domain that cannot be") from error
    labels = domain.split(".")
    if len(labels) < 2 or len(domain) > 253 or not all(_LABEL.fullmatch(label) for label in labels):
        raise BadAddressError("@ 后的域名写法不对", "has a domain that cannot be")
    return f"{local}@{domain}"


def shared(addresses: Mapping[str, Iterable[str]]) -> dict[str, list[str]]:
    """Addresses that more than one unit has, in lower case, and the units of each."""
    owners: dict[str, list[str]] = {}
    for unit, each in addresses.items():
        for address in dict.fromkeys(address.lower() for address in each):
            owners.setdefault(address, []).append(unit)
    return {address: units for address, units in owners.items() if len(units) > 1}
