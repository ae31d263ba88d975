"""单位 of the roster: the units with their contacts, and what does not fit together among them."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from ..number import squeeze
from .address import BadAddressError, checked, shared
from .plan import Contact, Unit
from .roster import Roster, Row


def key_of(text: str) -> str:
    """How two codes are compared: width and letter case make no difference."""
    return squeeze(text).casefold()


def texts(row: Row, *terms: str) -> tuple[str, ...]:
    """What stands in those columns, ``""`` where nothing does."""
    return tuple([str(row.values.get(term) or "") for term in terms])


class UnitReader:
    """Puts the units together; ``allow_shared``: several may have one address."""

    def __init__(self, roster: Roster, *, allow_shared: bool) -> None:
        self._roster, self._rows, self._allow_shared = roster, roster.units, allow_shared

    def _note(self, row: Row, term: str, zh: str, en: str) -> None:
        self._roster.complain(self._rows, row, term, zh, en)

    def read(self) -> dict[str, Unit]:
        """The units by the key of their code; further rows of a code add contacts."""
        every = list(self._rows)
        names: dict[str, tuple[str, str]] = {}
        contacts: dict[str, list[Contact]] = {}
        rows_of: dict[str, Row] = {}
        for row in every:
            code, name = texts(row, "unit", "name")
            if not code:
                continue
            key = key_of(code)
            known = names.get(key)
            if known is None:
                names[key], rows_of[key] = (code, name), row
                if not name:
                    self._note(row, "name", "没有填“单位名称”", f"the unit {code} has no name")
            elif name and name != known[1]:
                self._note(
                    row, "unit",
                    f"单位代码 {code} 已是“{known[1]}”的（第 {rows_of[key].number} 行）；一个代码只给一个单位",
                    f"the code {code} is that of {known[1]!r} already (row {rows_of[key].number}); one code, one unit",
                )  # fmt: skip
            self._contact(row, contacts.setdefault(key, []))
        self._doubled_names(names, rows_of)
        found = {key: Unit(code=code, name=name, contacts=tuple(contacts[key])) for key, (code, name) in names.items()}
        if not self._allow_shared:
            self._shared(every, found)
        return found

    def _doubled_names(self, names: Mapping[str, tuple[str, str]], rows_of: Mapping[str, Row]) -> None:
        seen: dict[str, str] = {}
        for key, (_, name) in names.items():
            other = seen.setdefault(squeeze(name), key)
            if name and other != key:
                self._note(
                    rows_of[key], "name",
                    f"“{name}”在第 {rows_of[other].number} 行已有，代码不同；请合并，或把名称写全",
                    f"{name!r} stands in row {rows_of[other].number} under another code; join them or tell them apart",
                )  # fmt: skip

    def _contact(self, row: Row, contacts: list[Contact]) -> None:
        name, address = texts(row, "contact", "address")
        if not address:
            return
        try:
            address = checked(address)
        except BadAddressError as error:
            self._note(
                row, "address",
                f"邮箱“{address}”{error.zh}；一格只填一个地址，用半角符号",
                f"the address {address!r} {error.en}; one address a cell",
            )  # fmt: skip
            return
        if address.lower() in {each.address.lower() for each in contacts}:
            self._note(row, "address", f"同一单位的邮箱 {address} 重复", f"the unit has {address} twice")
            return
        contacts.append(Contact(name=name, address=address))

    def _shared(self, every: Sequence[Row], units: Mapping[str, Unit]) -> None:
        owners = shared({key: [each.address for each in unit.contacts] for key, unit in units.items()})
        for row in every:
            code, address = texts(row, "unit", "address")
            keys = owners.get(address.lower(), []) if address else []
            if len(keys) > 1 and keys[0] != key_of(code):
                first = units[keys[0]]
                self._note(
                    row, "address",
                    f"邮箱 {address} 也是“{first.name}”的，一家的表会发给另一家；请改正，"
                    "或在 perfxl.toml 设 allow_shared_addresses = true",
                    f"{address} is also that of {first.name!r}: one unit would get the forms of another. Mend it, "
                    "or set allow_shared_addresses = true in perfxl.toml",
                )  # fmt: skip
