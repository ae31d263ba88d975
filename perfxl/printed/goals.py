"""年度总体目标: the goals and their results, beside their labels or below them."""

from __future__ import annotations

from ..vocabulary import is_block, term_in
from .board import Place, Word
from .search import Search

_GOALS = ("expected_goal", "actual_result")


def read_goals(search: Search) -> None:
    """预期目标 and 实际完成情况 of a form."""
    _Goals(search).goals()


class _Goals:
    """The block while it is read."""

    def __init__(self, search: Search) -> None:
        self.search, self.board, self.layout, self.find = search, search.board, search.layout, search.find

    def goals(self) -> None:
        """预期目标 and 实际完成情况: beside their labels or below them."""
        found: dict[str, Word] = {}
        further: list[tuple[str, Word]] = []
        for row in self.board.between(self.search.top, self.search.bottom):
            if row in self.search.used_rows:
                continue
            labels = [(term, word) for word in self.board.rows[row] if (term := self.goal_label(word)) is not None]
            for at, (term, word) in enumerate(labels):
                if any(later == term for later, _ in labels[at + 1 :]) and self.heads_others(word):
                    self.layout.labels.add(word.place)  # the name of the block, in front of its columns
                elif term in found:
                    further.append((term, word))
                else:
                    found[term] = word
        if "expected_goal" not in found and "actual_result" in found:
            # 年度总体目标 beside 年度总体目标完成情况 is itself the heading of the goal
            beside = [word for word in self.board.rows[found["actual_result"].place[0]] if "目标" in word.text]
            before = [word for word in beside if word.left < found["actual_result"].left and is_block(word.text)]
            if before:
                found["expected_goal"] = before[-1]
        for term, word in found.items():
            places = self.goal_text(word)
            if term not in _GOALS:
                self.layout.labels.add(word.place)
                self.layout.kept_out.update(places)
                continue
            if not places:
                self.layout.labels.add(word.place)
                blank = self.blank_goal(word)
                if blank is not None:
                    self.layout.single[term] = blank
                    self.search.note(term, word, blank)
                continue
            self.layout.single[term] = places[0]
            if len(places) > 1:
                self.layout.continued[places[0]] = tuple(places[1:])
            self.search.note(term, word, places[0])
        for term, word in further:
            self.further_goal(term, word)

    def heads_others(self, word: Word) -> bool:
        beside = self.board.after(word)
        return beside is not None and self.search.is_label(beside)

    def goal_label(self, word: Word) -> str | None:
        return None if word.place in self.layout.labels else term_in(self.find("goals"), word.text)

    def further_goal(self, term: str, word: Word) -> None:
        """The second and further goals of a form with several: their texts go on from the first."""
        self.layout.labels.add(word.place)
        first = self.layout.single.get(term)
        for place in self.goal_text(word):
            if first is not None:
                self.layout.continued[first] = (*self.layout.continued.get(first, ()), place)

    def blank_goal(self, word: Word) -> Place | None:
        """Where a goal that was left blank would stand: below its label, else beside it."""
        below = (word.area.bottom + 1, word.left)
        area = self.board.area_at(below)
        heads = {row for head in self.search.heads for row in range(head.first, head.last + 1)}
        if area.left == word.left and below[0] not in heads and self.board.word_at(area.corner) is None:
            return area.corner
        return self.search.right_of(word)

    def goal_text(self, word: Word) -> list[Place]:
        """The cells of a goal: the one beside the label, else those below it."""
        place = self.search.right_of(word)
        if place is not None and self.board.word_at(place) is not None:
            self.search.used_rows.add(word.place[0])
            return [place]
        places: list[Place] = []
        stop = next((head.first for head in self.search.heads if head.first > word.area.bottom), self.search.bottom + 1)
        for row in self.board.between(word.area.bottom + 1, stop - 1):
            under = self.board.in_columns(row, word.area.left, word.area.right)
            if row in self.search.used_rows and not places:
                break
            if any(self.search.is_label(each) for each in self.board.rows[row] if each.left <= word.area.right):
                labels = [each for each in under if self.search.is_label(each)]
                if labels or (places and not under):
                    break
            if len(under) == 1 and under[0].area.right <= word.area.right:
                places.append(under[0].place)
        return places
