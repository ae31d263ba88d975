"""The indicator tables of a form: which rows are indicators, which totals, and where each value stands."""

from __future__ import annotations

import re
from decimal import Decimal

from ..number import read_amount, squeeze
from ..pattern import pattern
from ..sheet import Area
from ..vocabulary import bare_label, is_block, is_note, is_title, level_of, term_in, without_number
from .board import Place, Word
from .heads import LEVELS, VALUES, Head
from .search import INLINE, LONG, POINTS, Search

_UNUSED = pattern(r"指标[\d一二三四五六七八九十]{0,2}[:.]*|[.…]+|xx+|××+|\*+", re.IGNORECASE)
_SEQUENCE = pattern(r"[A-Z](?:=[A-Z/*%\d]+)?|[①-⑳]|\(?\d{1,2}\)?|[一二三四五六七八九十]")


def read_indicators(search: Search) -> int:
    """The rows of every indicator table; gives the last row that belongs to the form's body."""
    last = search.heads[-1].last
    for at, head in enumerate(search.heads):
        end = search.heads[at + 1].first - 1 if at + 1 < len(search.heads) else search.bottom
        for term, (label, word) in head.words.items():
            search.note(f"indicators[].{term}", word, word.place, label)
        for row in range(head.first, head.last + 1):
            for word in search.board.rows.get(row, []):
                if word not in head.unknown or is_block(word.text):
                    search.layout.labels.add(word.place)
        search.used_rows.update(range(head.first, head.last + 1))
        last = _Table(search, head, end).read()
    return last


