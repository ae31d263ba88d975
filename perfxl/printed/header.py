"""What stands above and under the tables of a form: title, year, names, unit, conclusions, signatures."""

from __future__ import annotations

import re

from ..layout import unit_of, year_of
from ..number import squeeze
from ..vocabulary import bare_label, is_title, term_in
from .board import Place, Word
from .heads import Head
from .search import INLINE, Search

_CONCLUSIONS = ("evaluation", "problems", "measures", "grade")
_NAMES = ("project_name", "supervising_department", "implementing_unit")
_SIGN_OFF_ROWS = 12


def read_header(search: Search, last: int, fund: Head | None) -> None:
    """The fields above the tables, those below their last row, and the currency unit."""
    header = _Header(search)
    header.header()
    header.sign_off(last)
    header.unit(fund)


class _Header:
    """These fields while they are found."""

    def __init__(self, search: Search) -> None:
        self.search, self.board, self.layout, self.find = search, search.board, search.layout, search.find
        self.taken = set(search.layout.single.values())  # cells that are answers, and so no labels

    def header(self) -> None:
        """Title, year, and the fields that stand beside their labels."""
        for row in self.board.between(self.search.top, self.search.heads[0].first - 1):
            for word in self.board.rows[row]:
                if word.place in self.layout.labels or word.place in self.taken or word.place in self.layout.kept_out:
                    continue
                if row in self.search.used_rows and row != word.place[0]:
                    continue
                self.header_word(word)
        if self.layout.year_text is None and self.layout.title and year_of(self.layout.title):
            self.layout.year_text = self.layout.title

    def header_word(self, word: Word) -> None:
        text = squeeze(word.text)
        if self.layout.title is None and is_title(word.text):
            self.layout.title = word.text
            self.layout.labels.add(word.place)
            return
        if self.layout.year_text is None and year_of(text) and len(text) < 30 and not INLINE.fullmatch(text):
            self.layout.year_text = word.text
            self.layout.single["fiscal_year"] = word.place
            self.layout.labels.add(word.place)
            return
        if word.place[0] in self.search.used_rows:
            return
        for name in ("header", "sign_off", "header_other"):
            if self.labelled(word, name):
                return

    def labelled(self, word: Word, name: str) -> bool:
        """A label with its value, in the same cell or beside it; whether the word is one."""
        known = self.find(name)
        term = term_in(known, word.text)
        inline = INLINE.fullmatch(word.text.strip()) if term is None else None
        if inline and inline[2].strip():
            term = term_in(known, inline[1])
            if term is not None:
                self.layout.inline.setdefault(word.place, inline[2].strip())
                self.put(name, term, word, word.place, inline[1])
                return True
        if term is None:
            return False
        place = self.search.right_of(word)
        if place is None:  # another label follows at once: the answer belonged behind the colon
            place = word.place
            self.layout.inline.setdefault(place, "")
        if place in self.taken:
            return False
        self.put(name, term, word, place, word.text)
        return True

    def put(self, name: str, term: str, word: Word, place: Place, label: str) -> None:
        layout = self.layout
        layout.labels.add(word.place)
        self.taken.add(place)
        if name == "sign_off" and term in _CONCLUSIONS:
            name = "header"
        if name == "header":
            before = layout.single.get(term)
            blank = before is not None and term == "total_score" and self.board.word_at(before) is None
            if before is None or blank or (term in _NAMES and self.nearer(term, label)):
                self.layout.kept_out.update([before] if before else [])
                self.single(term, word, place, label)
            else:
                layout.kept_out.add(place)
        elif name == "sign_off" and term not in layout.sign_off:
            layout.sign_off[term] = (bare_label(label), place)
            self.search.note(f"sign_off.{term}", word, place, label)
        else:
            layout.kept_out.add(place)

    def nearer(self, term: str, label: str) -> bool:
        """Whether a second label of a field is nearer to its usual wording: 实施单位 before 填报单位."""
        known = self.find("header")
        before = self.layout.label(term)
        return before is not None and known.rank(label) < known.rank(before)

    def single(self, term: str, word: Word, place: Place, label: str) -> None:
        layout = self.layout
        layout.single[term] = place
        layout.understood[:] = [each for each in layout.understood if each.field != term]
        self.search.note(term, word, place, label)
        if term == "fiscal_year":
            year = squeeze(layout.inline.get(place, self.board.sheet.cell(*place).text))
            layout.year_text = (year + "年" if year.isdigit() else year) or None

    def sign_off(self, last: int) -> None:
        """Conclusions and signatures under the table."""
        below = self.board.between(last + 1, min(self.search.bottom, last + _SIGN_OFF_ROWS))
        for row in (*self.search.between_tables, *below):
            for word in self.board.rows[row]:
                if word.place in self.taken or word.place in self.layout.labels:
                    continue
                if not self.several(word) and not self.labelled(word, "sign_off"):
                    self.below_the_table(word)

    def below_the_table(self, word: Word) -> None:
        """What some forms print above the table and others below it: 审核得分, 自评等级, 自评总分."""
        inline = INLINE.fullmatch(squeeze(word.text))
        term = term_in(self.find("header"), inline[1] if inline else word.text)
        if term in _CONCLUSIONS or term in ("review_score", "total_score"):
            self.labelled(word, "header")
        else:
            self.labelled(word, "header_other")

    def several(self, word: Word) -> bool:
        """``项目负责人：张三    财务负责人：李四`` in one cell: each value its own."""
        pieces = re.split(r"[\s\u3000]{2,}", word.text.strip())
        pairs = [found for piece in pieces if (found := INLINE.fullmatch(piece)) is not None]
        return len(pairs) > 1 and len(pairs) == len(pieces) and self.signatures(word, pairs)

    def signatures(self, word: Word, pairs: list[re.Match[str]]) -> bool:
        terms = [term_in(self.find("sign_off"), pair[1]) for pair in pairs]
        if None in terms:
            return False
        # one cell cannot be the place of several fields: it is understood, and not kept
        self.layout.labels.add(word.place)
        self.layout.kept_out.add(word.place)
        return True

    def unit(self, fund: Head | None) -> None:
        """The currency unit, of a label above the indicators; that of the fund block counts first."""
        rows = list(self.board.between(self.search.top, self.search.heads[0].first - 1))
        if fund is not None:
            rows.sort(key=lambda row: abs(row - fund.first))
        for row in rows:
            for word in self.board.rows[row]:
                unit = unit_of(word.text)
                if unit and len(word.text) < 40:
                    self.layout.unit_text = self.layout.unit_text or unit
                    self.layout.labels.add(word.place)
