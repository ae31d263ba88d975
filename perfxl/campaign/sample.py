"""A sample campaign: invented units, thirty projects, and the oddities that real rosters have."""

from __future__ import annotations

from collections.abc import Mapping
from decimal import Decimal

from ..form import Form
from ..number import half_up
from ..project import example, read_project
from ..record import Indicator
from ..sheet import Value
from .roster_layout import INDICATORS, PROJECTS, UNITS, tables

DEPARTMENT = "云汐市财政局（虚构）"

_UNITS = (
    ("U01", "云汐市示范街道办事处", "周老师", "zhou"),
    ("U02", "云汐市第一实验小学", "林老师", "lin"),
    ("U03", "云汐市第二实验小学", "何老师", "he"),
    ("U04", "云汐市社区卫生服务中心（北区）", "沈医生", "shen"),
    ("U05", "云汐市社区卫生服务中心（南区）", "陆医生", "lu"),
    ("U06", "云汐市生态环境监测站", "许工", "xu"),
    ("U07", "云汐市公共图书馆/文化馆", "", "library"),
    ("U08", "云汐市道路与桥梁养护管理所", "马工", "ma"),
    ("U09", "云汐市老龄事业服务指导中心", "孙老师", "sun"),
    ("U10", "云汐市农业技术推广站", "田工", "tian"),
)

_PROJECTS = (
    ("U01", "老旧小区综合改造"), ("U01", "党群服务阵地运行经费"), ("U01", "“一老一小”关爱服务/便民食堂"),
    ("U02", "校舍维修"), ("U02", "信息化设备购置"), ("U02", "课后服务经费"),
    ("U03", "校舍维修"), ("U03", "信息化设备购置"), ("U03", "A&B 楼消防改造 <二期>"),
    ("U04", "基本公共卫生服务补助"), ("U04", "家庭医生签约服务"), ("U04", "疫苗冷链设备更新"),
    ("U05", "基本公共卫生服务补助"), ("U05", "家庭医生签约服务"),
    ("U06", "地表水断面自动监测（Ⅲ类及以上）"), ("U06", "PM2.5 与臭氧协同监测"), ("U06", "噪声功能区划分：评估 & 调整"),
    ("U07", "全民阅读活动"), ("U07", "古籍数字化《云汐县志》"), ("U07", "夜间开放补贴"),
    ("U08", "道路日常养护"), ("U08", "桥梁定期检测"), ("U08", "=汛期排水泵站抢修="),
    ("U08", "云汐市二〇二六年度城市道路、桥梁、隧道及附属设施预防性养护与应急处置能力提升暨无障碍设施改造综合项目（第一标段至第三标段）"),
    ("U09", "居家养老服务补贴"), ("U09", "老年助餐点建设"), ("U09", "适老化改造"),
    ("U10", "测土配方施肥"), ("U10", "新型职业农民培训"), ("U10", "CON"),
)  # fmt: skip


def sample_rows(form: Form) -> dict[str, list[Mapping[str, Value]]]:
    """The rows of a sample roster by sheet: 10 units, 30 projects, their indicators."""
    base = read_project(example(form), "sample", form).indicators
    _, table, _ = tables(form)
    amounts = [field.term for field in table.fields if field.kind == "amount"]
    units: list[Mapping[str, Value]] = [
        {"unit": code, "name": name, "contact": person or None, "address": f"{local}@{code.lower()}.example"}
        for code, name, person, local in _UNITS
    ]
    units.insert(1, {"unit": "U01", "name": None, "contact": "吴老师", "address": "wu@u01.example"})
    projects: list[Mapping[str, Value]] = []
    indicators: list[Mapping[str, Value]] = []
    for number, (code, name) in enumerate(_PROJECTS, 1):
        project = f"A{number:03d}"
        projects.append(
            {
                "project": project,
                "unit": code,
                "project_name": name,
                **_amounts(form, amounts, number),
                "expected_goal": f"保障“{name[:20]}”按计划实施，年内完成 {number + 4} 项任务，服务对象满意。",
            }
        )
        indicators += [{"project": project, **row} for row in _rows(base, number)]
    return {UNITS: units, PROJECTS: projects, INDICATORS: indicators}


def _amounts(form: Form, terms: list[str], number: int) -> dict[str, Value]:
    """Round sums for some, sums to the cent for others; nothing yet for a few."""
    if not terms or number % 9 == 0:
        return {}
    scale = Decimal(1) if form.currency_unit == "元" else Decimal(10_000)
    places = {column.term: column.places for column in form.money_columns}
    amount = Decimal(350_000 + 87_654 * number) + (Decimal("0.37") * number if number % 3 else 0)
    return {terms[0]: half_up(amount / scale, places.get(terms[0].rpartition(".")[2], 2))}


_MEASURES = ("完成率", "达标率", "覆盖率", "及时率", "合格率")


def _rows(base: tuple[Indicator, ...], number: int) -> list[Mapping[str, Value]]:
    """The indicators of the form's example under other names; every third project splits one of them."""
    found: list[Mapping[str, Value]] = []
    for at, row in enumerate(base):
        parts = 2 if number % 3 == 0 and at == number // 3 % len(base) and (row.weight or 0) >= 2 else 1
        for part in range(parts):
            weight = row.weight
            if weight is not None and parts == 2:
                weight = weight - half_up(weight / 2, 0) if part else half_up(weight / 2, 0)
            measure = _MEASURES[(at + number + part) % len(_MEASURES)]
            figure = str(80 + (at * 7 + number * 3 + part) % 20)
            found.append(
                {
                    "level_1": row.level_1,
                    "level_2": row.level_2,
                    "level_3": f"{(row.level_2 or row.level_1 or '').removesuffix('指标')}：第 {at + part + 1} 项工作{measure}",
                    "operator": row.operator,
                    "target": figure if row.unit else f"{figure}%" if row.operator else f"≥{figure}%",
                    "unit_of_measure": row.unit,
                    "weight": weight,
                    "core": row.core,
                }
            )
    return found