class _Table:
    """The rows of one indicator table while they are read."""

    def __init__(self, search: Search, head: Head, end: int) -> None:
        self.search, self.head, self.end = search, head, end
        self.board, self.layout = search.board, search.layout
        self.columns = head.columns
        self.levels: dict[str, Place] = {}
        values = [area.left for term, area in self.columns.items() if term in VALUES]
        self.first_value = min(values)
        marks = [self.columns[term].left for term in ("weight", "score") if term in self.columns]
        self.first_mark = min(marks, default=self.first_value)
        self.right = max(area.right for area in self.columns.values())
        self.lefts = [(term, area.left) for term, area in self.columns.items()]
        names = [self.columns[term] for term in LEVELS if term in self.columns]
        self.name = names[-1]

    def read(self) -> int:
        """Every row; the last one that belongs to the table."""
        last, total = self.head.last, 0
        for row in self.board.between(self.head.last + 1, self.end):
            kind = self.kind(row)
            if kind == "end" and not total and self.total_follows(row):
                self.search.between_tables.append(row)  # 其他需要说明的事项 above the total
                continue
            if kind == "end" or (total and kind not in ("indicator", "total", "subtotal")):
                break
            if total and kind == "indicator" and not self.complete(row):
                break
            self.search.used_rows.add(row)
            last = row
            if kind == "total":
                self.drop_total()
                self.total(row)
                total = row
            elif kind == "section":
                self.begin_section(row)
            elif kind == "indicator":
                if total:  # what looked like the total was that of a group
                    self.drop_total()
                    total = 0
                self.indicator(row)
            else:
                self.layout.labels.update(word.place for word in self.board.rows[row])
        return last

    def total_follows(self, row: int) -> bool:
        """Whether the total stands a few rows further down."""
        ahead = list(self.board.between(row + 1, min(row + 6, self.end)))
        return any(self.kind(each) == "total" for each in ahead)

    def kind(self, row: int) -> str:
        """What a row is: ``indicator``, ``unused``, ``total``, ``subtotal``, ``section``, ``note``,
        ``sequence`` or the ``end``."""
        words = self.board.rows[row]
        first = words[0]
        labels = [word for word in words if word.left < self.first_value]
        if not labels and first.left < self.first_mark:
            labels = [first]  # 总分 alone, just in front of its figures
        totals = [term_in(self.search.find("total"), word.text) for word in labels]
        if "total" in totals and not self.is_named(row, labels):
            return "total"
        if "subtotal" in totals and not self.is_named(row, labels):
            return "subtotal"
        if row == self.head.last + 1 and len(words) > 2 and all(_SEQUENCE.fullmatch(squeeze(w.text)) for w in words):
            return "sequence"
        if is_title(first.text) or is_note(first.text) or (self.ends(first) and not self.complete(row)):
            return "end"
        if len(words) == 1 and self.section(first):
            return "section"
        if len(words) == 1 and (first.area.right >= self.right or len(squeeze(first.text)) > LONG):
            return "end" if first.left <= self.name.left else "note"
        return "indicator"

    def section(self, word: Word) -> bool:
        """Whether a row is the name of a 一级指标 over the whole table: ``一、产出指标（50分）``."""
        over = word.area.right >= self.name.left or "level_1" not in self.columns
        return over and level_of(without_number(word.text)) is not None

    def begin_section(self, row: int) -> None:
        word = self.board.rows[row][0]
        self.levels = {"level_1": word.place}
        self.layout.inline[word.place] = bare_label(without_number(word.text))
        self.layout.labels.add(word.place)
        points = POINTS.search(squeeze(word.text))
        if points:
            self.layout.weights[word.place] = Decimal(points[1])

    def is_named(self, row: int, labels: list[Word]) -> bool:
        """Whether 合计 stands where a name stands, beside levels of its own row: ``产出指标 | 数量指标 | 合计人数``."""
        return len(labels) > 2 and labels[-1].left >= self.name.left and level_of(labels[0].text) is not None

    def ends(self, first: Word) -> bool:
        """Whether the first word of a row is a label of what follows the table."""
        if first.left >= self.first_value or (len(self.columns) > 1 and first.left > self.name.left):
            return False
        text = squeeze(first.text)
        inline = INLINE.fullmatch(text)
        label = inline[1] if inline else text
        if level_of(label) is not None:
            return False
        names = (
            ("sign_off", "goals", "header") if not first.area.bottom > first.place[0] + 1 else ("sign_off", "header")
        )
        return any(term_in(self.search.find(name), label) for name in names)

    def complete(self, row: int) -> bool:
        """Whether a row is an indicator for certain: a name, a value and a figure for weight or score."""

        def texts(*terms: str) -> list[str]:
            areas = [self.columns[term] for term in terms if term in self.columns]
            return [word.text for area in areas for word in self.board.in_columns(row, area.left, area.right)]

        named = bool(self.board.in_columns(row, self.name.left, self.name.right))
        scored = any(read_amount(text) is not None for text in texts("weight", "score"))
        return named and scored and bool(texts("target", "actual"))

    def total(self, row: int) -> None:
        words = self.board.rows[row]
        self.layout.labels.update(word.place for word in words if word.left < self.first_value)
        label = next(word for word in words if term_in(self.search.find("total"), word.text) == "total")
        places = {
            term: self.search.cell_under(row, self.columns[term])
            for term in ("weight", "score")
            if term in self.columns
        }
        if len(places) == 2:
            wide = self.board.area_at(places["weight"])
            if wide.left <= self.columns["score"].left <= wide.right:
                places = {"score": wide.corner}  # merged over both: the sum of the scores
        others = [self.columns[term] for term in ("review_score", "deduction", "coefficient") if term in self.columns]
        placed = {*places.values(), *(self.search.cell_under(row, area) for area in others)}
        beside = [word for word in words if word.place not in placed and read_amount(word.text) is not None]
        figures = [term for term, place in places.items() if self.board.word_at(place)]
        if any(word.left < self.right for word in beside) and len(figures) < len(places):
            return  # a figure stands beside its column: which is which cannot be told
        for term, place in places.items():
            self.layout.single[f"total_{term}"] = place
            self.search.note(f"total_{term}", label, place)
        for word in words:
            self.conclusion(word)
        if "review_score" in self.columns:
            self.layout.single["review_score"] = self.search.cell_under(row, self.columns["review_score"])
        for other in ("deduction", "coefficient"):
            if other in self.columns:
                self.layout.kept_out.add(self.search.cell_under(row, self.columns[other]))

    def conclusion(self, word: Word) -> None:
        """（自评等级：优） in the row of the total."""
        found = INLINE.fullmatch(squeeze(word.text).strip("()（）"))
        term = term_in(self.search.find("header"), found[1]) if found else None
        if found and term == "grade" and term not in self.layout.single:
            self.layout.single[term] = word.place
            self.layout.inline[word.place] = found[2]
            self.search.note(term, word, word.place, found[1])

    def drop_total(self) -> None:
        """A total of a group: understood, and not kept."""
        for term in ("total_weight", "total_score", "review_score"):
            place = self.layout.single.pop(term, None)
            if place is not None:
                self.layout.kept_out.add(place)
        self.layout.understood[:] = [
            each for each in self.layout.understood if each.field not in ("total_weight", "total_score")
        ]

    def indicator(self, row: int) -> None:
        places = self.places(row)
        self.carry_levels(row, places)
        own = [term for term in places if term not in ("level_1", "level_2") and self.board.word_at(places[term])]
        if "level_3" not in self.columns and places.get("level_2", (0, 0))[0] == row:
            own += ["level_2"]
        if not own:
            self.layout.labels.update(word.place for word in self.board.rows[row] if level_of(word.text))
            return
        name = self.board.word_at(places["level_3"]) if "level_3" in places else None
        if own == ["level_3"] and name is not None and _UNUSED.fullmatch(squeeze(name.text)):
            self.layout.unused.append(name.place)
            self.layout.labels.update(place for term, place in places.items() if term in LEVELS)
            return
        self.printed_weights(places)
        self.layout.indicators.append(places)
        for area in self.head.kept_out:
            self.layout.kept_out.update(word.place for word in self.board.in_columns(row, area.left, area.right))

    def places(self, row: int) -> dict[str, Place]:
        """The cell of each column in that row.  A cell merged over two values is neither's."""
        found: dict[str, Place] = {}
        for term, area in self.columns.items():
            words = self.board.in_columns(row, area.left, area.right)
            if not words:
                found.setdefault(term, self.blank(row, term, area))
                continue
            first, last = words[0].left, words[0].area.right
            over = {each for each, left in self.lefts if first <= left <= last}
            over.add(term)
            if len(over) > 1 and over - set(LEVELS):
                if not over - set(LEVELS) - {term} and over <= {term, *LEVELS}:
                    found[term] = words[0].place
                continue
            found["level_3" if "level_3" in over else min(over)] = words[0].place
        for term, areas in self.head.further.items():
            further = [word.place for area in areas for word in self.board.in_columns(row, area.left, area.right)]
            if further and term in found:
                self.layout.continued[found[term]] = tuple(further)
        return found

    def blank(self, row: int, term: str, area: Area) -> Place:
        """A blank cell of a column; a reason merged over several rows is that of each."""
        over = self.board.area_at((row, area.left))
        if over.top < row and term == "variance_explanation" and over.top > self.head.last:
            return over.corner
        return row, area.left

    def carry_levels(self, row: int, places: dict[str, Place]) -> None:
        """一级 and 二级指标 stand once for several rows, merged or simply left blank."""
        cells = self.board.sheet.cells
        first = places.get("level_1")
        if first in cells and first != self.levels.get("level_1"):
            self.levels.pop("level_2", None)
        if "level_1" not in self.columns and "level_1" in self.levels:
            places["level_1"] = self.levels["level_1"]
        for term in ("level_1", "level_2"):
            if term not in self.columns:
                continue
            place = places.get(term)
            if place is not None and place in cells and self.board.word_at(place):
                self.levels[term] = place
            elif term in self.levels and not self.named_by_level(row, term):
                places[term] = self.levels[term]

    def named_by_level(self, row: int, term: str) -> bool:
        """Whether the deepest name of a row covers that level's column too, so that the level has none."""
        names = self.board.in_columns(row, self.columns[term].left, self.columns[term].right)
        return bool(names) and names[0].area.right > self.columns[term].right

    def printed_weights(self, places: dict[str, Place]) -> None:
        """Weights that stand in the labels of levels and, without a column of their own, in names."""
        for term in LEVELS:
            word = self.board.word_at(places[term]) if term in places else None
            found = POINTS.search(squeeze(word.text)) if word is not None else None
            if word is not None and found is not None and (term != "level_3" or "weight" not in self.columns):
                self.layout.weights[word.place] = Decimal(found[1])
