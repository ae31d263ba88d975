"""The fund block of a form: amounts by source and column, whichever way the block is laid out."""

from __future__ import annotations

from decimal import Decimal

from ..noun import replace
from ..number import read_amount, squeeze
from ..vocabulary import bare_label, is_block, term_in, without_prefix
from .board import Place, Word
from .heads import Head, fund_head
from .search import POINTS, Search

_MONEY = ("initial_budget", "annual_budget", "executed_amount")


def read_funds(search: Search) -> Head | None:
    """The fund block, or amounts that stand beside their labels; its heading where it has one."""
    return _Funds(search).funds()


class _Funds:
    """The block while it is read."""

    def __init__(self, search: Search) -> None:
        self.search, self.board, self.layout, self.find = search, search.board, search.layout, search.find

    def funds(self) -> Head | None:
        """The fund block, or amounts that stand beside their labels."""
        for row in self.board.between(self.search.top, self.search.bottom):
            if row in self.search.used_rows:
                continue
            head = fund_head(self.board, row, self.find("fund_columns"))
            if head is not None:
                self.fund_rows(head)
                return head
        if not self.funds_turned():
            self.funds_beside()
        return None

    def funds_turned(self) -> bool:
        """Sources across and amounts down: ``| 资金总额 | 财政拨款`` over ``年初预算数 | 100 | 90``."""
        for row in self.board.between(self.search.top, self.search.heads[0].first - 1):
            sources = {term_in(self.find("fund_rows"), word.text): word for word in self.board.rows[row]}
            across = {source: word for source, word in sources.items() if source is not None}
            if "total" not in across or len(across) < 2:
                continue
            first = min(word.left for word in across.values())
            for under in self.board.between(row + 1, self.search.heads[0].first - 1):
                labels = [word for word in self.board.rows[under] if word.left < first]
                term = term_in(self.find("fund_columns"), labels[-1].text) if labels else None
                if term is None:
                    break
                self.search.used_rows.add(under)
                self.search.note(f"funds[].{term}", labels[-1], labels[-1].place)
                for source, word in across.items():
                    self.layout.funds.setdefault(source, {})[term] = self.search.cell_under(under, word.area)
            if self.layout.funds:
                self.search.used_rows.add(row)
                for source, word in across.items():
                    self.search.note(f"funds.{source}", word, word.place)
                self.layout.labels.update(word.place for word in self.board.rows[row])
                return True
        return False

    def fund_rows(self, head: Head) -> None:
        for term, (label, word) in head.words.items():
            self.search.note(f"funds[].{term}", word, word.place, label)
        first = min(area.left for term, area in head.columns.items() if term in _MONEY)
        for row in range(head.first, head.last + 1):
            for word in self.board.rows.get(row, []):
                if word.left < first:
                    self.layout.labels.add(word.place)
        self.search.used_rows.update(range(head.first, head.last + 1))
        end = next((each.first for each in self.search.heads if each.first > head.last), self.search.bottom + 1) - 1
        for row in self.board.between(head.last + 1, end):
            if not self.fund_row(row, head, first):
                break
        if len(self.layout.funds) == 1 and "total" not in self.layout.funds:
            # a block of one line: whatever it is called, it is the whole
            (only,) = self.layout.funds
            self.layout.funds = {"total": self.layout.funds[only]}
            self.layout.understood[:] = [
                replace(each, field="funds.total") if each.field == f"funds.{only}" else each
                for each in self.layout.understood
            ]
        self.execution_weight(head, first)

    def fund_row(self, row: int, head: Head, first: int) -> bool:
        """One row of the block; ``False`` where the block has ended."""
        words = self.board.rows[row]
        labels = [word for word in words if word.left < first]
        if any(term_in(self.find(name), word.text) for name in ("goals", "header") for word in labels[:2]):
            return False
        places = {term: self.search.cell_under(row, area) for term, area in head.columns.items()}
        filled = any(self.board.word_at(places[term]) for term in _MONEY if term in places)
        # of the labels in front the nearest counts: 其中 or the block's own name may stand before it
        named = [
            word for word in labels if not (is_block(word.text) and term_in(self.find("fund_rows"), word.text) is None)
        ]
        word = named[-1] if named else None
        source = term_in(self.find("fund_rows"), word.text) if word is not None else None
        if source is None and self.labelled_figures(words):
            self.search.used_rows.add(row)
            return True
        if source is None and word is not None:
            if not filled or not self.holds_figures(places):
                return not words[0].area.right >= first  # a text across the block ends it
            source = without_prefix(bare_label(word.text))
        elif source is None:
            source = "total" if filled and not self.layout.funds else None
        if source is None:
            return not filled
        if source in self.layout.funds:
            source = without_prefix(bare_label(word.text)) if word is not None else source
            if source in self.layout.funds:
                return True
        if word is not None:
            self.search.note(f"funds.{source}", word, places.get("executed_amount", word.place))
        self.layout.labels.update(each.place for each in labels)
        self.layout.funds[source] = places
        self.search.used_rows.add(row)
        return True

    def labelled_figures(self, words: list[Word]) -> bool:
        """``预算执行率分值 | 10 | 预算执行率得分 | 9.73``: figures of the total beside labels of their own."""
        total = self.layout.funds.get("total")
        found = [(term, word) for word in words if (term := term_in(self.find("fund_columns"), word.text)) is not None]
        if total is None or not found:
            return False
        for term, word in found:
            place = self.search.right_of(word)
            beside = self.board.word_at(place) if place is not None else None
            if beside is not None and read_amount(beside.text) is not None and term not in total:
                total[term] = beside.place
                self.search.note(f"funds[].{term}", word, beside.place)
        return True

    def holds_figures(self, places: dict[str, Place]) -> bool:
        found = [self.board.word_at(places[term]) for term in _MONEY if term in places]
        return any(word is not None and read_amount(word.text) is not None for word in found)

    def execution_weight(self, head: Head, first: int) -> None:
        """分值 of the execution rate where it is printed in a label: ``得分（20分×执行率）``."""
        texts = [label for term, (label, _) in head.words.items() if term in ("weight", "score", "execution_rate")]
        texts += [
            word.text
            for row in self.board.between(head.first, head.last + len(self.layout.funds) + 1)
            for word in self.board.rows[row]
            if word.left < first and is_block(word.text)
        ]
        for text in texts:
            found = POINTS.search(squeeze(text))
            if found:
                self.layout.execution_weight = Decimal(found[1])
                return

    def funds_beside(self) -> None:
        """``年初预算数 | 100 | 全年执行数 | 90``: one line of amounts, each beside its label."""
        places: dict[str, Place] = {}
        for row in self.board.between(self.search.top, self.search.heads[0].first - 1):
            for word in self.board.rows[row]:
                term = term_in(self.find("fund_columns"), word.text)
                place = self.search.right_of(word) if term is not None and term not in places else None
                beside = self.board.word_at(place) if place is not None else None
                if term is not None and beside is not None and read_amount(beside.text) is not None:
                    places[term] = beside.place
                    self.search.note(f"funds[].{term}", word, beside.place)
        if places.keys() & set(_MONEY):
            self.layout.funds["total"] = places
